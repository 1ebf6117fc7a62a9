"""Calling, recordings, filling in and verifying the form, for machines."""

from ninja import Router

router = Router(tags=["mystery calling"])
