"""Berita Acara: the list, one certificate's page, the clicks that move it, its files and proofs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from kendali import keyset
from kendali.accounts import access, permissions
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.archive.errors import ArchiveError
from kendali.audit.actions import StaleState
from kendali.audit.history import history
from kendali.audit.sentences import say
from kendali.register import actions, annex, files, lines, proofs, proving, queries, rules, sealing, words
from kendali.register.models import Certificate
from kendali.register.paper import Paper

Status = Certificate.Status
FEW = 25
KINDS = {
    "pdf": ("application/pdf", "pdf"),
    "naskah": ("application/pdf", "pdf"),
    "csv": ("text/csv; charset=utf-8", "csv"),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
}


@login_required
@require_safe
def certificates(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "certificate.view")
    which = request.GET.get("status", "")
    rows = queries.visible(user).select_related("client")
    if which in Status.values:
        rows = rows.filter(status=which)
    page = keyset.page(rows, ("-drafted_at", "-id"), request.GET)
    mine = {certificate.pk: parts for certificate, parts in queries.waiting(user)}
    context = {
        "rows": [(one, words.pill(one), words.ACTS[one.act], mine.get(one.pk)) for one in page.rows],
        "page": page,
        "tabs": _tabs(which),
        "mine": len(mine),
        "proving": _proving(request, user),
    }
    return render(request, "register/certificates.html", context)


def _tabs(which: str) -> list[tuple[str, str, bool]]:
    tabs = [("", _("All")), *((value, str(label)) for value, label in Status.choices)]
    return [(str(label).capitalize(), f"?status={value}" if value else "?", value == which) for value, label in tabs]


def _proving(request: HttpRequest, user: User) -> dict[str, bool]:
    """What the dialog asks for: the password, a code, or the passkey that was used just now."""
    held = proving.factors(user)
    passkey = proving.passkey(request, timezone.now())
    code, only = "totp" in held and not passkey, held == {"webauthn"} and not passkey
    return {"passkey": passkey, "code": code, "only_passkey": only}


def _load(request: HttpRequest, pk: UUID, action: str = "certificate.view") -> Certificate:
    return queries.load(access.signed_in(request), pk, action)


@login_required
@require_safe
def certificate(request: HttpRequest, pk: UUID) -> HttpResponse:
    return render(request, "register/certificate.html", _page(request, _load(request, pk)))


@login_required
@require_safe
def live(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Nothing while the seal is awaited; then the page, of which the browser takes what moved and leaves the forms."""
    found = _load(request, pk)
    if queries.waits_for_seal(found):
        return HttpResponse(status=204)
    return render(request, "register/certificate.html", _page(request, found) | {"news": True})


def _page(request: HttpRequest, found: Certificate) -> dict[str, Any]:
    user = access.signed_in(request)
    mine = actions.my_parts(found, user) if found.status == Status.SIGNING else []
    return {
        "one": found,
        "pill": words.pill(found),
        "act": words.ACTS[found.act],
        "kind": words.KINDS[found.record_class],
        "crumbs": [(_("Certificates"), "/berita-acara/"), (found.client.name, "")],
        "steps": queries.steps(found),
        "awaited": queries.awaited(found),
        "waits_for_seal": queries.waits_for_seal(found),
        **_told(found),
        "signatures": [(one, words.PARTS[one.part], words.FACTORS[one.factor]) for one in found.signatures.all()],
        "first": _first_lines(found),
        "root": bytes(found.merkle_root or b"").hex(),
        "history": history(found),
        "copies": found.signed_copies.select_related("uploaded_by"),
        "proving": _proving(request, user),
        **_buttons(found, user, mine),
    }


def _told(found: Certificate) -> dict[str, Any]:
    """What the paper says, in the paper's own language."""
    with override(found.language):
        paper = Paper(found)
        return {"totals": paper.totals(), "sections": paper.sections()}


def _first_lines(found: Certificate) -> list[tuple[lines.Row, str]]:
    verdicts = words.verdicts(found.act)
    return [(row, verdicts[row.verdict]) for row in lines.first(found, FEW)]


def _buttons(found: Certificate, user: User, mine: list[str]) -> dict[str, Any]:
    """At most one of `send` and `sign` is this person's next step; `why_not`: their role signs, but not they."""
    drafter = bool(permissions.can(user, "certificate.draft", found.client))
    ready = rules.adds_up(found.totals, found.open_lines)
    signs = any(permissions.can(user, action, found.client) for action in list(rules.PERMISSIONS.values())[1:])
    return {
        "send": drafter and found.status == Status.DRAFT,
        "send_verdict": ready,
        "sign": words.PARTS[mine[0]] if mine else "",
        "why_not": actions.why_not(found, user) if signs and not mine and found.status == Status.SIGNING else None,
        "cancel": found.status in (Status.DRAFT, Status.SIGNING)
        and bool(permissions.can(user, "certificate.cancel", found.client)),
        "correct": found.status == Status.SEALED
        and bool(permissions.can(user, "certificate.correct", found.client))
        and not found.corrections.exclude(status=Status.CANCELLED).exists(),
        "upload": found.status in (Status.SIGNING, Status.SEALED)
        and bool(permissions.can(user, "certificate.upload_copy", found.client)),
    }


