"""The last step of a certificate: the final PDF with everybody's signature, sealed once, kept and read back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext, override
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.archive.stores import Store
from kendali.audit import actions as audit
from kendali.audit import anchors
from kendali.audit.actor import SYSTEM
from kendali.audit.models import Anchor, Entry
from kendali.notices import actions as notices
from kendali.register import annex, certificate_pdf, files, lines, merkle, rules
from kendali.register import seal as pades
from kendali.register.models import Certificate, SignedCopy
from kendali.terms import settings as terms
from kendali.verdict import no
from kendali.whole_pdf import is_whole

BIGGEST_COPY = 20 * 1024 * 1024


def seal(*, certificate_id: UUID, at: datetime) -> Certificate:
    """Once; a second attempt finds it sealed. SealingError, StoreError: nothing changed, try again."""
    store = files.open_store()
    chain = _anchored(Certificate.objects.get(pk=certificate_id), store, at)
    with transaction.atomic():
        rows = Certificate.objects.select_for_update(of=("self",)).select_related("client", "corrects")
        certificate = rows.get(pk=certificate_id)
        if certificate.status != Certificate.Status.SIGNING:
            return certificate
        content = _content(certificate, chain)
        _check_root(certificate)
        with override(certificate.language):
            reason = gettext("Certificate %(number)s") % {"number": str(certificate)}
        sealed = pades.seal(certificate_pdf.render(certificate, content, at=at), at=at, reason=reason)
        path, digest = files.keep(store, certificate, "berita-acara", sealed.pdf)
        audit.move(
            certificate, Certificate.Status.SEALED, verb="certificate.sealed", actor=SYSTEM, at=at,
            expected=Certificate.Status.SIGNING,
            changes={
                "pdf_path": path, "pdf_sha256": digest, "sealed_at": at, "chain_entry": chain[0],
                "chain_hash": chain[1], "timestamped_by": sealed.timestamped_by,
            },
            facts={
                "number": certificate.number, "pdf": digest, "timestamp": sealed.timestamped_by,
                "seal": sealed.certificate_sha256,
            },
        )  # fmt: skip
        tell(certificate, _concerned(certificate, at), "certificate.sealed", at)
    return certificate


def _content(certificate: Certificate, chain: tuple[int, bytes, str]) -> certificate_pdf.Content:
    signatures = list(certificate.signatures.all())
    parts = [one.part for one in signatures]
    witnesses, client = certificate.witnesses_needed, certificate.client_signs
    if rules.missing(parts, witnesses=witnesses, client_signs=client):
        raise RuleRefused(no(_("Not everybody has signed yet.")))
    assert certificate.number is not None
    assert certificate.merkle_root is not None
    root, count = bytes(certificate.merkle_root), certificate.leaf_count
    list_files = annex.Annex(certificate.annex_path, certificate.csv_sha256, certificate.xlsx_sha256, root, count)
    first = list(lines.first(certificate, certificate_pdf.FIRST_LINES))
    return certificate_pdf.Content(
        certificate.number, certificate.printed_number, list_files, first, signatures, chain, certificate.signing_sha256
    )


def _check_root(certificate: Certificate) -> None:
    """The lines are still those whose root was signed; a tampered row is found here at the latest."""
    assert certificate.merkle_root is not None
    if merkle.root(lines.leaves(certificate)) != bytes(certificate.merkle_root):
        raise pades.SealingError("the lines are not those that were signed: the root differs")


def _anchored(certificate: Certificate, store: Store, at: datetime) -> tuple[int, bytes, str]:
    """A head of the audit trail with every signature of this certificate behind it, kept in the write-once store.

    Its own transaction: an anchor in the store is of a chain that was committed."""
    signed = Entry.objects.filter(
        object_type="register.certificate", object_id=str(certificate.pk), verb="certificate.signed"
    ).aggregate(last=Max("pk"))["last"]
    anchors.anchor(store, at=at)
    anchor = Anchor.objects.filter(entry_id__gte=signed or 0).order_by("entry_id").first()
    if anchor is None:
        raise pades.SealingError("the audit trail is not anchored")
    return anchor.entry_id, bytes(anchor.hash), anchor.place


def _concerned(certificate: Certificate, at: datetime) -> list[User]:
    """Whoever signed, and the client it concerns."""
    people = {one.user_id: one.user for one in certificate.signatures.select_related("user")}
    people |= {user.pk: user for user in permissions.holders("certificate.sign_client", certificate.client, at=at)}
    return list(people.values())


def tell(certificate: Certificate, people: Iterable[User], kind: str, at: datetime, **facts: object) -> None:
    notices.notify(
        people,
        kind=kind,
        at=at,
        url=f"/berita-acara/{certificate.pk}/",
        facts={"number": str(certificate), "client": certificate.client.name, **facts},
    )


@transaction.atomic
def upload_signed_copy(
    *, user: User, at: datetime, certificate: Certificate, name: str, data: bytes, stamp_duty: bool = False
) -> SignedCopy:
    """The scan (PDF) of what was signed with ink. It stands beside the electronic signatures, never instead."""
    actor = permissions.acting(user, "certificate.upload_copy", certificate.client)
    if certificate.status not in (Certificate.Status.SIGNING, Certificate.Status.SEALED):
        raise RuleRefused(no(_("There is nothing to sign with ink yet.")))
    if len(data) > BIGGEST_COPY:
        raise RuleRefused(no(_("Upload one PDF of at most 20 MB.")))
    if not is_whole(data):
        raise RuleRefused(no(_("This is not a PDF, or not a whole one: scan the signed paper as one PDF.")))
    if terms.get("certificate.stamp_duty", certificate.client_id, certificate.record_class) and not stamp_duty:
        raise RuleRefused(no(_("This client's copies carry an e-meterai: confirm that this one does.")))
    if certificate.signed_copies.filter(sha256=hashlib.sha256(data).hexdigest()).exists():
        raise RuleRefused(no(_("This very file is kept with the certificate already.")))
    store = files.open_store()
    path, digest = files.keep(store, certificate, "tanda-tangan-basah", data)
    copy = SignedCopy.objects.create(
        certificate=certificate, path=path, name=name[:200], size=len(data), sha256=digest, stamp_duty=stamp_duty,
        uploaded_by=user, uploaded_at=at,
    )  # fmt: skip
    facts = {"number": certificate.number, "sha256": digest, "stamp_duty": stamp_duty}
    audit.record("certificate.copy_uploaded", actor=actor, at=at, obj=certificate, facts=facts)
    return copy
