"""Records control for machines: the same actions, the same permissions, the same reasons as on the pages."""

from ninja import Router

from kendali.records.api import (
    catalogue,
    content,
    escalations,
    packages,
    policies,
    register,
    reports,
    settings,
    sources,
    text_search,
)

router = Router()
router.add_router("", catalogue.router)
router.add_router("", content.router)
router.add_router("", text_search.router)
router.add_router("", settings.router)
router.add_router("/sources", sources.router)
router.add_router("/escalations", escalations.router)
router.add_router("/packages", packages.router)
router.add_router("/policies", policies.router)
router.add_router("/register", register.router)
router.add_router("", reports.router)
