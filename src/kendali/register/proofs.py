"""The proof for one record: its line, its blind and the way to the root, without any other line."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.audit.actor import Actor
from kendali.register import lines, merkle
from kendali.register.models import Certificate
from kendali.register.verify import PROOF_FORMAT
from kendali.verdict import no


def prove(*, user: User, at: datetime, certificate: Certificate, ref: str, source: str = "") -> dict[str, Any]:
    """A person takes the proof; it is in the trail, because the blind leaves with it."""
    return make(permissions.acting(user, "certificate.view", certificate.client), at, certificate, ref, source)


@transaction.atomic
def make(actor: Actor, at: datetime, certificate: Certificate, ref: str, source: str = "") -> dict[str, Any]:
    """JSON (format kendali/1/proof): certificate, merkle_root, leaf_count, position (from 1), line (canonical), blind
    and path as hex, pdf_sha256 of the sealed certificate. RuleRefused: no such record on it, or not sealed yet."""
    if certificate.status != Certificate.Status.SEALED:
        raise RuleRefused(no(_("Only a sealed certificate proves anything.")))
    sources = [] if source else lines.sources(certificate, ref.strip())
    if len(sources) > 1:
        told = ", ".join(sources)
        raise RuleRefused(no(_("Several sources use this id (%(sources)s): say which one is meant."), sources=told))
    row = lines.one(certificate, ref.strip(), source)
    if row is None:
        raise RuleRefused(no(_("There is no record %(ref)s on this certificate."), ref=ref.strip()[:80]))
    assert certificate.number is not None
    assert certificate.merkle_root is not None
    leaves = list(lines.leaves(certificate))
    if merkle.root(leaves) != bytes(certificate.merkle_root):
        raise RuleRefused(no(_("The stored lines are not those that were signed: the root differs. Tell the QMR.")))
    audit.record(
        "certificate.proved", actor=actor, at=at, obj=certificate,
        facts={"number": certificate.number, "position": row.position},
    )  # fmt: skip
    return {
        "format": PROOF_FORMAT,
        "certificate": certificate.number,
        "pdf_sha256": certificate.pdf_sha256,
        "merkle_root": bytes(certificate.merkle_root).hex(),
        "leaf_count": certificate.leaf_count,
        "position": row.position,
        "line": merkle.told_line(lines.data(certificate.number, row)),
        "blind": row.blind.hex(),
        "path": [step.hex() for step in merkle.path(leaves, row.position - 1)],
    }
