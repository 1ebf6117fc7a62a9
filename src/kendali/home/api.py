"""/api/v1: everything a page can do, for machines with a token. OpenAPI at /api/v1/openapi.json."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from kendali.accounts.permissions import Refused, RuleRefused
from kendali.accounts.refusals import tell
from kendali.archive.errors import ArchiveError
from kendali.audit.actions import StaleState
from kendali.connectors.base import SourceError
from kendali.home import api_general
from kendali.home.api_base import Api, PlainParser, Token
from kendali.records.api import router as records
from kendali.vault.api import router as keys

api = Api(title="Kendali", version="1.0.0", auth=Token(), parser=PlainParser(), urls_namespace="api-v1", docs_url=None)
api.add_router("", api_general.router)
api.add_router("", records)
api.add_router("", keys)


@api.exception_handler(Refused)
def refused(request: HttpRequest, error: Refused) -> HttpResponse:
    status = 409 if isinstance(error, RuleRefused) else 403
    return api.create_response(request, {"detail": tell(error)}, status=status)


@api.exception_handler(PermissionDenied)
def forbidden(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    return api.create_response(request, {"detail": str(error)}, status=403)


@api.exception_handler(StaleState)
def stale(request: HttpRequest, error: StaleState) -> HttpResponse:
    detail = gettext("Somebody else was faster; read it again and decide anew.")
    return api.create_response(request, {"detail": detail}, status=409)


@api.exception_handler(SourceError)
@api.exception_handler(ArchiveError)
def elsewhere(request: HttpRequest, error: SourceError | ArchiveError) -> HttpResponse:
    """The source or the store did not do it: not the caller's fault, and not ours."""
    return api.create_response(request, {"detail": error.code}, status=503)
