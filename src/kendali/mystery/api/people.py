"""Roster, callers, destinations, calendar, for machines."""

from ninja import Router

router = Router(tags=["mystery calling"])
