"""A signed letter of the client, scanned: evidence that the Team Leader uploads, marked as such.

By itself it is no approval: the client confirms by link or login, unless a setting of the client says that letters
suffice. It lies in the store, sealed under the installation key, and is read back before its row is written.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import date, datetime

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop as _

from kendali import civil_time
from kendali.accounts import permissions
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.archive import stores
from kendali.archive.errors import StoreError
from kendali.archive.sealing import open_bytes, seal_bytes
from kendali.audit import actions as audit
from kendali.disposal.models import Decision, Letter, Proposal
from kendali.terms import free_text
from kendali.terms import settings as terms
from kendali.verdict import YES, Verdict, no
from kendali.whole_pdf import is_whole

MOST = 10 * 1024 * 1024


def acceptable(name: str, data: bytes) -> Verdict:
    """A PDF by its bytes, whatever its name says; and no number of a customer in the name."""
    if len(data) > MOST:
        return no(_("The file is larger than 10 MB: scan it with a lower resolution."))
    if not is_whole(data):
        return no(_("This is not a PDF, or not a whole one: scan the letter as PDF."))
    if not free_text.acceptable(name.rpartition(".")[0]):
        return no(_("The name of the file holds a number that must not be kept: rename it, then upload it again."))
    return YES


def _new(proposal: Proposal, data: bytes) -> Verdict:
    """The same file twice for the same form of the list is a second click."""
    kept = Letter.objects.filter(
        proposal=proposal, list_digest=proposal.final_digest, sha256=hashlib.sha256(data).hexdigest()
    )
    return no(_("This very file is kept with the list already.")) if kept.exists() else YES


def upload(
    *,
    user: User,
    at: datetime,
    proposal: Proposal,
    name: str,
    data: bytes,
    signed_by_name: str,
    signed_by_position: str,
    signed_on: date,
) -> Letter:
    """The letter names the list as it is now (its digest is printed on the proposal). Raises Refused, StoreError."""
    actor = permissions.acting(user, "proposal.letter", proposal.client)
    name = name.replace("\\", "/").rpartition("/")[2].strip()[-200:] or "surat.pdf"
    for verdict in (
        acceptable(name, data),
        free_text.acceptable(signed_by_name, signed_by_position),
        _signed(signed_by_name, signed_by_position, signed_on, civil_time.local_date(at, proposal.client.zone)),
        YES if proposal.status == Proposal.Status.ASKED else no(_("This list waits for no answer.")),
        _new(proposal, data),
    ):
        if not verdict:
            raise RuleRefused(verdict)
    path, digest = _keep(data)
    with transaction.atomic():
        letter = Letter.objects.create(
            proposal=proposal,
            path=path,
            name=name,
            size=len(data),
            sha256=digest,
            list_digest=proposal.final_digest,
            signed_by_name=signed_by_name.strip(),
            signed_by_position=signed_by_position.strip(),
            signed_on=signed_on,
            uploaded_by=user,
            uploaded_at=at,
        )
        facts = {"number": proposal.number, "sha256": digest, "signed_on": signed_on, "name": letter.signed_by_name}
        audit.record("letter.uploaded", actor=actor, at=at, obj=proposal, facts=facts)
    return letter


def _signed(name: str, position: str, signed_on: date, today: date) -> Verdict:
    if not name.strip() or not position.strip():
        return no(_("Say who signed the letter, with the position."))
    return YES if signed_on <= today else no(_("The letter cannot be signed after today."))


def counts(proposal: Proposal) -> bool:
    """Whether a letter alone is an answer for this client."""
    return bool(terms.get("approval.letter_suffices", proposal.client_id, proposal.record_class))


def decide_by_letter(*, user: User, at: datetime, letter: Letter) -> Decision:
    """The letter's Ya is written down as the client's answer, where letters suffice. Raises Refused."""
    from kendali.disposal.actions import decisions

    person = decisions.Person(way=Decision.Way.LETTER, user=user)
    return decisions.decide(
        at=at,
        proposal=letter.proposal,
        answer=Decision.Answer.YES,
        list_digest=letter.list_digest,
        person=person,
        letter=letter,
    )


@transaction.atomic
def opened(*, user: User, at: datetime, letter: Letter) -> bytes:
    """The PDF, for somebody who may see it; who did is in the trail. StoreError where it cannot be read."""
    actor = permissions.acting(user, "letter.view", letter.proposal.client)
    data = read(letter)
    audit.record("letter.opened", actor=actor, at=at, obj=letter.proposal, facts={"sha256": letter.sha256})
    return data


def read(letter: Letter) -> bytes:
    sealed = stores.open_store(settings.KENDALI_STORE).read(letter.path)
    data = open_bytes(_key(), _place(letter.path, letter.sha256), sealed)
    if hashlib.sha256(data).hexdigest() != letter.sha256:
        raise StoreError("damaged", key=letter.path)
    return data


def _keep(data: bytes) -> tuple[str, str]:
    """Path and SHA-256, after reading back what was written."""
    store, digest = stores.open_store(settings.KENDALI_STORE), hashlib.sha256(data).hexdigest()
    path = f"letters/{uuid.uuid4()}.ks1"
    store.put(path, seal_bytes(_key(), _place(path, digest), data))
    if open_bytes(_key(), _place(path, digest), store.read(path)) != data:
        raise StoreError("read_back_differs", key=path)
    return path, digest


def _place(path: str, digest: str) -> bytes:
    return f"{path}/{digest}".encode()


def _key() -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=b"kendali/1/letter").derive(settings.KENDALI_INSTALLATION_KEY)
