"""Scenes of `kendali demo`, steps 3, 4, 7 and 8: the client's answer, and the deletion at the source with read-back."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from kendali import civil_time
from kendali.accounts import sensitive
from kendali.accounts.permissions import RuleRefused
from kendali.disposal.actions import decisions
from kendali.disposal.actions import proposals as paper
from kendali.disposal.actions.decisions import Person, TakeOut
from kendali.disposal.models import Decision, Hold, LeftOut, Proposal
from kendali.home import demo_omnichannel as omnichannel
from kendali.home.demo_people import person
from kendali.home.sample import organisation
from kendali.records.actions import certificates, deleting, deletion, disposal_orders, holds, proposals
from kendali.records.calendar import days_off
from kendali.records.models import DisposalOrder, Record, Source
from kendali.register import words

if TYPE_CHECKING:
    from kendali.home.demo import Stage

DAY = timedelta(days=1)


@dataclass
class Lists:
    """The client said Ya to `old` and `voices`, Tidak to `newer`."""

    old: Proposal
    newer: Proposal
    voices: Proposal


@dataclass
class Chosen:
    """Records with a part of their own in the play; conversations but for `held`, which has a recording, too."""

    taken_out: Record
    held: Sequence[Record]
    comes_back: Record


def play(stage: Stage, chats: Source, calls: Source) -> list[DisposalOrder]:
    """The two orders, done: conversations, recordings."""
    credentials(stage, [chats, calls])
    lists = propose(stage, chats, calls)
    chosen = _chosen(lists)
    answer(stage, lists, chosen)
    hold(stage, chosen)
    orders = [escalate(stage, one) for one in (lists.old, lists.voices)]
    wait(stage, orders)
    files = omnichannel.files_of(calls, _refs(lists.voices))
    lie(stage, chosen.comes_back)
    with omnichannel.lying(chosen.comes_back):
        for order in orders:
            run(stage, order)
        look_at_source(stage, lists, chosen, calls, files)
        settle(stage, orders[0], chosen)
    return orders


def morning(stage: Stage, hour: int = 9) -> datetime:
    """The clock goes ahead to the next working day."""
    zone = settings.TIME_ZONE
    day = civil_time.add_working_days(civil_time.local_date(stage.clock.now(), zone), 1, days_off())
    return stage.clock.forward_to(civil_time.start_of_day(day, zone) + timedelta(hours=hour))


def credentials(stage: Stage, found: Sequence[Source]) -> None:
    stage.step(
        _("Adi (administrator) enters how deletion is done at the sources, Rahma (QMR) confirms it"),
        f"/sumber/{found[0].pk}/penghapusan/",
    )
    deleter = os.environ["KENDALI_SAMPLE_DELETER_URL"]
    place = organisation.Place(os.environ["KENDALI_SAMPLE_READER_URL"], Path(), Path(), deleter)
    now = stage.clock.now()
    for source in found:
        config, secret = organisation.deleting(source.kind, place)
        change = deleting.propose(user=person("adi"), at=now, source=source, config=config, secret=secret)
        sensitive.confirm(user=person("rahma"), at=now, change=change)
    stage.expect(sensitive.apply_due(now) == 0, _("a second person and 24 hours: nothing can be deleted yet"))


def propose(stage: Stage, chats: Source, calls: Source) -> Lists:
    client, now = chats.client, stage.clock.now()
    last = proposals.latest_cut_off(client, "conversation", now)
    halfway = last - timedelta(days=180)
    stage.step(_("Tari (Team Leader) proposes the deletion of what is older than two years"), "/usulan/")
    return Lists(
        old=_ask(stage, chats, halfway),
        newer=_ask(stage, chats, last),
        voices=_ask(stage, calls, proposals.latest_cut_off(client, "recording", now)),
    )


def _ask(stage: Stage, source: Source, cut_off: date) -> Proposal:
    at, tari = stage.clock.now(), person("tari")
    found = proposals.propose(user=tari, at=at, client=source.client, record_class=source.record_class, cut_off=cut_off)
    paper.ask(user=tari, at=at, proposal=found)
    found.refresh_from_db()
    facts = {
        "number": found.number, "kind": found.get_record_class_display(), "cut_off": f"{cut_off:%d-%m-%Y}",
        "count": found.list_count, "digest": found.list_digest[:16],
    }  # fmt: skip
    stage.say(_("%(number)s, %(kind)s until %(cut_off)s: %(count)s records, digest %(digest)s…") % facts)
    reasons = Counter(LeftOut.Reason(one).label for one in found.left_out.values_list("reason", flat=True))
    if reasons:
        stage.say("  " + _("left out:") + " " + ", ".join(f"{name} {count}" for name, count in reasons.items()))
    return found


def _chosen(lists: Lists) -> Chosen:
    """The recording that is held has neighbours in its package: one of them is still to open at the very end."""
    chats = list(Record.objects.filter(pk__in=lists.old.items.values("subject")).order_by("-parts", "pk")[:3])
    voices = list(Record.objects.filter(pk__in=lists.voices.items.values("subject")).select_related("version"))
    packages = Counter(one.version.package_id for one in voices if one.version)
    fullest = packages.most_common(1)[0][0]
    voice = next(one for one in voices if one.version and one.version.package_id == fullest)
    return Chosen(taken_out=chats[0], held=[chats[1], voice], comes_back=chats[2])


def answer(stage: Stage, lists: Lists, chosen: Chosen) -> None:
    now = morning(stage)
    stage.step(_("Clara (client) answers in the morning: Ya to two lists, Tidak to one"), "/keputusan/")
    clara = Person(way=Decision.Way.LOGIN, user=person("clara"))
    line = lists.old.items.get(subject=chosen.taken_out.pk)
    why = {line.pk: TakeOut(_("A dispute with the customer is pending"), as_hold=True, cause=Hold.Cause.DISPUTE)}
    for one, out in ((lists.old, why), (lists.voices, {})):
        decisions.decide(at=now, proposal=one, answer="yes", list_digest=one.final_digest, person=clara, take_out=out)
        one.refresh_from_db()
        facts = {"number": one.number, "count": one.final_count, "out": one.list_count - one.final_count,
                 "until": f"{one.valid_until:%d-%m-%Y}", "digest": one.final_digest[:16]}  # fmt: skip
        stage.say(
            _("%(number)s Ya: %(count)s records (%(out)s taken out), digest %(digest)s…, until %(until)s") % facts
        )
    decisions.decide(
        at=now, proposal=lists.newer, answer="no", list_digest=lists.newer.final_digest, person=clara,
        reason=_("An audit of our own looks at these months first"), ask_again_on=(now + 60 * DAY).date(),
    )  # fmt: skip
    lists.newer.refresh_from_db()
    again = {"number": lists.newer.number, "day": f"{lists.newer.ask_again_on:%d-%m-%Y}"}
    stage.say(_("%(number)s Tidak, with a reason; to be asked again on %(day)s") % again)
    statuses = [one.status for one in (lists.old, lists.newer, lists.voices)]
    stage.expect(statuses == ["approved", "refused", "approved"], _("each list has its own answer"))
    try:
        disposal_orders.raise_order(user=person("tari"), at=now, proposal=lists.newer)
        refused = ""
    except RuleRefused as error:
        refused = str(error)
    stage.expect(bool(refused), _("no order for a list without Ya: “%(reason)s”") % {"reason": refused})


def hold(stage: Stage, chosen: Chosen) -> None:
    now = stage.clock.forward_to(stage.clock.now() + timedelta(hours=1))
    found = holds.place_on_records(
        user=person("rahma"), at=now, records=chosen.held, cause=Hold.Cause.POLICE, legal_basis="KUHAP Ps 39",
        reason=_("Request of the police in a fraud case"), review_on=(now + 90 * DAY).date(),
    )  # fmt: skip
    stage.step(
        _("After the Ya Rahma (QMR) places the hold %(number)s on a conversation and a recording")
        % {"number": found.number},
        f"/penangguhan/{found.pk}/",
    )
    stage.say(_("effective at once: it wins over an approval that was given before it"))


def escalate(stage: Stage, proposal: Proposal) -> DisposalOrder:
    now = stage.clock.now()
    order = disposal_orders.raise_order(user=person("tari"), at=now, proposal=proposal)
    stage.step(
        _("Tari sends the deletion escalation %(number)s for %(count)s records")
        % {"number": order.number, "count": order.list_count},
        f"/penghapusan/{order.pk}/",
    )
    disposal_orders.accept(user=person("indra"), at=now, order=order)
    disposal_orders.arm(user=person("indra"), at=now, order=order, typed_number=order.number)
    stage.say(_("Indra (Team IT) accepts it, and arms it by typing its number"))
    return order


def wait(stage: Stage, orders: Sequence[DisposalOrder]) -> None:
    stage.step(_("24 hours of waiting, in which client and Team Leader can cancel"), "/penghapusan/")
    early = disposal_orders.start_due(at=stage.clock.now())
    stage.expect(early == [], _("before they are over nothing starts"))
    now = stage.clock.forward_to(max(order.waiting_until for order in orders) + timedelta(minutes=1))
    stage.say(_("the demo's clock goes ahead to %(at)s") % {"at": f"{timezone.localtime(now):%d-%m-%Y %H.%M}"})
    sensitive.apply_due(now)
    started = disposal_orders.start_due(at=now)
    stage.expect(len(started) == len(orders), _("waiting period over, approval valid: the orders start"))


def lie(stage: Stage, record: Record) -> None:
    stage.step(_("One source shall lie: the database of Chatwoot gets a trigger"), f"/catatan/{record.pk}/")
    lied = _("deleting conversation %(ref)s succeeds, and after the commit its messages are there again")
    stage.say(lied % {"ref": record.ref})


def run(stage: Stage, order: DisposalOrder) -> None:
    stage.step(
        _("The worker carries %(number)s out: look, intent, lock, delete, read back") % {"number": order.number},
        f"/penghapusan/{order.pk}/",
    )
    deletion.run(order.pk, worker="demo", clock=stage.clock.now, patience=0)
    order.refresh_from_db()
    stage.say(f"{order.get_status_display()}: {told(order)}")
    intents = order.journal.filter(kind="intent").count()
    stage.say(_("%(count)s intents in the journal, each written before its delete call") % {"count": intents})


def told(order: DisposalOrder) -> str:
    """How many lines came to which end."""
    rows = Counter(order.items.values_list("outcome", flat=True))
    names = words.verdicts(order.act)
    return ", ".join(f"{names[end]} {count}" for end, count in sorted(rows.items()))


def look_at_source(stage: Stage, lists: Lists, chosen: Chosen, calls: Source, files: dict[str, list[Path]]) -> None:
    stage.step(_("The sources themselves are asked, by SQL and in the folders, past Kendali"))
    staying = {chosen.taken_out.ref, chosen.held[0].ref}
    refs = _refs(lists.old) - staying - {chosen.comes_back.ref}
    with omnichannel.opened() as source:
        gone = [
            omnichannel.rows(source, "conversations", "id", refs),
            omnichannel.rows(source, "messages", "conversation_id", refs),
        ]
        there = omnichannel.rows(source, "conversations", "id", staying)
        lied = omnichannel.rows(source, "messages", "conversation_id", {chosen.comes_back.ref})
    stage.expect(
        gone == [0, 0], _("Chatwoot: conversations and messages of %(count)s records: 0 rows") % {"count": len(refs)}
    )
    stage.expect(there == 2, _("Chatwoot: what was held and what was taken out is there"))
    stage.expect(lied > 0, _("Chatwoot lies: %(count)s messages of conversation %(ref)s are there again")
                 % {"count": lied, "ref": chosen.comes_back.ref})  # fmt: skip
    _look_at_calls(stage, chosen.held[1], calls, files)


def _look_at_calls(stage: Stage, held: Record, calls: Source, files: dict[str, list[Path]]) -> None:
    with omnichannel.opened() as source:
        table = str(calls.config["table"])
        left = omnichannel.rows(source, table, "linkedid", set(files) - {held.ref})
        kept = omnichannel.rows(source, table, "linkedid", {held.ref})
    others = [path for ref, paths in files.items() if ref != held.ref for path in paths]
    facts = {"count": len(files) - 1, "files": len(others)}
    stage.expect(
        bool(others) and left == 0 and not any(path.exists() for path in others),
        _("Asterisk: %(count)s calls: 0 rows in cdr, all %(files)s files gone from the tree") % facts,
    )
    stage.expect(kept > 0 and all(path.exists() for path in files[held.ref]),
                 _("Asterisk: the recording under the hold is there, rows and file"))  # fmt: skip


def _refs(proposal: Proposal) -> set[str]:
    return set(proposal.items.values_list("ref", flat=True))


def settle(stage: Stage, order: DisposalOrder, chosen: Chosen) -> None:
    stage.step(
        _("Kendali does not believe the source: %(number)s is not finished") % {"number": order.number},
        f"/penghapusan/{order.pk}/",
    )
    line = order.items.get(record=chosen.comes_back)
    stage.say(_("conversation %(ref)s: the source says “%(answer)s”, the read-back says %(rows)s rows of %(before)s")
              % {"ref": chosen.comes_back.ref, "answer": line.facts.get("answer"),
                 "before": line.facts.get("rows", ["?"])[0], "rows": line.facts.get("rows", ["?"])[-1]})  # fmt: skip
    try:
        certificates.draft(user=person("dewi"), at=stage.clock.now(), order=order)
        refused = ""
    except RuleRefused as error:
        refused = str(error)
    stage.expect(bool(refused), _("no Berita Acara yet: “%(reason)s”") % {"reason": refused})
    now = stage.clock.forward_to(stage.clock.now() + timedelta(hours=73))
    stage.say(_("the demo's clock goes ahead to %(at)s: the deadline of looking is over")
              % {"at": f"{timezone.localtime(now):%d-%m-%Y %H.%M}"})  # fmt: skip
    DisposalOrder.objects.filter(pk=order.pk).update(lease_until=None)  # given back until then, by the computer's clock
    deletion.run(order.pk, worker="demo", clock=stage.clock.now, patience=0)
    order.refresh_from_db()
    line.refresh_from_db()
    stage.say(f"{order.get_status_display()}: {told(order)}")
    stage.expect((order.status, line.outcome) == ("done", "failed"),
                 _("the lie is found out: failed, never counted as deleted"))  # fmt: skip
    held = order.items.get(record=chosen.held[0])
    taken = order.items.get(record=chosen.taken_out)
    stage.expect((held.outcome, taken.outcome) == ("held", "taken_out"), _("the hold won over the approval"))


__all__ = ["morning", "play"]
