"""Correcting a certificate over the API: a new draft from the rows as they are now."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema, Status

from kendali.accounts.access import signed_in
from kendali.records.actions import certificates
from kendali.register import queries
from kendali.register.api import CertificateOut
from kendali.register.models import Certificate

router = Router(tags=["certificates"])


class CorrectIn(Schema):
    reason: str = Field(min_length=1, max_length=500)


@router.post("/{uuid:certificate_id}/correct", response={201: CertificateOut})
def correct_certificate(request: HttpRequest, certificate_id: UUID, data: CorrectIn) -> Status[Certificate]:
    """The new draft, which names this one; this one never changes. Signing it is a person's own act at a page."""
    user = signed_in(request)
    old = queries.load(user, certificate_id, "certificate.correct")
    return Status(201, certificates.correct(user=user, at=timezone.now(), certificate=old, reason=data.reason))
