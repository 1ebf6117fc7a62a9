"""The form builder, for machines."""

from ninja import Router

router = Router(tags=["mystery calling"])
