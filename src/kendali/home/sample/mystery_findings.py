"""One finding of the sample organisation, from its owner to its end: in time or late, disputed, rerouted, not valid."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random

from django.db import transaction

from kendali import civil_time
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.home.sample.diary import Story
from kendali.home.sample.mystery_scene import Scene, chance, fate
from kendali.mystery.actions import coaching, disputes, finding_steps, findings, proof
from kendali.mystery.models import Finding
from kendali.mystery.queries import clocks
from kendali.mystery.rules.finding_rules import FollowUp

MINUTE = timedelta(minutes=1)
CORRECTIONS = ("Agent diingatkan hari itu juga", "Pelanggan uji dihubungi kembali dengan jawaban yang benar",
               "Catatan tiket dibetulkan")  # fmt: skip
CAUSES = ("Belum hafal pokok wajib artikel", "Terburu-buru karena antrean panjang", "Belum ikut penyegaran bulan ini")
ACTIONS = ("Coaching dan simak ulang rekaman", "Penyegaran artikel untuk seluruh tim", "Simulasi panggilan dua kali")
SYSTEM = FollowUp(
    correction="Laporan diteruskan ke pengelola sistem", root_cause="Menu dan jadwal belum ditinjau sejak kuartal lalu",
    corrective_action="Menu IVR dipendekkan dan jadwal jam sibuk ditambah", person_in_charge="Tim WFM",
)  # fmt: skip


def story(scene: Scene, finding: Finding) -> Story:
    """What becomes of it is drawn by its number."""
    rnd = chance(finding.number)
    if finding.access_day is not None and finding.forwarded_at is None:
        yield from _access(scene, finding, rnd)
    finding = _now(finding)
    if finding.forwarded_at is None:
        return
    owner, drawn = scene.owner(finding.owner_id), fate(finding.number)
    of_surya = finding.owner_kind == "supervisor" and owner == scene["surya"]
    if owner is None or drawn < 0.02 or (of_surya and scene.forgets(finding.forwarded_at)):  # it escalates
        return
    at = yield scene.in_time(finding.forwarded_at, rnd.uniform(0.5, 3))
    if drawn < 0.05 or scene.lacks("invalid", at):
        qa = scene.other_qa(finding.verifier)
        finding_steps.invalidate(user=qa, at=at, finding=finding, reason="Bukan kesalahan: sesuai instruksi sementara")
        return
    if finding.owner_kind == "supervisor" and (drawn < 0.09 or scene.wants("at_department", at)):
        reason = "Akar masalah pada artikel yang belum diperbarui"
        finding_steps.reroute(user=scene.qa(rnd), at=at, finding=finding, owner=scene["dina"], reason=reason)
        finding, owner, of_surya = _now(finding), scene["dina"], False
        at = yield from scene.stay("at_department", at)
        at = yield scene.in_time(at, 3)
    elif finding.owner_kind != "supervisor":
        at = yield from scene.stay("at_department", at)
    if (int(finding.number[-4:]) % 4 == 1 or scene.lacks("merged", at)) and _merged(scene, finding, at):
        return
    if of_surya:
        at = yield from scene.stay("at_supervisor", at)
    finding_steps.begin(user=owner, at=at, finding=finding)
    if of_surya:
        at = yield from scene.stay("in_progress", at)
    of_an_agent = finding.owner_kind == "supervisor" and finding.agent_id is not None and owner != scene["dina"]
    if of_an_agent and (drawn < 0.2 or int(finding.number[-4:]) % 6 == 0 or scene.wants("disputed", at)):
        over = yield from _disputed(scene, finding, owner, at, rnd)
        if over:
            return
        at = yield scene.in_time(at, 10)
    yield from _followed_up(scene, finding, owner, at, drawn, rnd)


def _merged(scene: Scene, finding: Finding, at: datetime) -> bool:
    """Into an open one of the same owner that was found before it, where there is one and the rule allows it."""
    alike = Finding.objects.filter(owner=finding.owner_id, owner_kind=finding.owner_kind, found_at__lt=finding.found_at)
    earlier = alike.filter(state__in=["at_supervisor", "at_department", "in_progress"]).order_by("-found_at").first()
    if earlier is None or finding.verifier is None:
        return False
    with suppress(RuleRefused), transaction.atomic():
        reason = "Pokok yang sama dengan temuan sebelumnya"
        finding_steps.merge(user=finding.verifier, at=at, finding=finding, into=_now(earlier), reason=reason)
        return True
    return False


def _access(scene: Scene, finding: Finding, rnd: Random) -> Story:
    """Found without a form: who called writes the feedback, QA forwards it."""
    at = yield scene.in_time(finding.found_at, rnd.uniform(0.5, 4))
    caller = scene.owner(finding.executor_id) or scene["qori"]
    if caller == scene["qori"]:
        at = yield from scene.stay("found", at)
    findings.give_feedback(
        user=caller, at=at, finding=finding, description="Tiga percobaan tidak tersambung dalam satu jendela",
        recommendation="Tinjau kapasitas antrean pada jam itu",
    )  # fmt: skip
    at = yield from scene.stay("feedback_given", at)
    at = yield scene.in_time(at, rnd.uniform(1, 6))
    findings.forward_verified(user=scene.qa(rnd), at=at, finding=_now(finding))


def _disputed(
    scene: Scene, finding: Finding, owner: User, at: datetime, rnd: Random
) -> Generator[datetime, datetime, bool]:
    """Was it accepted, so that the finding is over?"""
    at = yield scene.in_time(at, rnd.uniform(0.5, 2))
    disputes.dispute(user=owner, at=at, finding=_now(finding), reason="Menurut agent, pokok itu disampaikan di awal")
    at = yield from scene.stay("disputed", at)
    at = yield scene.in_time(at, rnd.uniform(3, 9))
    decision = rnd.choice(("accepted", "partly", "rejected", "rejected"))
    qa = scene.other_qa(finding.verifier)
    disputes.decide(
        user=qa, at=at, finding=_now(finding), decision=decision, reason="Rekaman dan formulir disimak ulang berdua"
    )
    return decision == "accepted"


def _followed_up(scene: Scene, finding: Finding, owner: User, at: datetime, drawn: float, rnd: Random) -> Story:
    late = 0.55 < drawn < 0.7
    at = yield scene.in_time(at, rnd.uniform(20, 30) if late else rnd.uniform(1.5, 9))
    planned = drawn > 0.86
    _report(finding, owner, at, done=not planned, rnd=rnd)
    at = yield from scene.stay("follow_up_reported", at)
    if finding.owner_kind == "supervisor" and finding.agent_id is not None and owner != scene["dina"]:
        at = yield scene.in_time(at, rnd.uniform(1, 12))
        _coach(finding, owner, at, rnd)
    if planned:
        at = yield scene.in_time(at, 20)
        _report(finding, owner, at, done=True, rnd=rnd)
    at = yield at + 3 * MINUTE
    link = f"https://intranet.kendali.example/bukti/{finding.number}"
    proof.add_link(user=owner, at=at, finding=_now(finding), name="Lembar tindak lanjut", link=link)
    at = yield scene.in_time(at, rnd.uniform(1, 9))
    judge = scene.other_qa(owner)
    if 0.8 < drawn < 0.86:
        reason = "Tindakan korektif belum menyentuh akar masalah"
        finding_steps.find_insufficient(user=judge, at=at, finding=_now(finding), reason=reason)
        at = yield scene.in_time(at, rnd.uniform(2, 6))
        _report(finding, owner, at, done=True, rnd=rnd)
        at = yield scene.in_time(at, 3)
    now = _now(finding)
    was_late = clocks.late(now.clocks.all(), at)
    finding_steps.close(user=judge, at=at, finding=now, late_reason="workload" if was_late else "")


def _report(finding: Finding, owner: User, at: datetime, *, done: bool, rnd: Random) -> None:
    today = civil_time.local_date(at, owner.zone)
    on = today if done else today + timedelta(days=5)
    if finding.owner_kind != "supervisor":
        said = FollowUp(
            correction=SYSTEM.correction, root_cause=SYSTEM.root_cause, corrective_action=SYSTEM.corrective_action,
            person_in_charge=SYSTEM.person_in_charge, on=on, done=done,
        )  # fmt: skip
    else:
        said = FollowUp(
            correction=rnd.choice(CORRECTIONS), root_cause=rnd.choice(CAUSES), corrective_action=rnd.choice(ACTIONS),
            person_in_charge=owner.name, on=on, done=done,
        )  # fmt: skip
    finding_steps.report_follow_up(user=owner, at=at, finding=_now(finding), follow_up=said)


def _coach(finding: Finding, owner: User, at: datetime, rnd: Random) -> None:
    on = civil_time.local_date(at, owner.zone)
    row = coaching.record(
        user=owner, at=at, finding=_now(finding), on=on, notes="Disimak bersama; disepakati dua hal yang diperbaiki"
    )
    if rnd.random() < 0.8:
        note = "Agent menyatakan paham pada lembar coaching"
        coaching.acknowledge(user=owner, at=at, coaching=row, note=note)


def _now(finding: Finding) -> Finding:
    return Finding.objects.select_related("agent", "verifier", "sample", "cycle").get(pk=finding.pk)
