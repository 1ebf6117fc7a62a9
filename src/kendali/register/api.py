"""Certificates over the API: read, void, prove. Signing is a person's own act at a page, with password and factor."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from ninja import Field, Query, Router, Schema

from kendali.accounts import access
from kendali.accounts.access import signed_in
from kendali.api_fields import Instant
from kendali.register import actions, proofs, queries, views
from kendali.register.models import Certificate, CertificateLine, Signature

router = Router(tags=["certificates"])
PAGE = 100
MOST_LINES = 1_000


class SignatureOut(Schema):
    part: str
    name: str
    position: str
    role: str
    on_behalf_of: str
    factor: str
    pdf_sha256: str
    at: datetime


class CertificateOut(Schema):
    id: UUID
    number: str | None
    printed_number: str
    client: str = Field(alias="client.code")
    act: str
    record_class: str
    status: str
    corrects: UUID | None = Field(None, alias="corrects_id")
    order_ref: str
    totals: dict[str, int]
    open_lines: int
    bytes: int
    seconds: int
    merkle_root: str | None
    leaf_count: int
    csv_sha256: str
    xlsx_sha256: str
    pdf_sha256: str
    chain_entry: int | None
    chain_hash: str | None
    facts: dict[str, Any]
    signatures: list[SignatureOut]
    missing: list[str] = Field(description="parts without a signature")
    drafted_at: datetime
    sent_at: datetime | None
    sealed_at: datetime | None

    @staticmethod
    def resolve_merkle_root(one: Certificate) -> str | None:
        return bytes(one.merkle_root).hex() if one.merkle_root is not None else None

    @staticmethod
    def resolve_chain_hash(one: Certificate) -> str | None:
        return bytes(one.chain_hash).hex() if one.chain_hash is not None else None

    @staticmethod
    def resolve_signatures(one: Certificate) -> list[Signature]:
        return list(one.signatures.all())

    @staticmethod
    def resolve_missing(one: Certificate) -> list[str]:
        return actions.missing(one)


class CertificatePage(Schema):
    certificates: list[CertificateOut]
    next: datetime | None


class CertificateLineOut(Schema):
    position: int
    source: str
    ref: str
    clock: datetime | None
    due_on: date | None
    ended_at: datetime | None
    verdict: str
    size: int
    seconds: float
    measured: dict[str, Any]
    keyed_digest: str

    @staticmethod
    def resolve_keyed_digest(row: CertificateLine) -> str:
        return bytes(row.keyed_digest).hex()


class CertificateLinePage(Schema):
    lines: list[CertificateLineOut]
    next: int | None


class CancelIn(Schema):
    reason: str = Field(min_length=1, max_length=500)


class ProofIn(Schema):
    ref: str = Field(min_length=1, max_length=200, description="id of the record at the source")
    source: str = Field("", max_length=200)


def _load(request: HttpRequest, certificate_id: UUID, action: str = "certificate.view") -> Certificate:
    return queries.load(signed_in(request), certificate_id, action)


@router.get("", response=CertificatePage)
def list_certificates(request: HttpRequest, status: str = "", before: Instant | None = None) -> dict[str, object]:
    """Newest draft first; pass `next` as `before`."""
    user = signed_in(request)
    access.require(user, "certificate.view")
    rows = queries.visible(user).select_related("client").prefetch_related("signatures").order_by("-drafted_at", "-id")
    if status:
        rows = rows.filter(status=status)
    if before is not None:
        rows = rows.filter(drafted_at__lt=before)
    page = list(rows[: PAGE + 1])
    return {"certificates": page[:PAGE], "next": page[PAGE - 1].drafted_at if len(page) > PAGE else None}


@router.get("/{uuid:certificate_id}", response=CertificateOut)
def show_certificate(request: HttpRequest, certificate_id: UUID) -> Certificate:
    return _load(request, certificate_id)


@router.get("/{uuid:certificate_id}/lines", response=CertificateLinePage)
def list_certificate_lines(
    request: HttpRequest, certificate_id: UUID, after: int = Query(0, ge=0, le=2**31 - 1)
) -> dict[str, object]:
    """In order; pass `next` as `after`."""
    one = _load(request, certificate_id)
    page = list(CertificateLine.objects.filter(certificate=one, position__gt=after).order_by("position")[:MOST_LINES])
    return {"lines": page, "next": page[-1].position if len(page) == MOST_LINES else None}


@router.get("/{uuid:certificate_id}/files/{slug:kind}")
def download_certificate_file(
    request: HttpRequest, certificate_id: UUID, kind: str
) -> HttpResponse | StreamingHttpResponse:
    """pdf (sealed), naskah (the text for signature), csv, xlsx."""
    return views.serve(_load(request, certificate_id), kind)


@router.post("/{uuid:certificate_id}/cancel", response=CertificateOut)
def cancel_certificate(request: HttpRequest, certificate_id: UUID, data: CancelIn) -> Certificate:
    one = _load(request, certificate_id, "certificate.cancel")
    actions.cancel(user=signed_in(request), at=timezone.now(), certificate=one, reason=data.reason)
    return one


@router.post("/{uuid:certificate_id}/proof", response=dict[str, Any])
def prove_record(request: HttpRequest, certificate_id: UUID, data: ProofIn) -> dict[str, Any]:
    """The proof for one record (format kendali/1/proof); asking is in the trail."""
    one = _load(request, certificate_id)
    return proofs.prove(user=signed_in(request), at=timezone.now(), certificate=one, ref=data.ref, source=data.source)
