"""Verifying, samples, an agent's own evaluations, for machines."""

from ninja import Router

router = Router(tags=["mystery calling"])