def _attempt(request: HttpRequest, act: Callable[[], object], said: str) -> None:
    try:
        act()
    except RuleRefused as refused:
        messages.error(request, say(refused.verdict.reason, refused.verdict.facts))
    except StaleState:
        messages.warning(
            request, _("Somebody else was faster: this is the page as it is now. Your click changed nothing.")
        )
    except ArchiveError:
        messages.error(request, _("The store did not take it; nothing was changed. Try again, or tell Team IT."))
    else:
        messages.success(request, said)


def _proof(request: HttpRequest) -> proving.Proof:
    return proving.prove(
        request,
        access.signed_in(request),
        password=request.POST.get("password", ""),
        code=request.POST.get("kode", ""),
        at=timezone.now(),
    )


@sensitive_post_parameters("password", "kode")
@login_required
@require_POST
def send(request: HttpRequest, pk: UUID) -> HttpResponse:
    found, user = _load(request, pk, "certificate.draft"), access.signed_in(request)

    def act() -> None:
        actions.send_for_signature(user=user, at=timezone.now(), certificate=found, proof=_proof(request))

    _attempt(request, act, _("Signed and sent: the others were told."))
    return redirect("certificate", pk=pk)


@sensitive_post_parameters("password", "kode")
@login_required
@require_POST
def sign(request: HttpRequest) -> HttpResponse:
    """One certificate or several, in one act."""
    user = access.signed_in(request)
    access.require(user, "certificate.view")
    chosen = [text for text in request.POST.getlist("berita") if _is_uuid(text)]
    found = list(queries.visible(user).filter(pk__in=chosen))
    if not found:
        messages.warning(request, _("Choose certificates that wait for you."))
        return redirect("certificates")

    def act() -> None:
        actions.sign(user=user, at=timezone.now(), certificates=found, proof=_proof(request))

    _attempt(request, act, _("Signed: %(numbers)s.") % {"numbers": ", ".join(str(one) for one in found)})
    return redirect("certificate", pk=found[0].pk) if len(found) == 1 else redirect("certificates")


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@login_required
@require_POST
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    found, user = _load(request, pk, "certificate.cancel"), access.signed_in(request)
    reason = request.POST.get("alasan", "")

    def act() -> None:
        actions.cancel(user=user, at=timezone.now(), certificate=found, reason=reason)

    _attempt(request, act, _("The certificate is void."))
    return redirect("certificate", pk=pk)


@login_required
@require_POST
def upload(request: HttpRequest, pk: UUID) -> HttpResponse:
    found, user = _load(request, pk, "certificate.upload_copy"), access.signed_in(request)
    given = request.FILES.get("berkas")

    def act() -> None:
        data = given.read(sealing.BIGGEST_COPY + 1) if given else b""
        name = given.name or "" if given else ""
        duty = bool(request.POST.get("meterai"))
        sealing.upload_signed_copy(
            user=user, at=timezone.now(), certificate=found, name=name, data=data, stamp_duty=duty
        )

    _attempt(request, act, _("The signed copy is kept with the certificate."))
    return redirect("certificate", pk=pk)


@login_required
@require_safe
def copy(request: HttpRequest, pk: UUID, copy_id: UUID) -> HttpResponse:
    row = get_object_or_404(_load(request, pk).signed_copies, pk=copy_id)
    return _pdf(files.read(row.path, row.sha256), f"tanda-tangan-basah-{row.sha256[:8]}.pdf")


@login_required
@require_safe
def file(request: HttpRequest, pk: UUID, kind: str) -> HttpResponse | FileResponse | StreamingHttpResponse:
    return serve(_load(request, pk), kind)


def serve(found: Certificate, kind: str) -> HttpResponse | StreamingHttpResponse:
    """pdf (sealed), naskah (the text that is signed), csv, xlsx. Http404 where it is not there yet."""
    name = f"{found.number}.{KINDS[kind][1]}" if kind in KINDS else ""
    if kind == "pdf" and found.pdf_path:
        return _pdf(files.read(found.pdf_path, found.pdf_sha256), name)
    if kind == "naskah" and found.signing_path:
        return _pdf(files.read(found.signing_path, found.signing_sha256), f"{found.number}-naskah.pdf")
    if kind in ("csv", "xlsx") and found.annex_path:
        key = f"{found.annex_path}/{annex.CSV if kind == 'csv' else annex.XLSX}"
        return StreamingHttpResponse(
            annex.blocks(files.open_store(), key),
            content_type=KINDS[kind][0],
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
    raise Http404


def _pdf(data: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(data, content_type="application/pdf", headers=headers)


@login_required
@require_POST
def proof(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The proof for one record as a JSON file; asking is in the trail."""
    found, user = _load(request, pk), access.signed_in(request)
    ref = request.POST.get("catatan", "").strip()
    try:
        made = proofs.prove(
            user=user, at=timezone.now(), certificate=found, ref=ref, source=request.POST.get("sumber", "").strip()
        )
    except RuleRefused as refused:
        messages.error(request, say(refused.verdict.reason, refused.verdict.facts))
        return redirect("certificate", pk=pk)
    headers = {"Content-Disposition": f'attachment; filename="bukti-{found.number}-{made["position"]}.json"'}
    text = json.dumps(made, indent=2, ensure_ascii=False) + "\n"
    return HttpResponse(text, content_type="application/json", headers=headers)
