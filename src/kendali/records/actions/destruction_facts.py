"""What a certificate says of destroyed copies (fields 10, 12, 13), in the words that are true and no stronger.

No key known to the product remains; copies of a master or of opened data made outside it are not covered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TypedDict
from uuid import UUID

from django.db.models import Count, Max, Min, Q
from django.utils.formats import date_format
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _

from kendali.records.actions import kept_copies
from kendali.records.actions.destruction_plan import Status
from kendali.records.models import DisposalOrder, Package, RegisteredCopy, StoreLook, VersionDestruction
from kendali.register.facts import Destruction, SlotAnswer
from kendali.vault.leftovers import last_looks
from kendali.vault.models import Epoch, PackageKey, Slot
from kendali.vault.models import SlotAnswer as Look


class PackageFate(TypedDict):
    """One package of the order: `how` = keyring (its keys without these), whole, or month (written anew without)."""

    id: str
    number: str
    how: str
    successor: str  # number of the package that took its place; "" where it needed none
    copies: int  # versions that were destroyed in it
    destroyed_at: str | None  # when the whole package was proved to be gone
    tagmanifest_sha256: str


class DestructionFacts(TypedDict):
    """`destruction` goes onto the certificate as it is; the rest is for its fields 10 and 13."""

    destruction: Destruction
    packages: list[PackageFate]
    versions: dict[str, int]  # status → how many
    first_at: str | None
    last_at: str | None
    returned: list[str]  # exports to the client, counted
    claim: str
    not_covered: str


def destruction_facts(order: DisposalOrder) -> DestructionFacts:
    """Of an order of act backup, or of the copies of an erasure. A handful of queries; sentences in the language that
    is active. `versions` counts what is not proved, too: then the act is not finished."""
    rows = VersionDestruction.objects.filter(item__order=order)
    packages = set(rows.values_list("package_id", flat=True))
    proved = rows.filter(status=Status.PROVED)
    span = proved.aggregate(first=Min("at"), last=Max("at"))
    retired = _epochs_that_held(proved)
    return DestructionFacts(
        destruction=Destruction(
            epochs=sorted(set(proved.exclude(epoch=None).values_list("epoch", flat=True))),  # type: ignore[arg-type]
            slots=_slots(retired),
            copies=[_copy(one) for one in _copies(packages) if one.kind != RegisteredCopy.Kind.EXPORT]
            + _locked(packages)
            + kept_copies.said(order),
            old_keys_may_exist=_elsewhere(retired) + _older_stores(order),
            proof=_proof(proved),
        ),
        packages=_packages(order, packages),
        versions=dict(rows.order_by().values_list("status").annotate(count=Count("pk"))),
        first_at=_iso(span["first"]),
        last_at=_iso(span["last"]),
        returned=[_returned(one) for one in _copies(packages) if one.kind == RegisteredCopy.Kind.EXPORT],
        claim=_("No key known to the product remains."),
        not_covered=_("Copies of a master or of opened data made outside the product are not covered."),
    )


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _epochs_that_held(proved: Iterable[VersionDestruction]) -> list[Epoch]:
    """Ended epochs under which a destroyed key was ever wrapped."""
    pairs = {(row.package_id, row.old_generation) for row in proved}
    rows = PackageKey.objects.filter(
        package__in={package for package, _generation in pairs}, destroyed_at__isnull=False
    )
    return list(Epoch.objects.filter(pk__in=rows.values("epoch"), ended_at__isnull=False).order_by("number"))


def _slots(epochs: Sequence[Epoch]) -> list[SlotAnswer]:
    """Each place of a master and what it answered when the old one was looked for; "pending" while it did not."""
    looks, found = last_looks(), []
    for slot in Slot.objects.order_by("pk"):
        concerned = [epoch for epoch in epochs if epoch.ended_at and slot.registered_at <= epoch.ended_at]
        if not concerned:
            continue
        answers = {looks.get((slot.pk, epoch.pk)) for epoch in concerned}
        last = Look.objects.filter(slot=slot, epoch__in=concerned, operation=Look.LOOK).aggregate(at=Max("at"))["at"]
        found.append(
            SlotAnswer(
                place=slot.declared or slot.location,
                kind=str(slot.get_kind_display()),
                answer="gone" if answers == {"absent"} else "pending",
                at=_iso(last),
            )
        )
    return found


def _elsewhere(epochs: Sequence[Epoch]) -> list[str]:
    """Where old wrapped keys, or old masters, may still lie: said rather than promised away."""
    ended = [epoch.ended_at for epoch in epochs if epoch.ended_at]
    if not ended:
        return []
    until = date_format(localtime(max(ended)), "j F Y")
    return [
        _("backups of the database made before %(day)s, until their own retention ends (wrapped keys only)")
        % {"day": until},
        _("copies of the store made before %(day)s, with their old vaults and keyrings (sealed)") % {"day": until},
        _("snapshots and backups of a disk that held a slot, if somebody made any"),
    ]


def _older_stores(order: DisposalOrder) -> list[str]:
    """What was kept outside the packages had its keys in the database, not in the vault."""
    if not kept_copies.may_live_on(order):
        return []
    day = date_format(localtime(order.finished_at or now()), "j F Y")
    return [_("copies of the store made before %(day)s: what was kept outside the packages opens there with a backup "
              "of the database from then and the installation key") % {"day": day}]  # fmt: skip


def _proof(proved: Iterable[VersionDestruction]) -> str:
    counts = VersionDestruction.objects.filter(pk__in=[row.pk for row in proved]).aggregate(
        all=Count("pk"), whole=Count("pk", filter=Q(proof__bytes="gone"))
    )
    return _(
        "%(all)s copies: reading failed for each with its key absent from database and newest vault; of %(kept)s the "
        "sealed bytes remain unchanged beside a neighbour that opens, of %(gone)s the packages are gone from the store."
    ) % {"all": counts["all"], "kept": counts["all"] - counts["whole"], "gone": counts["whole"]}


def _copies(packages: set[UUID]) -> list[RegisteredCopy]:
    rows = RegisteredCopy.objects.filter(package__in=packages).select_related("package")
    return list(rows.order_by("package__number", "pk"))


def _copy(one: RegisteredCopy) -> str:
    facts = {"package": one.package.number, "kind": one.get_kind_display(), "place": one.place}
    if not one.end:
        return _("%(package)s, %(kind)s, %(place)s: neither declared gone nor replaced") % facts
    ended = {"end": one.get_end_display(), "by": one.ended_by_name, "evidence": one.evidence}
    return _("%(package)s, %(kind)s, %(place)s: %(end)s by %(by)s (%(evidence)s)") % {**facts, **ended}


def _locked(packages: set[UUID]) -> list[str]:
    """A bucket with a lock keeps earlier versions of what was removed: without a key, and until a day that is said."""
    look = StoreLook.objects.order_by("-at").first()
    days = timedelta(days=look.lock_days if look else 0)
    rows = Package.objects.filter(pk__in=packages, status=Package.Status.DESTROYED).order_by("number")
    found = [(one.number, (one.written_at or one.created_at) + days) for one in rows] if days else []
    return [
        _("%(package)s: keys gone, sealed bytes locked in the store until %(day)s")
        % {"package": number, "day": date_format(localtime(until), "j F Y")}
        for number, until in found
        if until > now()
    ]


def _returned(one: RegisteredCopy) -> str:
    return _("%(package)s: %(records)s records returned on %(day)s, sealed to %(recipient)s, SHA-256 %(sha256)s") % {
        "package": one.package.number,
        "records": one.records,
        "day": date_format(localtime(one.registered_at), "j F Y"),
        "recipient": one.recipient,
        "sha256": one.sha256,
    }


def _packages(order: DisposalOrder, ids: set[UUID]) -> list[PackageFate]:
    counts = dict(
        VersionDestruction.objects.filter(item__order=order, status=Status.PROVED)
        .order_by()
        .values_list("package_id")
        .annotate(count=Count("pk"))
    )
    successors = {
        one.replaces_id: one.number for one in Package.objects.filter(replaces__in=ids).exclude(status="abandoned")
    }
    return [
        PackageFate(
            id=str(one.pk),
            number=one.number,
            how="keyring" if one.status != "destroyed" else "month" if one.pk in successors else "whole",
            successor=successors.get(one.pk, ""),
            copies=counts.get(one.pk, 0),
            destroyed_at=_iso(one.destroyed_at),
            tagmanifest_sha256=one.tagmanifest_sha256,
        )
        for one in Package.objects.filter(pk__in=ids).order_by("number")
    ]
