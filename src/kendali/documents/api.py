"""Controlled documents, for machines."""

from ninja import Router

router = Router(tags=["documents"])
