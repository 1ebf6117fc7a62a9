"""Materials, personas, scenarios, forms, for machines."""

from ninja import Router

router = Router(tags=["mystery calling"])
