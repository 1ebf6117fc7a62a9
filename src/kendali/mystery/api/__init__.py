"""Mystery calling for machines: the same actions, the same permissions, the same reasons as on the pages."""

from ninja import Router

from kendali.mystery.api import calls, f22, findings, forms, people, plan, prepare, scenarios, verify

router = Router()
router.add_router("/mystery", calls.router)
router.add_router("/mystery", f22.router)
router.add_router("/mystery", findings.router)
router.add_router("/mystery", forms.router)
router.add_router("/mystery", people.router)
router.add_router("/mystery", plan.router)
router.add_router("/mystery", prepare.router)
router.add_router("/mystery", scenarios.router)
router.add_router("/mystery", verify.router)
