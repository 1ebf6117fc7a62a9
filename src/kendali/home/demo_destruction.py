"""Last scenes of `kendali demo`: the period of the backup copy ends, its keys go, and reading it is tried."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from kendali import civil_time
from kendali.archive import destroy
from kendali.archive.errors import ArchiveError
from kendali.disposal.actions import decisions
from kendali.disposal.actions import proposals as paper
from kendali.disposal.actions.decisions import Person
from kendali.disposal.models import Decision, Proposal
from kendali.home.demo_deletion import morning, told
from kendali.home.demo_people import person
from kendali.records import destruction_rules
from kendali.records.actions import destruction, destruction_due, disposal_orders
from kendali.records.actions.package_keys import TAKEN, opened
from kendali.records.models import DisposalOrder, RecordVersion, VersionDestruction

if TYPE_CHECKING:
    from kendali.home.demo import Stage


def play(stage: Stage, deleted: DisposalOrder) -> DisposalOrder:
    """The order of destruction, done, of the copies of what `deleted` deleted at its source."""
    proposal = drafted(stage, deleted)
    order = approve(stage, proposal)
    before = _readable(order)
    destroy_keys(stage, order)
    change_epoch(stage, order)
    try_to_read(stage, order, before)
    return order


def drafted(stage: Stage, deleted: DisposalOrder) -> Proposal:
    """Kendali drafts it by itself on the day."""
    policy, at = deleted.proposal.policy, deleted.finished_at
    assert at is not None
    due = destruction_rules.copy_due_on(at, policy.backup_copy_months, policy.zone)
    begin = civil_time.start_of_day(due, policy.zone)
    stage.clock.forward_to(begin - timedelta(hours=1))
    stage.step(
        _("%(months)s months after the deletion the period of the backup copies ends; the demo's clock goes ahead")
        % {"months": policy.backup_copy_months},
        "/usulan/",
    )
    early = [one for one in destruction_due.draft_all(at=stage.clock.now()) if one.record_class == policy.record_class]
    stage.expect(early == [], _("the day before nothing is due"))
    now = stage.clock.forward_to(begin + timedelta(hours=1))
    found = next(one for one in destruction_due.draft_all(at=now) if one.record_class == policy.record_class)
    stage.say(_("on %(day)s Kendali itself drafts the proposal: %(count)s copies")
              % {"day": f"{due:%d-%m-%Y}", "count": found.list_count})  # fmt: skip
    return found


def approve(stage: Stage, proposal: Proposal) -> DisposalOrder:
    """The same paper as for the first act: asked, Ya, order, 24 hours."""
    now, tari, indra = morning(stage), person("tari"), person("indra")
    paper.ask(user=tari, at=now, proposal=proposal)
    proposal.refresh_from_db()
    clara = Person(way=Decision.Way.LOGIN, user=person("clara"))
    decisions.decide(at=now, proposal=proposal, answer="yes", list_digest=proposal.final_digest, person=clara)
    proposal.refresh_from_db()
    order = disposal_orders.raise_order(user=tari, at=now, proposal=proposal)
    disposal_orders.accept(user=indra, at=now, order=order)
    disposal_orders.arm(user=indra, at=now, order=order, typed_number=order.number)
    stage.step(
        _("%(proposal)s has Clara's Ya; %(order)s destroys the copies after 24 hours")
        % {"proposal": proposal.number, "order": order.number},
        f"/penghapusan/{order.pk}/",
    )
    started = disposal_orders.start_due(at=stage.clock.forward_to(order.waiting_until + timedelta(minutes=1)))
    stage.expect(order in started, _("an approval of its own, a waiting period of its own"))
    order.refresh_from_db()
    return order


def _readable(order: DisposalOrder) -> list[RecordVersion]:
    versions = RecordVersion.objects.filter(record__disposals__order=order, slot__isnull=False, destroyed_at=None)
    return list(versions.select_related("package", "record").order_by("pk"))


def _opens(version: RecordVersion) -> str:
    """ "" = to its last byte; else why not."""
    assert version.slot is not None
    try:
        return "" if destroy.opens(opened(version.package), version.slot) else "no_key"
    except ArchiveError as error:
        return error.code


def destroy_keys(stage: Stage, order: DisposalOrder) -> None:
    copies = _readable(order)
    stage.step(
        _("%(number)s: the keys of %(count)s copies are taken away") % {"number": order.number, "count": len(copies)},
        f"/penghapusan/{order.pk}/",
    )
    stage.expect(bool(copies) and all(_opens(one) == "" for one in copies), _("just before, every copy still opens"))
    destruction.run(order.pk, worker="demo", clock=stage.clock.now)
    order.refresh_from_db()
    stage.say(f"{order.get_status_display()}: {told(order)}")
    stage.expect(order.status == "settling", _("not wholly destroyed yet: an old master could still open old keys"))


def change_epoch(stage: Stage, order: DisposalOrder) -> None:
    night: datetime = stage.clock.forward_to(stage.clock.now() + timedelta(hours=12))
    stage.step(_("In the night the epoch changes: a new master in every slot, the old one deleted in each"), "/kunci/")
    left = destruction.nightly(at=night)
    destruction.run(order.pk, worker="demo", clock=stage.clock.now)
    order.refresh_from_db()
    proved = VersionDestruction.objects.filter(item__order=order, status="proved")
    stage.say(_("epochs: %(epochs)s; %(count)s copies proved to be destroyed")
              % {"epochs": ", ".join(sorted({str(row.epoch) for row in proved})), "count": proved.count()})  # fmt: skip
    stage.say(f"{order.get_status_display()}: {told(order)}")
    stage.expect(order.pk in left and order.status == "done", _("destroyed, and looked at: key absent, reading failed"))


def try_to_read(stage: Stage, order: DisposalOrder, before: list[RecordVersion]) -> None:
    record = before[0].record
    stage.step(_("Reading a destroyed copy is tried, and its neighbour's"), f"/catatan/{record.pk}/")
    for version in before:
        version.package.refresh_from_db()
    answers = {version: _opens(version) for version in before}
    for version, why in list(answers.items())[:3]:
        facts = {"ref": version.record.ref, "package": version.package, "why": why or "!"}
        stage.say(_("call %(ref)s in %(package)s: %(why)s") % facts)
    stage.expect(all(answers.values()), _("none of the %(count)s copies opens any more") % {"count": len(answers)})
    packages = {version.package_id for version in before}
    living = RecordVersion.objects.filter(package__in=packages, destroyed_at=None, slot__isnull=False)
    neighbour = living.exclude(destructions__status__in=TAKEN).select_related("package", "record").first()
    if neighbour is None:
        stage.expect(False, _("a neighbour in one of these packages is left"))
        return
    facts = {"ref": neighbour.record.ref, "package": neighbour.package}
    stage.expect(
        _opens(neighbour) == "", _("its neighbour %(ref)s in %(package)s still opens, to its last byte") % facts
    )


__all__ = ["play"]
