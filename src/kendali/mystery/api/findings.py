"""Findings and their clocks, disputes, coaching, for machines."""

from ninja import Router

router = Router(tags=["mystery calling"])
