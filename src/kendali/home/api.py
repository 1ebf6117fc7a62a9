"""/api/v1: everything a page can do, for machines with a token. OpenAPI at /api/v1/openapi.json."""

from __future__ import annotations

import logging

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from kendali.accounts.api import router as people
from kendali.accounts.permissions import Refused, RuleRefused
from kendali.accounts.refusals import tell
from kendali.archive.errors import ArchiveError
from kendali.audit.actions import StaleState
from kendali.connectors.base import SourceError
from kendali.documents.api import router as documents
from kendali.home import api_general
from kendali.home.api_base import Api, PlainParser, Token
from kendali.mystery.api import router as mystery
from kendali.records.api import router as records
from kendali.register.api import router as certificates
from kendali.vault.api import router as keys

log = logging.getLogger(__name__)

api = Api(title="Kendali", version="1.0.0", auth=Token(), parser=PlainParser(), urls_namespace="api-v1", docs_url=None)
api.add_router("", api_general.router)
api.add_router("", records)
api.add_router("/documents", documents)
api.add_router("", mystery)
api.add_router("/certificates", certificates)
api.add_router("", people)
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


@api.exception_handler(SuspiciousOperation)
def unreadable(request: HttpRequest, error: SuspiciousOperation) -> HttpResponse:
    return api.create_response(request, {"detail": gettext("The request cannot be read.")}, status=400)


@api.exception_handler(Exception)
def broken(request: HttpRequest, error: Exception) -> HttpResponse:
    """Ours; what went wrong is in the log."""
    log.exception("%s %s", request.method, request.path, exc_info=error)
    return api.create_response(request, {"detail": gettext("Something went wrong in Kendali.")}, status=500)
