"""Berita Acara: draft, send out for signature, sign, cancel, correct. Sealing is sealing.py, proofs are proofs.py."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions
from kendali.accounts.models import Client, User
from kendali.accounts.permissions import RuleRefused
from kendali.archive.errors import ArchiveError
from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM, Actor
from kendali.register import annex, certificate_pdf, files, lines, rules, sealing
from kendali.register.facts import ENDS, OPEN_ENDS, CertificateFacts, Line
from kendali.register.models import Certificate, Signature
from kendali.register.proving import Proof
from kendali.register.seal import SealingError
from kendali.terms import free_text, numbers
from kendali.terms import settings as terms
from kendali.verdict import Verdict, no

Status = Certificate.Status


def draft_certificate(
    *,
    user: User,
    at: datetime,
    act: str,
    client: Client,
    order_ref: str,
    facts: CertificateFacts,
    lines: Iterable[Line],
    language: str = "id",
) -> Certificate:
    """Step 9: Document Control's draft of one order's certificate, still without a number.

    `act` "source" or "backup"; `order_ref` "<app>.<model>:<id>", one certificate per order. Totals come from the
    facts and must be those of the lines (I6). Lines may still be waiting or queued: such a draft can be looked at, not
    sent; drafting again replaces it. RuleRefused with the reason otherwise."""
    actor = permissions.acting(user, "certificate.draft", client)
    with transaction.atomic():
        _replace_draft(order_ref, at)
        certificate = _store(_Draft(user, at, act, client, order_ref, facts, language), lines, corrects=None, reason="")
        audit.record("certificate.drafted", actor=actor, at=at, obj=certificate, facts=_drafted(certificate))
    return certificate


def correct(
    *,
    user: User,
    at: datetime,
    certificate: Certificate,
    facts: CertificateFacts,
    lines: Iterable[Line],
    reason: str,
) -> Certificate:
    """A new certificate that names the old one, which never changes. It is signed and sealed like any other."""
    actor = permissions.acting(user, "certificate.correct", certificate.client)
    _told(reason)
    if certificate.status != Status.SEALED:
        raise RuleRefused(no(_("Only a sealed certificate is corrected; make this one void and draft it again.")))
    if certificate.corrections.exclude(status=Status.CANCELLED).exists():
        raise RuleRefused(no(_("This certificate has a correction already: correct that one.")))
    with transaction.atomic():
        made = _Draft(user, at, certificate.act, certificate.client, certificate.order_ref, facts, certificate.language)
        new = _store(made, lines, corrects=certificate, reason=reason.strip())
        told = {"number": certificate.number, "reason": new.reason}
        audit.record("certificate.corrected", actor=actor, at=at, obj=certificate, facts=told)
        audit.record("certificate.drafted", actor=actor, at=at, obj=new, facts=_drafted(new))
    return new


@dataclass(frozen=True, slots=True)
class _Draft:
    user: User
    at: datetime
    act: str
    client: Client
    order_ref: str
    facts: CertificateFacts
    language: str


def _store(made: _Draft, given: Iterable[Line], *, corrects: Certificate | None, reason: str) -> Certificate:
    """The row and its lines. The totals of the facts stand in the row before the lines are counted: the check that
    they add up is the database's, too."""
    totals = cast("Mapping[str, int]", made.facts["totals"])
    waiting = totals["proposed"] - sum(totals[end] for end in ENDS)
    if waiting < 0:
        raise RuleRefused(rules.adds_up(totals))
    certificate = Certificate.objects.create(
        client=made.client, act=made.act, record_class=made.facts["record_class"], language=made.language,
        corrects=corrects, reason=reason, order_ref=made.order_ref, facts=audit.plain(made.facts),
        proposed=totals["proposed"], open_lines=waiting, bytes=totals["bytes"], seconds=totals["seconds"],
        witnesses_needed=terms.number("certificate.witnesses", made.client.pk, made.facts["record_class"]),
        client_signs=bool(terms.get("certificate.client_signs", made.client.pk, made.facts["record_class"])),
        drafted_by=made.user, drafted_at=made.at, **{end: totals[end] for end in ENDS},
    )  # fmt: skip
    counted = lines.add(certificate, given)
    _allow(rules.same_counts(totals, counted))
    if waiting != sum(counted[end] for end in OPEN_ENDS):
        raise RuleRefused(rules.adds_up(totals))
    if not counted:
        raise RuleRefused(no(_("There is no line: nothing to certify.")))
    return certificate


def _drafted(certificate: Certificate) -> dict[str, object]:
    return {"order": certificate.facts["basis"]["order"], **certificate.totals}


