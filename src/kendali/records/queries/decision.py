"""What a client's approver sees before answering: the facts of the list, the list, what may be answered and until when.

The page of a user with a login and the page of an e-mail link share `decision_context` and the templates
`disposal/_decision_list.html` and `disposal/_decision_form.html`; what was sent is read by `answer_of`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kendali import civil_time, formats
from kendali.audit.sentences import shown
from kendali.disposal.actions.decisions import TakeOut, usually_again
from kendali.disposal.models import Act, Decision, Hold, LeftOut, Proposal, ProposalItem
from kendali.numerals import whole
from kendali.records import words, words_disposal
from kendali.records.models import Package, Record, RecordVersion, Source
from kendali.records.queries import held
from kendali.records.queries import proposals as query
from kendali.terms import settings as terms

FOUND = 20
SAMPLE = 5
MOST_OUT = 500  # taken out on one page: its address stays within the 8 kB that reverse proxies pass on


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to know before answering: a pill with its word, what was checked, what was found."""

    state: str
    word: str
    text: str
    value: str


@dataclass(frozen=True, slots=True)
class Out:
    """A record that is being taken out, with what was typed for it so far."""

    item: ProposalItem
    reason: str = ""
    as_hold: bool = False
    cause: str = ""
    ask_again_on: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a form sent, ready for `disposal.actions.decisions.decide`."""

    answer: str
    list_digest: str
    take_out: Mapping[int, TakeOut]
    reason: str
    ask_again_on: date | None
    as_hold: bool
    cause: str


def answer_of(sent: QueryDict) -> Answer:
    """Reads the fields of `disposal/_decision_form.html`; judges nothing: what is no Yes and no No stays that."""
    answer = sent.get("jawaban", "")
    no = answer == Decision.Answer.NO
    keys = [] if no else _keys(sent)
    return Answer(
        answer=answer,
        list_digest=sent.get("kode", ""),
        take_out={
            key: TakeOut(
                reason=sent.get(f"alasan_{key}", "").strip(),
                as_hold=sent.get(f"sebagai_{key}") == "hold",
                cause=sent.get(f"sebab_{key}", "") if sent.get(f"sebagai_{key}") == "hold" else "",
                ask_again_on=_day(sent.get(f"tanya_{key}", "")) if sent.get(f"sebagai_{key}") != "hold" else None,
            )
            for key in keys
        },
        reason=sent.get("alasan", "").strip(),
        ask_again_on=_day(sent.get("tanya_lagi", "")),
        as_hold=no and sent.get("tahan") == "ya",
        cause=sent.get("sebab", "") if no and sent.get("tahan") == "ya" else "",
    )


def _day(text: str) -> date | None:
    try:
        return parse_date(text.strip())
    except ValueError:
        return None


def _keys(sent: QueryDict) -> list[int]:
    found = [key for text in sent.getlist("keluar") if (key := whole(text)) is not None]
    back = whole(sent.get("kembali", ""))
    return [key for key in dict.fromkeys(found) if key != back]


@dataclass(frozen=True, slots=True)
class Search:
    """A search within the list: what was typed, what was found, "" = nobody searched."""

    text: str = ""
    found: Sequence[ProposalItem] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """How long an answer counts and what came before it."""

    step: int
    needed: int
    given: Sequence[Decision] = field(default_factory=list)
    valid_days: int = 0
    waiting_hours: int = 0
    ask_again_first: date | None = None
    ask_again_usual: date | None = None


def decision_context(proposal: Proposal, args: QueryDict, at: datetime) -> dict[str, object]:
    """`args`: the address (or, after a refused answer, what was posted): `keluar` = lines to take out, `cari`."""
    sums = query.totals(proposal)
    out = _taking_out(proposal, args)
    chosen = {one.item.pk for one in out}
    found = [item for item in _found(proposal, args.get("cari", "")) if item.pk not in chosen]
    today = civil_time.local_date(at, proposal.policy.zone)
    left = proposal.final_count - len(out)
    return {
        "proposal": proposal,
        "noun": words.noun(proposal.record_class),
        "backup": proposal.act == Act.BACKUP,
        "totals": sums,
        "checks": checks(proposal, sums, at),
        "asked": _asked(proposal, today),
        "out": out,
        "most_out": MOST_OUT if len(out) >= MOST_OUT else None,
        "left": left,
        "causes": Hold.Cause.choices,
        "search": Search(args.get("cari", ""), found),
        "kept": [str(one.item.pk) for one in out],
        "taken_out": list(proposal.items.filter(taken_out=True).select_related("hold")[:FOUND]),
        "taken_count": proposal.list_count - proposal.final_count,
        "source_names": ", ".join(_sources(proposal)),
        "typed": {"alasan": args.get("alasan", ""), "tanya_lagi": args.get("tanya_lagi", "")},
        "samples": [] if args.get("cari") else list(_lines(proposal).order_by("month", "id")[:SAMPLE]),
    }


def _lines(proposal: Proposal) -> QuerySet[ProposalItem]:
    return proposal.items.filter(taken_out=False)


def _sources(proposal: Proposal) -> list[str]:
    rows = Source.objects.filter(client=proposal.client_id, record_class=proposal.record_class)
    return list(rows.order_by("name").values_list("name", flat=True))


def _taking_out(proposal: Proposal, args: QueryDict) -> list[Out]:
    keys = _keys(args)
    items = {item.pk: item for item in proposal.items.filter(pk__in=keys, taken_out=False)} if keys else {}
    return [
        Out(
            items[key],
            args.get(f"alasan_{key}", ""),
            args.get(f"sebagai_{key}") == "hold",
            args.get(f"sebab_{key}", ""),
            args.get(f"tanya_{key}", ""),
        )
        for key in keys
        if key in items
    ]


def _found(proposal: Proposal, text: str) -> list[ProposalItem]:
    """By the number a person knows, whole or its beginning; within this list only."""
    text = text.strip()
    if not text:
        return []
    rows = proposal.items.filter(taken_out=False)
    exact = rows.filter(display=text) | rows.filter(ref=text)
    return list(exact[:FOUND]) or list(rows.filter(display__startswith=text)[:FOUND])


def _asked(proposal: Proposal, today: date) -> Asked:
    given = list(proposal.decisions.select_related("user").order_by("pk"))
    same = [one for one in given if one.answer == Decision.Answer.YES and one.list_digest == proposal.final_digest]
    return Asked(
        step=min(len(same) + 1, proposal.approvals_needed),
        needed=proposal.approvals_needed,
        given=given,
        valid_days=terms.number("approval.valid_days", proposal.client_id, proposal.record_class),
        waiting_hours=0
        if proposal.erasure_id  # carried out at once (decision 8)
        else terms.number("disposal.waiting_hours", proposal.client_id, proposal.record_class),
        ask_again_first=today + timedelta(days=1),
        ask_again_usual=usually_again(proposal, today),
    )


def checks(proposal: Proposal, sums: query.Totals, at: datetime) -> list[Check]:
    """Read from rows now, not from what was true when the list was made."""
    yes = _("yes")
    lost = _without_backup(proposal)
    looked = _moment(proposal.frozen_at or proposal.created_at, proposal)
    changed = _changed(proposal)
    return [
        Check(
            "late" if lost else "done",
            _("no") if lost else yes,
            _("All of them backed up and read back"),
            f"{shown('count', sums.total - lost)} / {shown('count', sums.total)}",
        ),
        Check(
            "late" if changed else "done",
            _("no") if changed else yes,
            _("Not changed since the backup"),
            _whats_changed(proposal, changed) if changed else _("checked %(at)s") % {"at": looked},
        ),
        _hold_check(proposal),
        _after(proposal, at),
    ]


def _moment(at: datetime, proposal: Proposal) -> str:
    lang = "en" if get_language() == "en" else "id"
    return formats.short_moment(at, ZoneInfo(proposal.policy.zone), lang)


def _without_backup(proposal: Proposal) -> int:
    """Lines whose package counts no longer: found from the few that are damaged or destroyed."""
    gone = (Package.Status.DAMAGED, Package.Status.DESTROYED)
    own = Package.objects.filter(source__client=proposal.client_id, source__record_class=proposal.record_class)
    if not own.filter(status__in=gone).exists():
        return 0
    versions = RecordVersion.objects.filter(package__in=own.filter(status__in=gone)).values("pk")
    return _lines(proposal).filter(version__in=versions).count()


def _whats_changed(proposal: Proposal, count: int) -> str:
    """What follows from it: by default the whole list is void (decision 5)."""
    if proposal.begun_at is None and terms.get("approval.changed_voids", proposal.client_id, proposal.record_class):
        text = _("%(count)s changed: this list becomes void, and you are asked anew")
    else:
        text = _("%(count)s changed; they are left out")
    return text % {"count": shown("count", count)}


def _changed(proposal: Proposal) -> int:
    """Seen to differ from its backup since: found from the few changed records, by their own index."""
    changed = Record.objects.filter(
        source__client=proposal.client_id, source__record_class=proposal.record_class, changed_at__isnull=False
    ).values("pk")
    if proposal.act == Act.BACKUP:
        return 0
    return proposal.items.filter(taken_out=False, subject__in=changed).count()


def _hold_check(proposal: Proposal) -> Check:
    apart = LeftOut.objects.filter(proposal=proposal, reason=LeftOut.Reason.HELD).count()
    since = _held_since(proposal)
    text = _("No legal hold on this list")
    if since:
        value = _("%(count)s held since; they are left out") % {"count": shown("count", since)}
        return Check("held", _("attention"), text, value)
    value = _("%(count)s left out (legal hold)") % {"count": shown("count", apart)} if apart else _("none")
    return Check("done", _("yes"), text, value)


def _held_since(proposal: Proposal) -> int:
    """Lines that an active hold covers now; 0 without a look at the lines where the client has no hold."""
    if not Hold.objects.filter(client=proposal.client_id, status=Hold.Status.ACTIVE).exists():
        return 0
    sql = f"""SELECT count(*) FROM disposal_proposalitem i JOIN records_record r ON r.id = i.subject
    JOIN records_source s ON s.id = r.source_id
    WHERE i.proposal_id = %s AND NOT i.taken_out AND {held.held_sql()}"""  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [proposal.pk])
        return int(cursor.fetchone()[0])


def _after(proposal: Proposal, at: datetime) -> Check:
    """What a Ya does not do, or cannot take back."""
    attention = _("attention")
    if proposal.act == Act.BACKUP:
        return Check("soon", attention, _("Afterwards nobody can read these records any more"), _("cannot be undone"))
    today = civil_time.local_date(at, proposal.policy.zone)
    until = civil_time.add_months(today.replace(day=1), proposal.policy.backup_copy_months)
    last = until.replace(day=min(today.day, 28))
    return Check(
        "soon",
        attention,
        _("The backup copy stays until it is decided on separately"),
        _("about until %(day)s") % {"day": date_format(last, "j M Y")},
    )


def title(proposal: Proposal) -> str:
    """The question itself."""
    facts = {"count": shown("count", proposal.final_count), "noun": words.noun(proposal.record_class)}
    if proposal.act == Act.BACKUP:
        return _("Approve the destruction of the backup copies of %(count)s %(noun)s?") % facts
    return _("Approve the deletion of %(count)s %(noun)s?") % facts


def told(proposal: Proposal) -> str:
    """Afterwards: what was answered."""
    return str(words_disposal.proposal_pill(proposal).word)
