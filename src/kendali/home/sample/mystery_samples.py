"""One sample of the sample organisation: called (or not), its form filled in, verified, returned or void."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random

from kendali import civil_time
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.home.sample import audio, mystery_findings, mystery_forms
from kendali.home.sample.diary import Story
from kendali.home.sample.mystery_scene import Scene, chance, fate
from kendali.mystery.actions import attributing, calling, filling, recordings, tickets, verifying
from kendali.mystery.models import Agent, Evaluation, Finding, Sample
from kendali.mystery.queries import evaluation as query
from kendali.mystery.rules.reported import Reported
from kendali.mystery.rules.roster_rules import Membership, on_day
from kendali.mystery.rules.sample_rules import Outcome, VoidReason

DAY, MINUTE, SECOND = timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1)
NEARLY = (Outcome.BUSY, Outcome.NO_ANSWER, Outcome.DROPPED, Outcome.LOST_IN_IVR)
RECORDED = 8  # calls with a recording that plays
VOID = (
    (VoidReason.COVER_BLOWN, "Agent mengenali suara pemanggil"),
    (VoidReason.WRONG_QUEUE, "Masuk ke antrean lain"),
    (VoidReason.SYSTEM_TROUBLE, "Suara terputus-putus sejak awal"),
)


def story(scene: Scene, sample: Sample) -> Story:
    """What becomes of it is drawn by its number."""
    rnd = chance(sample.number)
    drawn = fate(sample.number)
    caller = scene.owner(sample.executor_id)
    if caller is None or drawn < 0.03:  # nobody calls: its slot passes
        yield sample.opens
        return
    begin = sample.opens + rnd.randrange(3, 30) * MINUTE
    if drawn < 0.075:
        yield from _unconnected(scene, sample, caller, begin, rnd)
        return
    if rnd.random() < 0.2:
        at = yield begin + MINUTE
        outcome = rnd.choice(NEARLY)
        _attempt(caller, at, sample, outcome, begin, rnd)
        begin += 18 * MINUTE
    evaluation = yield from _called(scene, sample, caller, begin, rnd)
    if drawn < 0.125:
        at = yield scene.later(_submitted(evaluation), 2)
        qa, (reason, note) = scene.qa(rnd), rnd.choice(VOID)
        verifying.void(user=qa, at=at, sample=sample, reason=reason, note=note)
        _replaced(scene, sample)
        return
    yield from _verified(scene, sample, caller, evaluation, returned=drawn < 0.17, rnd=rnd)


def _attempt(caller: User, at: datetime, sample: Sample, outcome: Outcome, begun: datetime, rnd: Random) -> None:
    told = Reported(begun, begun + rnd.randrange(20, 55) * SECOND, ivr=rnd.randrange(12, 30))
    calling.record_attempt(user=caller, at=at, sample=sample, outcome=outcome, told=told)


def _unconnected(scene: Scene, sample: Sample, caller: User, begin: datetime, rnd: Random) -> Story:
    """Three attempts, apart as the setting says, then it ends; another sample takes its place."""
    for number in range(3):
        begun = begin + number * 17 * MINUTE
        at = yield begun + MINUTE
        _attempt(caller, at, sample, rnd.choice(NEARLY[:3]), begun, rnd)
    at = yield begin + 37 * MINUTE
    calling.give_up(user=caller, at=at, sample=sample)
    _replaced(scene, sample)
    day = civil_time.local_date(at, sample.zone)
    raised = Finding.objects.filter(area=sample.area, access_day=day, forwarded_at=None, feedback_at=None)
    scene.coming += [mystery_findings.story(scene, one) for one in raised]


def _called(
    scene: Scene, sample: Sample, caller: User, begin: datetime, rnd: Random
) -> Generator[datetime, datetime, Evaluation]:
    ivr, queue, ring, talk = rnd.randrange(18, 75), rnd.randrange(45), rnd.randrange(2, 14), rnd.randrange(130, 420)
    ended = begin + (ivr + queue + ring + talk) * SECOND
    at = yield ended + 5 * SECOND
    calling.connect(user=caller, at=at, sample=sample, told=Reported(begin, ended, ivr, queue, ring, talk))
    sample.refresh_from_db()
    member = _answered(scene, sample, begin, rnd)
    named = member is not None and rnd.random() < 0.9
    at = yield at + rnd.randrange(4, 9) * MINUTE
    seconds = _recorded(scene, sample, caller, at, rnd)
    filling.describe(
        user=caller, at=at, sample=sample, ticket=f"UJI-{sample.number[-4:]}",
        agent_said=member.name.split()[0] if named and member else "",
        no_agent_reason="" if named else "Nama tidak terdengar jelas",
        no_recording_reason="" if seconds else "Belum ada di sistem rekaman saat penilaian",
    )  # fmt: skip
    if at < scene.now - DAY:  # those of the last day wait
        tickets.say(user=caller, at=at, sample=sample, closed=True)
    late = rnd.random() < 0.06
    at = yield scene.later(at, 9 if late else rnd.uniform(0.2, 1.2))
    skill = 0.02 if sample.area in {"jkt", "sby"} else -0.015 if sample.area == "mks" else 0.0
    evaluation = filling.begin(user=caller, at=at, sample=sample)
    answers = mystery_forms.fill(evaluation, rnd, skill=skill, seconds=seconds)
    said = mystery_forms.said(query.form_of(evaluation), answers)
    evaluation = filling.save(
        user=caller, at=at, evaluation=evaluation, answers=answers, said=said, unticked={}, saved=evaluation.saved
    )
    if not scene.unfinished and at > scene.now - 3 * DAY and caller == scene["qori"]:
        scene.unfinished = True
        yield scene.now
    at = yield at + 6 * MINUTE
    filling.submit(user=caller, at=at, evaluation=evaluation)
    evaluation.refresh_from_db()
    return evaluation


def _answered(scene: Scene, sample: Sample, begin: datetime, rnd: Random) -> Membership | None:
    """An agent of the area and shift on that day: the router's choice, not the caller's."""
    day = civil_time.local_date(begin, sample.zone)
    here = [one for one in on_day(scene.agents, day) if one.area == sample.area and one.shift == sample.shift]
    return rnd.choice(here) if here else None


def _recorded(scene: Scene, sample: Sample, caller: User, at: datetime, rnd: Random) -> int | None:
    """A short call that plays, for a handful; seconds of it."""
    if scene.recordings >= RECORDED or at < scene.now - 21 * DAY or rnd.random() > 0.3:
        return None
    scene.recordings += 1
    seconds = rnd.randrange(24, 48)
    data = audio.wav_alaw(rnd, seconds)
    row = recordings.upload(user=caller, at=at, sample=sample, name=f"{sample.number}.wav", data=data)
    return row.seconds


def _submitted(evaluation: Evaluation) -> datetime:
    assert evaluation.submitted_at is not None
    return evaluation.submitted_at


def _verified(
    scene: Scene, sample: Sample, caller: User, evaluation: Evaluation, *, returned: bool, rnd: Random
) -> Story:
    at = _submitted(evaluation)
    found = Finding.objects.filter(sample=sample, state="feedback_given")
    if at >= scene.last_weeks and found.exists():
        at = yield from scene.stay("feedback_given", at)
    at = yield scene.later(at, rnd.choice((0.5, 1, 2, 3, 4, 6, 9, 12)) * rnd.uniform(0.8, 1.3))
    qa, of_qori = scene.qa(rnd), caller == scene["qori"]
    if returned or (of_qori and scene.wants("found", at) and found.exists()):
        reason = "Uraian bukti belum lengkap: sebut menit dan kalimatnya"
        verifying.return_form(user=qa, at=at, sample=sample, reason=reason)
        if of_qori and Finding.objects.filter(sample=sample, state="found").exists():
            at = yield from scene.stay("found", at)
        at = yield scene.later(at, 2)
        filling.submit(user=caller, at=at, evaluation=_again(evaluation))
        at = yield scene.later(at, 2.5)
    member = _member(scene, sample)
    if member is not None:
        with suppress(RuleRefused):  # named by the recording already
            agent = Agent.objects.get(number=member.agent)
            attributing.set_agent(user=qa, at=at, sample=sample, agent=agent)
    at = yield at + MINUTE
    verifying.verify_and_forward(user=qa, at=at, sample=sample)
    forwarded = Finding.objects.filter(sample=sample, forwarded_at=at)
    scene.coming += [mystery_findings.story(scene, one) for one in forwarded]


def _replaced(scene: Scene, sample: Sample) -> None:
    """The sample that takes its place is called, too."""
    new = Sample.objects.filter(replaces=sample).select_related("cycle", "destination")
    scene.coming += [story(scene, one) for one in new]


def _again(evaluation: Evaluation) -> Evaluation:
    return Evaluation.objects.select_related("sample", "form").get(pk=evaluation.pk)


def _member(scene: Scene, sample: Sample) -> Membership | None:
    """Who the caller heard, as the roster has it; one in ten stays unknown."""
    heard, called_at = Sample.objects.values_list("agent_said", "called_at").get(pk=sample.pk)
    if not heard or called_at is None:
        return None
    on = civil_time.local_date(called_at, sample.zone)
    here = [one for one in on_day(scene.agents, on) if one.area == sample.area and one.shift == sample.shift]
    return next((one for one in here if one.name.split()[0] == heard), None)
