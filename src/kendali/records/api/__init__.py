"""Records control for machines: the same actions, the same permissions, the same reasons as on the pages."""

from ninja import Router

from kendali.records.api import (
    approvals,
    catalogue,
    content,
    contract_end,
    corrections,
    decisions,
    disposal_orders,
    escalations,
    holds,
    incidents,
    packages,
    policies,
    proposals,
    register,
    reports,
    settings,
    sources,
    text_search,
)

router = Router()
router.add_router("", approvals.router)
router.add_router("", catalogue.router)
router.add_router("", content.router)
router.add_router("", contract_end.router)
router.add_router("", text_search.router)
router.add_router("", settings.router)
router.add_router("/sources", sources.router)
router.add_router("/escalations", escalations.router)
router.add_router("/packages", packages.router)
router.add_router("/policies", policies.router)
router.add_router("/register", register.router)
router.add_router("", reports.router)
router.add_router("/holds", holds.router)
router.add_router("/proposals", proposals.router)
router.add_router("/decisions", decisions.router)
router.add_router("/deletion-orders", disposal_orders.router)
router.add_router("/certificates", corrections.router)
router.add_router("/incidents", incidents.router)
