"""What a finished order hands to the register for its Berita Acara: facts and lines, read from rows alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, Min, Sum
from django.db.models.fields.json import KeyTextTransform
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from kendali import __version__, civil_time
from kendali.accounts import permissions
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.disposal.models import Act, Decision
from kendali.records.actions.destruction_facts import destruction_facts
from kendali.records.models import DisposalItem, DisposalOrder, JournalEntry, Package, RecordVersion, Source
from kendali.register import actions as register
from kendali.register import facts as said
from kendali.register.models import Certificate
from kendali.terms import settings as terms
from kendali.verdict import no

OUTCOME = DisposalItem.Outcome
MEASURED = ("rows", "files", "blobs", "cannot_see", "hold", "code", "answer", "problem")


@transaction.atomic
def draft(*, user: User, at: datetime, order: DisposalOrder, language: str = "id") -> Certificate:
    """Step 9, by Document Control. Refused while a line has no end: queued is none (I6)."""
    permissions.acting(user, "certificate.draft", order.client)
    row = DisposalOrder.objects.select_for_update(of=("self",)).get(pk=order.pk)
    still_open = row.items.filter(outcome__in=(OUTCOME.WAITING, OUTCOME.QUEUED)).count()
    if row.status != DisposalOrder.Status.DONE or still_open:
        raise RuleRefused(
            no(gettext_noop("This order is not finished: %(count)s records have no outcome yet."), count=still_open)
        )
    with override(language):
        facts = facts_of(row)
    return register.draft_certificate(
        user=user, at=at, act=row.act, client=row.client, order_ref=reference(row), facts=facts, lines=lines_of(row),
        language=language,
    )  # fmt: skip


def reference(order: DisposalOrder) -> str:
    return f"{order._meta.label_lower}:{order.pk}"


def lines_of(order: DisposalOrder) -> Iterator[said.Line]:
    """Every line of the list in its order, each with what was measured; constant memory."""
    rows = order.items.order_by("pk").values_list(
        "record__ref", "source__name", "outcome", "keyed_digest", "clock", "due_on", "settled_at", "size", "facts"
    )
    for ref, source, outcome, digest, clock, due_on, ended_at, size, facts in rows.iterator(chunk_size=5000):
        measured = {name: facts[name] for name in MEASURED if name in facts}
        yield said.Line(
            ref=ref, source=source, verdict=outcome, keyed_digest=bytes(digest), clock=clock, due_on=due_on,
            ended_at=ended_at, size=size, measured=measured,
        )  # fmt: skip


def facts_of(order: DisposalOrder) -> said.CertificateFacts:
    """All fields of the certificate; texts in the language that is active."""
    proposal, zone = order.proposal, order.proposal.policy.zone
    span = order.items.aggregate(first=Min("clock"), last=Max("clock"))
    first, last = span["first"] or order.raised_at, span["last"] or order.raised_at
    facts = said.CertificateFacts(
        owner_unit=str(terms.get("register.owner_unit", order.client_id)),
        record_class=proposal.record_class,
        channels=_channels(order),
        period_first=civil_time.local_date(first, zone).isoformat(),
        period_last=civil_time.local_date(last, zone).isoformat(),
        zone=zone,
        started_at=(order.started_at or order.raised_at).isoformat(),
        finished_at=(order.finished_at or order.raised_at).isoformat(),
        sources=_sources(order),
        basis=_basis(order),
        totals=_totals(order),
        approvals=[
            _approval(order, row) for row in proposal.decisions.filter(answer="yes", list_digest=order.list_digest)
        ],
        packages=_packages(order),
        checks=said.Checks(retention_passed=True, no_hold=True, no_case=True, no_prohibition=True,
                           checked_at=(order.finished_at or order.raised_at).isoformat()),
        method=_method(order),
        verification=_verification(order),
        problems=_problems(order),
        proposer=_person(proposal.proposed_by or order.raised_by),
        executor=_person(order.armed_by or order.accepted_by),
    )  # fmt: skip
    if proposal.erasure is not None:
        facts["erasure_request"] = proposal.erasure.number
    if order.act == Act.BACKUP or proposal.erasure_id is not None:
        facts["destruction"] = destruction_facts(order)["destruction"]
    facts["other_act"] = _other_act(order)
    return facts


def _channels(order: DisposalOrder) -> list[str]:
    names = order.items.exclude(record__channel="").order_by().values_list("record__channel", flat=True)
    return sorted(names.distinct())


def _totals(order: DisposalOrder) -> said.Totals:
    counts = dict(order.items.order_by().values_list("outcome").annotate(count=Count("pk")))
    size = order.items.filter(outcome=OUTCOME.DELETED).aggregate(size=Sum("size"))["size"] or 0
    ends = {end: counts.get(end, 0) for end in said.ENDS}
    return said.Totals(proposed=sum(counts.values()), bytes=size, seconds=0, **ends)  # type: ignore[typeddict-item,no-any-return]


def _run_of(order: DisposalOrder, source: Source) -> Mapping[str, Any]:
    """What the engine noted of a source when it was opened for deleting."""
    known: Mapping[str, Any] = order.progress.get("sources", {})
    return dict(known.get(str(source.pk), {}))


def _own_sources(order: DisposalOrder) -> list[Source]:
    return list(Source.objects.filter(pk__in=order.items.values("source").distinct()).order_by("name"))


def _sources(order: DisposalOrder) -> list[said.SourceSystem]:
    return [
        said.SourceSystem(
            name=source.name,
            kind=source.kind,
            version=str(_run_of(order, source).get("version") or source.probe.get("version", "")),
            account=str(source.config.get("account", "")),
            place=str(source.config.get("host") or source.config.get("monitor") or source.config.get("folder") or ""),
        )
        for source in _own_sources(order)
    ]


def _basis(order: DisposalOrder) -> said.Basis:
    policy = order.proposal.policy
    words = _("%(kind)s, policy version %(version)s: deleted after %(years)s years") % {
        "kind": policy.get_record_class_display(), "version": policy.version, "years": policy.delete_after_years,
    }  # fmt: skip
    return said.Basis(
        clauses=["5.3" if policy.record_class == "conversation" else "5.4", "5.5"],
        policy=words,
        policy_version=policy.version,
        decision=order.proposal.number or "",
        order=order.number,
        regulations=["UU 27/2022", "UU 8/1997", "PP 87/1999"],
    )


def _approval(order: DisposalOrder, row: Decision) -> said.Approval:
    valid_until = row.expires_at or order.proposal.valid_until or row.at
    found = said.Approval(
        number=order.proposal.number or "", decided_at=row.at.isoformat(), name=row.name, position=row.position,
        way=row.way, list_digest=row.list_digest, list_count=row.list_count, valid_until=valid_until.isoformat(),
    )  # fmt: skip
    if row.on_behalf_of:
        found["on_behalf_of"] = row.on_behalf_of
    return found


def _packages(order: DisposalOrder) -> list[said.Package]:
    versions = RecordVersion.objects.filter(record__disposals__order=order)
    counts = dict(versions.order_by().values_list("package_id").annotate(count=Count("record_id", distinct=True)))
    return [
        said.Package(
            number=row.number,
            written_on=civil_time.local_date(row.written_at or row.created_at, order.proposal.policy.zone).isoformat(),
            place=f"{settings.KENDALI_STORE}/{row.path}".split("@")[-1],
            sha256=row.tagmanifest_sha256,
            records=counts[row.pk],
            verified_at=row.verified_at.isoformat() if row.verified_at else "",
            drilled_at=row.drilled_at.isoformat() if row.drilled_at else None,
            drill=_("%(count)s records restored, all equal") % {"count": row.drill_records} if row.drilled_at else "",
            destroyed_at=row.destroyed_at.isoformat() if row.destroyed_at else None,
        )
        for row in Package.objects.filter(pk__in=counts).order_by("number")
    ]


def _method(order: DisposalOrder) -> said.Method:
    tool = f"Kendali {__version__}"
    if order.act == Act.BACKUP:
        return said.Method(how="keys", tool=tool, leaves_behind=[])
    runs = [_run_of(order, source) for source in _own_sources(order)]
    left = sorted({_(str(name)) for run in runs for name in run.get("leaves_behind", [])})
    return said.Method(how=str(next((run["how"] for run in runs if run), "sql")), tool=tool, leaves_behind=left)


def _verification(order: DisposalOrder) -> said.Verification:
    """Looks after the act: every outcome line of the journal is one."""
    ends = JournalEntry.objects.filter(order=order, kind=JournalEntry.Kind.OUTCOME)
    span = ends.aggregate(first=Min("at"), last=Max("at"), checked=Count("item", distinct=True), lines=Count("pk"))
    there = order.items.filter(outcome__in=(OUTCOME.FAILED, OUTCOME.UNKNOWN)).count()
    at = (order.finished_at or order.raised_at).isoformat()
    return said.Verification(
        how="read_failed" if order.act == Act.BACKUP else "read_back",
        first_at=span["first"].isoformat() if span["first"] else at,
        last_at=span["last"].isoformat() if span["last"] else at,
        checked=span["checked"],
        found=there,
        read_backs=-(-span["lines"] // span["checked"]) if span["checked"] else 0,
        rechecks=[
            said.Recheck(days=row.days, due_on=row.due_at.date().isoformat(),
                         done_at=row.done_at.isoformat() if row.done_at else None,
                         seen_again=row.seen_again if row.done_at else None)
            for row in order.rechecks.order_by("days")
        ],
    )  # fmt: skip


def _problems(order: DisposalOrder) -> list[said.Problem]:
    rows = order.items.exclude(outcome=OUTCOME.DELETED).annotate(
        code=KeyTextTransform("code", "facts"), problem=KeyTextTransform("problem", "facts")
    )
    found = rows.order_by().values("outcome", "code", "problem").annotate(count=Count("pk")).order_by("outcome")
    return [
        said.Problem(verdict=row["outcome"], reason=row["problem"] or row["code"] or "", count=row["count"])
        for row in found
    ]


def _person(user: User | None) -> said.Person:
    if user is None:
        return said.Person(user_id=None, name="Kendali", position="")
    return said.Person(user_id=user.pk, name=user.name, position=user.position, employee_number=user.employee_number)


def _other_act(order: DisposalOrder) -> str:
    """The number of the other act's certificate, as far as one covers these records; else not wholly destroyed yet."""
    if order.proposal.erasure_id is not None:
        return ""
    records = order.items.filter(outcome=OUTCOME.DELETED).values("record")
    other = DisposalOrder.objects.exclude(act=order.act).filter(
        items__record__in=records, items__outcome=OUTCOME.DELETED
    )
    refs = [reference(row) for row in other.distinct()[:50]]
    numbers = Certificate.objects.filter(order_ref__in=refs, number__isnull=False).exclude(status="cancelled")
    return ", ".join(numbers.order_by("number").values_list("number", flat=True)) or _("not wholly destroyed yet")  # type: ignore[arg-type]