def _replace_draft(order_ref: str, at: datetime) -> None:
    for old in Certificate.objects.filter(order_ref=order_ref, corrects=None).exclude(status=Status.CANCELLED):
        if old.status != Status.DRAFT:
            raise RuleRefused(no(_("%(number)s exists for this order already."), number=str(old)))
        audit.move(
            old, Status.CANCELLED, verb="certificate.replaced", actor=SYSTEM, at=at, expected=Status.DRAFT,
            changes={"cancelled_at": at},
        )  # fmt: skip


def send_for_signature(*, user: User, at: datetime, certificate: Certificate, proof: Proof) -> Signature:
    """Number, root, annexed files and the PDF to be signed; Document Control signs it as penyusun in the same act.

    Refuses while totals do not add up or a line has not ended. StoreError: nothing was sent, the number is free."""
    actor = permissions.acting(user, "certificate.draft", certificate.client)
    _proved(proof, user, at)
    if certificate.status != Status.DRAFT:
        raise RuleRefused(no(_("This certificate was sent out already, or is void.")))
    _allow(rules.adds_up(certificate.totals, certificate.open_lines))
    if _is_person(certificate, user, "executor"):
        raise RuleRefused(no(_("Who carried it out does not draw up its certificate.")))
    store = files.open_store()
    with transaction.atomic():
        number = numbers.take("BA", at)
        list_files = annex.write(certificate, number, store)
        form = terms.get("certificate.number_format", certificate.client_id, certificate.record_class)
        printed = rules.printed_number(number, str(form), at, settings.TIME_ZONE)
        first = list(lines.first(certificate, certificate_pdf.FIRST_LINES))
        content = certificate_pdf.Content(number, printed, list_files, first, signatures=())
        pdf = certificate_pdf.render(certificate, content, at=at)
        path, digest = files.keep(store, certificate, "naskah", pdf)
        changes = {
            "number": number, "printed_number": printed, "merkle_root": list_files.root,
            "leaf_count": list_files.count, "annex_path": list_files.path, "csv_sha256": list_files.csv_sha256,
            "xlsx_sha256": list_files.xlsx_sha256, "signing_path": path, "signing_sha256": digest, "sent_at": at,
        }  # fmt: skip
        audit.move(
            certificate, Status.SIGNING, verb="certificate.sent", actor=actor, at=at, expected=Status.DRAFT,
            changes=changes, facts={"number": number, "root": list_files.root, "pdf": digest, **certificate.totals},
        )  # fmt: skip
        signature = _sign(certificate, rules.DRAFTER, user, actor, proof, at)
        _tell_next(certificate, "certificate.sent", at)
    return signature


def sign(
    *, user: User, at: datetime, certificates: Sequence[Certificate], proof: Proof, part: str = ""
) -> list[Signature]:
    """Several certificates in one act, each in the part that is this person's (`part`: in this one only).

    One that may not be signed refuses them all. With the last signature a certificate is sealed at once; where that
    does not succeed, the job tries again."""
    _proved(proof, user, at)
    signed = []
    with transaction.atomic():
        for certificate in sorted(certificates, key=lambda one: str(one.pk)):
            current = (
                Certificate.objects.select_for_update(of=("self",)).select_related("client").get(pk=certificate.pk)
            )
            mine = part or next(iter(my_parts(current, user)), "")
            if not mine:
                raise RuleRefused(why_not(current, user))
            actor = permissions.acting(user, rules.PERMISSIONS[mine], current.client)
            _allow(may_sign(current, user, mine))
            signed.append(_sign(current, mine, user, actor, proof, at))
            _after(current, at)
    for signature in signed:
        _seal_now(signature.certificate, at)
    return signed


def _sign(certificate: Certificate, part: str, user: User, actor: Actor, proof: Proof, at: datetime) -> Signature:
    signature = Signature.objects.create(
        certificate=certificate, part=part, user=user, name=user.name, position=user.position,
        employee_number=user.employee_number, role=actor.role, on_behalf_of=actor.on_behalf_of or "",
        principal_id=actor.principal_id, factor=proof.factor, pdf_sha256=certificate.signing_sha256, at=at,
    )  # fmt: skip
    facts = {
        "number": certificate.number, "part": part, "factor": proof.factor, "pdf": certificate.signing_sha256,
    }  # fmt: skip
    audit.record("certificate.signed", actor=actor, at=at, obj=certificate, facts=facts)
    return signature


def _after(certificate: Certificate, at: datetime) -> None:
    """The next one is told; when nobody is missing, the seal is a job of this very transaction."""
    from kendali.register import tasks

    left = missing(certificate)
    if not left:
        tasks.seal_certificate.defer(certificate_id=str(certificate.pk))
    elif left == [rules.ACKNOWLEDGED]:
        _tell_next(certificate, "certificate.signed", at)


def _seal_now(certificate: Certificate, at: datetime) -> None:
    if missing(certificate):
        return
    with suppress(SealingError, ArchiveError):  # the job tries again, and the page says what it waits for
        sealing.seal(certificate_id=certificate.pk, at=at)


