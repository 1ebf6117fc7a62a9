"""The facts of a finished order's Berita Acara, field by field (records-control, fields 1 to 16), from rows alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, models
from django.db.models import Count, DurationField, ExpressionWrapper, F, Max, Min, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kendali import __version__, civil_time, formats
from kendali.accounts.models import User
from kendali.audit.models import Entry
from kendali.connectors.registry import KINDS
from kendali.disposal.models import Act, Decision, Hold
from kendali.records.actions.destruction_facts import DestructionFacts, destruction_facts
from kendali.records.certificate_words import reason
from kendali.records.models import (
    ContractEnd,
    DisposalItem,
    DisposalOrder,
    JournalEntry,
    Package,
    RecordVersion,
    Source,
    VersionDestruction,
)
from kendali.register import facts as said
from kendali.register.models import Certificate
from kendali.terms import settings as terms

OUTCOME = DisposalItem.Outcome
MOST_REASONS = 40  # lines of field 14; what is beyond is one line per verdict


def reference(order: DisposalOrder) -> str:
    return f"{order._meta.label_lower}:{order.pk}"


def facts_of(order: DisposalOrder) -> said.CertificateFacts:
    """All fields of the certificate; texts in the language that is active."""
    proposal, zone = order.proposal, order.proposal.policy.zone
    first, last = _period(order)
    gone = destruction_facts(order) if order.act == Act.BACKUP or proposal.erasure_id is not None else None
    facts = said.CertificateFacts(
        organisation=str(terms.get("organisation.name")) or "Kendali",
        owner_unit=str(terms.get("register.owner_unit", order.client_id, order.proposal.record_class)),
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
        checks=_checks(order),
        method=_method(order),
        verification=_verification(order),
        problems=_problems(order),
        proposer=_proposer(order),
        executor=_executor(order),
    )
    if proposal.erasure is not None:
        facts["erasure_request"] = proposal.erasure.number
    if gone is not None:
        facts["destruction"] = _destruction(gone)
    facts["other_act"] = _other_act(order)
    notes = _notes(order)
    if notes:
        facts["notes"] = notes
    return facts


def _period(order: DisposalOrder) -> tuple[datetime, datetime]:
    """Of the documents. The clock of a backup copy is its deletion at the source, so there the record's own counts."""
    clock = Coalesce("record__last_activity_at", "record__started_at") if order.act == Act.BACKUP else F("clock")
    span = order.items.aggregate(first=Min(clock), last=Max(clock))
    return span["first"] or order.raised_at, span["last"] or order.raised_at


def _channels(order: DisposalOrder) -> list[str]:
    names = order.items.exclude(record__channel="").order_by().values_list("record__channel", flat=True)
    return sorted(names.distinct())


LENGTH = ExpressionWrapper(F("record__last_activity_at") - F("record__started_at"), output_field=DurationField())


def _totals(order: DisposalOrder) -> said.Totals:
    counts = dict(order.items.order_by().values_list("outcome").annotate(count=Count("pk")))
    gone = order.items.filter(outcome=OUTCOME.DELETED)
    size, seconds = gone.aggregate(size=Sum("size"))["size"] or 0, 0
    if order.proposal.record_class == "recording":
        length = gone.aggregate(length=Sum(LENGTH))["length"]
        seconds = max(0, round(length.total_seconds())) if length else 0
    ends = {end: counts.get(end, 0) for end in said.ENDS}
    return said.Totals(proposed=sum(counts.values()), bytes=size, seconds=seconds, **ends)  # type: ignore[typeddict-item,no-any-return]


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
            kind=_(KINDS[source.kind].label) if source.kind in KINDS else source.kind,
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
    if order.act == Act.BACKUP:
        words += _(", its backup copy destroyed %(months)s months later") % {"months": policy.backup_copy_months}
    whose = order.client_id, order.proposal.record_class
    named = str(terms.get("certificate.regulations", *whose)).split(";")
    basis = said.Basis(
        clauses=["5.3" if policy.record_class == "conversation" else "5.4", "5.5"],
        policy=words,
        policy_version=policy.version,
        decision=order.proposal.number or "",
        order=order.number,
        regulations=[text for one in named if (text := one.strip())],
    )
    contract = str(terms.get("certificate.contract", *whose)).strip()
    if contract:
        basis["contract"] = contract
    return basis


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
    """Every package that holds a version of these records; where a copy went, when the last of them was proved gone."""
    versions = RecordVersion.objects.filter(record__disposals__order=order)
    counts = dict(versions.order_by().values_list("package_id").annotate(count=Count("record_id", distinct=True)))
    proved = VersionDestruction.objects.filter(item__order=order, status=VersionDestruction.Status.PROVED)
    gone = dict(proved.order_by().values_list("package_id").annotate(at=Max("at")))
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
            destroyed_at=_local_day(gone.get(row.pk) or row.destroyed_at, order.proposal.policy.zone),
        )
        for row in Package.objects.filter(pk__in=counts).order_by("number")
    ]


