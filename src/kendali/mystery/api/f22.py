"""The form F-22 as register and sheets, for machines."""

from ninja import Router

router = Router(tags=["mystery calling"])
