"""Cycles: plan, assignment, pace, closing, freezing, for machines."""

from ninja import Router

router = Router(tags=["mystery calling"])
