"""Every page of Kendali; each app brings its own table."""

from django.urls import include, path

from kendali.home.api import api

urlpatterns = [
    path("api/v1/", api.urls),
    path("", include("kendali.accounts.urls")),
    path("", include("kendali.notices.urls")),
    path("", include("kendali.audit.urls")),
    path("", include("kendali.vault.urls")),
    path("", include("kendali.register.urls")),
    path("", include("kendali.records.urls")),
    path("", include("kendali.documents.urls")),
    path("", include("kendali.mystery.urls")),
    path("", include("kendali.home.urls")),
]

handler400 = "kendali.home.problem_pages.bad_request"
handler404 = "kendali.home.problem_pages.not_found"