def missing(certificate: Certificate) -> list[str]:
    """Parts without a signature, in order."""
    signed = list(certificate.signatures.values_list("part", flat=True))
    return rules.missing(signed, witnesses=certificate.witnesses_needed, client_signs=certificate.client_signs)


def my_parts(certificate: Certificate, user: User) -> list[str]:
    """Parts that this person may sign now, in the order of the paper."""
    return [
        part
        for part, action in rules.PERMISSIONS.items()
        if part != rules.DRAFTER
        and permissions.can(user, action, certificate.client)
        and may_sign(certificate, user, part)
    ]


def why_not(certificate: Certificate, user: User) -> Verdict:
    """The reason of the first part that this person's roles would allow."""
    for part, action in rules.PERMISSIONS.items():
        if part != rules.DRAFTER and permissions.can(user, action, certificate.client):
            verdict = may_sign(certificate, user, part)
            if not verdict:
                return verdict
    return no(_("None of your roles signs a certificate."))


def may_sign(certificate: Certificate, user: User, part: str) -> Verdict:
    """Separation of duties for this person and part; the role's permission is asked apart."""
    signatures = list(certificate.signatures.values_list("user_id", "principal_id", "part"))
    since = _since(certificate)
    people = {one for row in signatures for one in row[:2] if one is not None}
    client, witnesses = certificate.client_signs, certificate.witnesses_needed
    owner = certificate.facts.get("owner")
    return rules.may_sign(
        part,
        status=certificate.status,
        open_now=rules.open_parts([row[2] for row in signatures], witnesses=witnesses, client_signs=client),
        signed_already=any(permissions.same_person(user, one, since=since) for one in people),
        is_proposer=_is_person(certificate, user, "proposer"),
        is_executor=_is_person(certificate, user, "executor"),
        is_drafter=permissions.same_person(user, certificate.drafted_by_id, since=since),
        is_owner=_is_person(certificate, user, "owner") if owner and owner.get("user_id") else None,
    )


def _is_person(certificate: Certificate, user: User, who: str) -> bool:
    named: dict[str, Any] = certificate.facts.get(who) or {}
    return permissions.same_person(user, named.get("user_id"), since=_since(certificate))


def _since(certificate: Certificate) -> datetime:
    return datetime.fromisoformat(certificate.facts["started_at"])


@transaction.atomic
def cancel(*, user: User, at: datetime, certificate: Certificate, reason: str) -> None:
    """Batal: a number that was taken stays with it. A sealed certificate is corrected, never cancelled."""
    actor = permissions.acting(user, "certificate.cancel", certificate.client)
    _told(reason)
    if certificate.status == Status.CANCELLED:
        raise RuleRefused(no(_("This certificate is void already.")))
    if certificate.status not in (Status.DRAFT, Status.SIGNING):
        raise RuleRefused(no(_("A sealed certificate never changes: write a correction.")))
    audit.move(
        certificate, Status.CANCELLED, verb="certificate.cancelled", actor=actor, at=at,
        expected={Status.DRAFT, Status.SIGNING}, changes={"cancel_reason": reason.strip(), "cancelled_at": at},
        facts={"number": certificate.number, "reason": reason.strip()},
    )  # fmt: skip
    people = User.objects.filter(pk__in=certificate.signatures.values("user_id")).exclude(pk=user.pk)
    sealing.tell(certificate, people, "certificate.cancelled", at, reason=reason.strip())


def _tell_next(certificate: Certificate, kind: str, at: datetime) -> None:
    """Everybody who may sign now: the named executor and owner, all possible witnesses."""
    people: dict[int, User] = {}
    for part in dict.fromkeys(missing(certificate)):
        for user in permissions.holders(rules.PERMISSIONS[part], certificate.client, at=at):
            if may_sign(certificate, user, part):
                people[user.pk] = user
    sealing.tell(certificate, people.values(), kind, at)


def waiting_for(certificate: Certificate) -> list[str]:
    """Parts that can be signed now."""
    signed = list(certificate.signatures.values_list("part", flat=True))
    client, witnesses = certificate.client_signs, certificate.witnesses_needed
    return rules.open_parts(signed, witnesses=witnesses, client_signs=client)


def _proved(proof: Proof, user: User, at: datetime) -> None:
    fresh = abs(at - proof.at) <= timedelta(minutes=rules.PROOF_MINUTES)
    if proof.user_id != user.pk or not fresh:
        raise RuleRefused(no(_("Enter your password again to sign.")))


def _told(reason: str) -> None:
    if not reason.strip():
        raise RuleRefused(no(_("Give a reason.")))
    _allow(free_text.acceptable(reason))


def _allow(verdict: Verdict) -> None:
    if not verdict:
        raise RuleRefused(verdict)