def _local_day(at: datetime | None, zone: str) -> str | None:
    return civil_time.local_date(at, zone).isoformat() if at else None


TOO_EARLY = """
SELECT count(*) FROM records_disposalitem i JOIN records_source s ON s.id = i.source_id
WHERE i.order_id = %s AND i.outcome = 'deleted' AND i.due_on > (i.settled_at AT TIME ZONE s.zone)::date
"""


def _checks(order: DisposalOrder) -> said.Checks:
    """Field 11. Holds were asked for each record under the client's lock, just before its call (I3): a record under one
    has the verdict "held". The period is looked at once more here, in the rows."""
    with connection.cursor() as cursor:
        cursor.execute(TOO_EARLY, [order.pk])
        early = cursor.fetchone()[0]
    calls = JournalEntry.objects.filter(order=order, kind=JournalEntry.Kind.INTENT).aggregate(last=Max("at"))
    at = (calls["last"] or order.finished_at or order.raised_at).isoformat()
    checks = said.Checks(retention_passed=not early, no_hold=True, no_case=True, no_prohibition=True, checked_at=at)
    exempt = _exempt(order)
    if exempt:
        checks["exempt"] = exempt
    return checks


def _exempt(order: DisposalOrder) -> str:
    """Why the period did not have to pass: an erasure request, or the end of the contract; "" = it had to."""
    if order.proposal.erasure is not None:
        return _("erasure request %(number)s") % {"number": order.proposal.erasure.number}
    ended = ContractEnd.objects.filter(client=order.client_id, withdrawn_at=None).first()
    if order.act == Act.BACKUP and ended is not None:
        return _("the contract has ended (%(reference)s)") % {"reference": ended.reference}
    return ""


def _method(order: DisposalOrder) -> said.Method:
    tool = f"Kendali {__version__}"
    if order.act == Act.BACKUP:
        return said.Method(how="keys", tool=tool, leaves_behind=[])
    runs = [_run_of(order, source) for source in _own_sources(order)]
    left = sorted({_(str(name)) for run in runs for name in run.get("leaves_behind", [])})
    ways = sorted({str(run["how"]) for run in runs if run})
    return said.Method(how="+".join(ways) or "sql", tool=tool, leaves_behind=left)


def _verification(order: DisposalOrder) -> said.Verification:
    """Looks after the act: every outcome line of the journal is one."""
    looked_for = (OUTCOME.DELETED, OUTCOME.ALREADY_ABSENT, OUTCOME.FAILED, OUTCOME.UNKNOWN)  # the others stayed
    ends = JournalEntry.objects.filter(order=order, kind=JournalEntry.Kind.OUTCOME, item__outcome__in=looked_for)
    span = ends.aggregate(first=Min("at"), last=Max("at"), checked=Count("item", distinct=True))
    there = order.items.filter(outcome__in=(OUTCOME.FAILED, OUTCOME.UNKNOWN)).count()
    at = (order.finished_at or order.raised_at).isoformat()
    return said.Verification(
        how="read_failed" if order.act == Act.BACKUP else "read_back",
        first_at=span["first"].isoformat() if span["first"] else at,
        last_at=span["last"].isoformat() if span["last"] else at,
        checked=span["checked"],
        found=there,
        read_backs=_read_backs(order),
        rechecks=[
            said.Recheck(days=row.days, due_on=str(_local_day(row.due_at, order.proposal.policy.zone)),
                         done_at=row.done_at.isoformat() if row.done_at else None,
                         seen_again=row.seen_again if row.done_at else None)
            for row in order.rechecks.order_by("days")
        ],
    )  # fmt: skip


def _read_backs(order: DisposalOrder) -> int:
    """How often each deleted record was looked for, at least."""
    looks = JournalEntry.objects.filter(
        order=order, kind=JournalEntry.Kind.OUTCOME, item__outcome__in=(OUTCOME.DELETED, OUTCOME.ALREADY_ABSENT)
    )
    counts = looks.order_by().values("item").annotate(count=Count("pk"))
    return counts.aggregate(least=Min("count"))["least"] or 0


REASONS = """
SELECT outcome, coalesce(facts->>'hold', '') AS hold, coalesce(facts->>'problem', '') AS problem,
  coalesce(facts->>'code', '') AS code, coalesce(facts->>'reason', '') AS reason, count(*)
FROM records_disposalitem WHERE order_id = %s AND outcome <> 'deleted'
GROUP BY 1, 2, 3, 4, 5 ORDER BY outcome, count(*) DESC, 2, 3, 4, 5
"""


