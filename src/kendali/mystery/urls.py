"""Pages of mystery calling; each part brings its own table."""

from kendali.mystery import (
    urls_calls,
    urls_f22,
    urls_findings,
    urls_forms,
    urls_people,
    urls_plan,
    urls_prepare,
    urls_verify,
)

urlpatterns = [
    *urls_calls.urlpatterns,
    *urls_f22.urlpatterns,
    *urls_findings.urlpatterns,
    *urls_forms.urlpatterns,
    *urls_people.urlpatterns,
    *urls_plan.urlpatterns,
    *urls_prepare.urlpatterns,
    *urls_verify.urlpatterns,
]