def _problems(order: DisposalOrder) -> list[said.Problem]:
    """One line per verdict and reason; more than MOST_REASONS become one more line for each verdict."""
    with connection.cursor() as cursor:
        cursor.execute(REASONS, [order.pk])
        rows = cursor.fetchall()
    told: dict[tuple[str, str], int] = {}
    for outcome, *known, count in rows:
        words = reason(outcome, dict(zip(("hold", "problem", "code", "reason"), known, strict=True)))
        key = (outcome, words)
        if key not in told and len(told) >= MOST_REASONS:
            key = (outcome, _("other reasons, line by line in the annex"))
        told[key] = told.get(key, 0) + count
    return [said.Problem(verdict=verdict, reason=words, count=count) for (verdict, words), count in told.items()]


def _notes(order: DisposalOrder) -> list[str]:
    """Holds that won, with their basis and day; copies of an erasure that a hold keeps."""
    zone, found, lang = order.proposal.policy.zone, [], "en" if get_language() == "en" else "id"
    for hold in Hold.objects.filter(number__in=_holds(order, "hold")).order_by("number"):
        found.append(
            _("Hold %(number)s of %(day)s won over the approved list; basis: %(basis)s.")
            % {
                "number": hold.number,
                "day": formats.day(civil_time.local_date(hold.placed_at, zone), lang),
                "basis": hold.legal_basis or hold.get_cause_display(),
            }
        )
    kept = order.items.filter(facts__copy="held").count()
    if kept:
        found.append(
            _("The backup copies of %(count)s records stay, because %(numbers)s came before their keys were taken.")
            % {"count": kept, "numbers": ", ".join(_holds(order, "copy_hold"))}
        )
    return found


def _holds(order: DisposalOrder, name: str) -> list[str]:
    """Numbers of holds that lines of this order name in a fact."""
    rows = order.items.filter(**{f"facts__{name}__gt": ""}).order_by()
    texts = rows.values_list(f"facts__{name}", flat=True).distinct()
    return sorted({number.strip() for text in texts for number in str(text).split(",") if number.strip()})


def _destruction(gone: DestructionFacts) -> said.Destruction:
    """With what became of each package, and what was returned to the client before (both counted)."""
    facts = gone["destruction"]
    ways = {
        "keyring": _("%(number)s: keys of %(copies)s copies destroyed, the rest of the package stays"),
        "whole": _("%(number)s: all keys and all bytes gone, %(copies)s copies"),
        "month": _("%(number)s: written anew as %(successor)s without %(copies)s copies, then destroyed as a whole"),
    }
    facts["packages"] = [ways[one["how"]] % dict(one) for one in gone["packages"]]
    facts["returned"] = gone["returned"]
    return facts


def _proposer(order: DisposalOrder) -> said.Person:
    proposal = order.proposal
    return _person(proposal.proposed_by or order.raised_by, proposal, ("proposal.asked",))


def _executor(order: DisposalOrder) -> said.Person:
    """Whoever armed it, and for whom if as a deputy."""
    return _person(order.armed_by or order.accepted_by, order, ("disposal_order.arm", "disposal_order.accept"))


def _person(user: User | None, obj: models.Model, verbs: tuple[str, ...]) -> said.Person:
    if user is None:
        return said.Person(user_id=None, name="Kendali", position="")
    person = said.Person(user_id=user.pk, name=user.name, position=user.position, employee_number=user.employee_number)
    trail = Entry.objects.filter(object_type=obj._meta.label_lower, object_id=str(obj.pk), actor_id=user.pk)
    behalf = trail.filter(verb__in=verbs).exclude(on_behalf_of="").order_by("-pk").first()
    if behalf is not None:
        person["on_behalf_of"] = behalf.on_behalf_of
    return person


def _other_act(order: DisposalOrder) -> str:
    """The number of the other act's certificate, as far as one covers these records; else not wholly destroyed yet."""
    if order.proposal.erasure_id is not None and order.act == Act.SOURCE:
        return ""
    records = order.items.filter(outcome=OUTCOME.DELETED).values("record")
    other = DisposalOrder.objects.exclude(act=order.act).filter(
        items__record__in=records, items__outcome=OUTCOME.DELETED
    )
    refs = [reference(row) for row in other.distinct()[:50]]
    numbers = Certificate.objects.filter(order_ref__in=refs, number__isnull=False).exclude(status="cancelled")
    numbers = numbers.exclude(corrections__status="sealed")
    told = ", ".join(str(one.number) for one in numbers.order_by("number"))
    if order.act == Act.BACKUP:
        return told or _("no certificate of the deletion at the source yet")
    return told or _("not wholly destroyed yet")
