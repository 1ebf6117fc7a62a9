"""Calling, recordings and filling in the form, for machines."""

from __future__ import annotations

import base64
import binascii
from types import SimpleNamespace

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Status
from ninja.errors import HttpError

from kendali.accounts import access
from kendali.accounts.access import signed_in
from kendali.accounts.permissions import Refused
from kendali.mystery import form_view
from kendali.mystery.actions import calling, filling, recordings, voice_system
from kendali.mystery.api.calls_schemas import (
    CallAttemptIn,
    CallAttemptOut,
    CallBeginIn,
    CallCandidateOut,
    CallEndIn,
    CallFactsIn,
    CallFormIn,
    CallFormOut,
    CallReasonIn,
    CallRecordingIn,
    CallRecordingOut,
    CrisisOut,
    TestCallDetail,
    TestCallOut,
    TestCallsOut,
)
from kendali.mystery.models import Attempt, CrisisFlag, Evaluation, Recording, Sample
from kendali.mystery.queries import calls, card
from kendali.mystery.queries import filling as query
from kendali.mystery.queries.evaluation import form_of, said_of
from kendali.mystery.rules import plain
from kendali.mystery.rules.filled import Answer
from kendali.mystery.rules.reported import Reported
from kendali.mystery.rules.sample_rules import Outcome
from kendali.records.models import Record
from kendali.records.streaming import serve

router = Router(tags=["mystery calling"])
BIGGEST = 2**31 - 1
PAGE = 200


def _sample(request: HttpRequest, sample_id: int) -> Sample:
    if sample_id > BIGGEST:
        raise Http404
    return calls.load(signed_in(request), sample_id, timezone.now())


def _detail(request: HttpRequest, sample_id: int) -> card.Card:
    return card.card(signed_in(request), _sample(request, sample_id), timezone.now())


def _fresh(request: HttpRequest, sample: Sample) -> card.Card:
    row = Sample.objects.select_related(*calls.RELATED).get(pk=sample.pk)
    return card.card(signed_in(request), row, timezone.now())


@router.get("/calls", response=TestCallsOut)
def list_calls(request: HttpRequest, done: bool = False) -> dict[str, object]:
    """The own samples by window, the next 200 that are to be called or filled; `done`: the newest 200 of the others.
    A TL or SPV who helps gets the one next call."""
    user = signed_in(request)
    access.require(user, "sample.call")
    rows = calls.mine(user, timezone.now()).select_related("destination")
    open_ = (*calls.TO_CALL, *calls.TO_FILL)
    if done:
        return {"calls": list(rows.exclude(state__in=open_).order_by("-opens", "-pk")[:PAGE])}
    return {"calls": list(rows.filter(state__in=open_).order_by("opens", "number")[:PAGE])}


@router.get("/calls/{int:sample_id}", response=TestCallDetail)
def show_call(request: HttpRequest, sample_id: int) -> card.Card:
    return _detail(request, sample_id)


@router.post("/calls/{int:sample_id}/begin", response=TestCallDetail)
def begin_call(request: HttpRequest, sample_id: int, data: CallBeginIn) -> card.Card:
    """May it be dialled now? 409 says why not: a crisis, the slot, the rest between attempts."""
    sample = _sample(request, sample_id)
    calling.begin(user=signed_in(request), at=timezone.now(), sample=sample, begun=data.begun)
    return _fresh(request, sample)


@router.post("/calls/{int:sample_id}/attempts", response={201: CallAttemptOut})
def record_attempt(request: HttpRequest, sample_id: int, data: CallAttemptIn) -> Status[Attempt]:
    """One that was placed; the outcome `connected` is the call. The same token again answers with the same attempt."""
    sample, now, user = _sample(request, sample_id), timezone.now(), signed_in(request)
    told = Reported(
        data.begun or calling.assumed_begin(sample, now), data.ended, data.ivr_seconds, data.queue_seconds,
        data.ring_seconds, data.talk_seconds, data.hold_seconds, data.note, data.token,
    )  # fmt: skip
    if data.outcome == Attempt.CONNECTED:
        return Status(201, calling.connect(user=user, at=now, sample=sample, told=told))
    outcome = Outcome(data.outcome)
    return Status(201, calling.record_attempt(user=user, at=now, sample=sample, outcome=outcome, told=told))


@router.post("/calls/{int:sample_id}/end", response=TestCallDetail)
def end_call(request: HttpRequest, sample_id: int, data: CallEndIn) -> card.Card:
    sample = _sample(request, sample_id)
    calling.end_call(user=signed_in(request), at=timezone.now(), sample=sample, ended=data.ended,
                     talk=data.talk_seconds, hold=data.hold_seconds)  # fmt: skip
    return _fresh(request, sample)


@router.post("/calls/{int:sample_id}/stop", response=TestCallDetail)
def stop_calling(request: HttpRequest, sample_id: int, data: CallReasonIn) -> card.Card:
    sample = _sample(request, sample_id)
    calling.stop(user=signed_in(request), at=timezone.now(), sample=sample, reason=data.reason)
    return _fresh(request, sample)


@router.post("/calls/{int:sample_id}/give-up", response=TestCallOut)
def give_up(request: HttpRequest, sample_id: int) -> Sample:
    sample = _sample(request, sample_id)
    return calling.give_up(user=signed_in(request), at=timezone.now(), sample=sample)


@router.put("/calls/{int:sample_id}/facts", response=TestCallOut)
def describe_call(request: HttpRequest, sample_id: int, data: CallFactsIn) -> Sample:
    sample = _sample(request, sample_id)
    given = {name: text for name, text in data.dict().items() if text is not None}
    kept = {name: getattr(sample, name) for name in data.dict()}
    return filling.describe(user=signed_in(request), at=timezone.now(), sample=sample, **(kept | given))


# --- the recording


@router.get("/calls/{int:sample_id}/recordings", response=list[CallCandidateOut])
def list_candidates(request: HttpRequest, sample_id: int) -> list[recordings.Candidate]:
    """Calls of the recording system that may be this one, best first."""
    return recordings.candidates(_sample(request, sample_id))


@router.post("/calls/{int:sample_id}/recordings/read-again", response={202: dict[str, int]})
def read_recordings_again(request: HttpRequest, sample_id: int) -> Status[dict[str, int]]:
    """Has the recording systems of this number scanned anew."""
    return Status(202, {"started": voice_system.look_again(_sample(request, sample_id), timezone.now())})


@router.put("/calls/{int:sample_id}/recording/{int:record_id}", response=CallRecordingOut)
def attach_recording(request: HttpRequest, sample_id: int, record_id: int) -> Recording:
    sample = _sample(request, sample_id)
    record = get_object_or_404(Record, pk=min(record_id, 2**63 - 1))
    return recordings.attach(user=signed_in(request), at=timezone.now(), sample=sample, record=record)


@router.post("/calls/{int:sample_id}/recording", response={201: CallRecordingOut})
def upload_recording(request: HttpRequest, sample_id: int, data: CallRecordingIn) -> Status[Recording]:
    sample = _sample(request, sample_id)
    try:
        content = base64.b64decode(data.content, validate=True)
    except (binascii.Error, ValueError):
        raise HttpError(422, "content: not base64") from None
    kept = recordings.upload(user=signed_in(request), at=timezone.now(), sample=sample, name=data.name, data=content)
    return Status(201, kept)


def _recording(request: HttpRequest, sample_id: int) -> Recording:
    user = signed_in(request)
    found = get_object_or_404(Recording.objects.select_related("sample"), sample=min(sample_id, BIGGEST))
    if not (allowed := recordings.may_hear(user, found.sample, timezone.now())):
        if calls.executors(user):
            raise Http404
        raise Refused(allowed)
    return found


@router.get("/samples/{int:sample_id}/recording", response=CallRecordingOut)
def show_recording(request: HttpRequest, sample_id: int) -> Recording:
    return _recording(request, sample_id)


@router.get(
    "/samples/{int:sample_id}/recording/audio", openapi_extra={"responses": {200: {"content": {"audio/wav": {}}}}}
)
def read_recording(request: HttpRequest, sample_id: int) -> HttpResponseBase:
    """What is heard; HTTP Range is understood, GSM comes as WAV."""
    found = _recording(request, sample_id)
    heard = recordings.played(found)
    return serve(request, heard.file, heard.size, tag=heard.tag, content_type=heard.content_type, name=found.name,
                 inline=False)  # fmt: skip


# --- the form


def _evaluation(request: HttpRequest, sample_id: int) -> Evaluation:
    sample = _sample(request, sample_id)
    rows = sample.evaluations.exclude(status=Evaluation.Status.RETRACTED).select_related("form")
    row = get_object_or_404(rows)
    row.sample = sample
    return row


def _shown(evaluation: Evaluation) -> SimpleNamespace:
    """What CallFormOut reads."""
    standing = query.standing(evaluation, timezone.now())
    return SimpleNamespace(
        evaluation=evaluation,
        form=plain.write(standing.form),
        asked=sorted(standing.asked),
        problems=[{"place": one.place, "part": one.part, "reason": str(one)} for one in standing.problems],
        findings=[
            {"key": one.key, "critical_compliance": one.critical_compliance, "items": [line.item for line in one.lines]}
            for one in standing.findings
        ],
        blind=standing.blind,
        raw=standing.raw,
        final=standing.final,
        due=standing.due,
    )


@router.post("/calls/{int:sample_id}/form/begin", response=CallFormOut)
def begin_call_form(request: HttpRequest, sample_id: int) -> SimpleNamespace:
    return _shown(filling.begin(user=signed_in(request), at=timezone.now(), sample=_sample(request, sample_id)))


@router.get("/calls/{int:sample_id}/form", response=CallFormOut)
def show_call_form(request: HttpRequest, sample_id: int) -> SimpleNamespace:
    return _shown(_evaluation(request, sample_id))


@router.put("/calls/{int:sample_id}/form", response=CallFormOut)
def save_call_form(request: HttpRequest, sample_id: int, data: CallFormIn) -> SimpleNamespace:
    """`saved`: of the draft this one was made from; 409 where a newer one is there."""
    evaluation = _evaluation(request, sample_id)
    try:
        answers = plain.read(tuple[Answer, ...], data.answers)
        said = said_of(data.said)
    except plain.Unreadable as wrong:
        raise HttpError(422, str(wrong)) from None
    known = form_view.keys(form_of(evaluation))
    if unknown := sorted(said.keys() - known):
        raise HttpError(422, f"said: no finding is called {unknown[0][:80]!r}")
    saved = filling.save(
        user=signed_in(request), at=timezone.now(), evaluation=evaluation, answers=answers, said=said,
        unticked=data.unticked, saved=data.saved,
    )  # fmt: skip
    return _shown(saved)


@router.post("/calls/{int:sample_id}/form/submit", response=TestCallOut)
def submit_call_form(request: HttpRequest, sample_id: int) -> Sample:
    """Hand-over 4."""
    done = filling.submit(user=signed_in(request), at=timezone.now(), evaluation=_evaluation(request, sample_id))
    return done.sample


# --- the crisis flag


@router.get("/crisis", response=CrisisOut)
def show_crisis(request: HttpRequest) -> dict[str, object]:
    access.require(signed_in(request), "crisis.view")
    return {"flag": calls.crisis()}


@router.put("/crisis", response=CrisisOut)
def set_crisis(request: HttpRequest, data: CallReasonIn) -> dict[str, object]:
    return {"flag": calling.set_crisis(user=signed_in(request), at=timezone.now(), reason=data.reason)}


@router.post("/crisis/lift", response=CrisisOut)
def lift_crisis(request: HttpRequest, data: CallReasonIn) -> dict[str, CrisisFlag | None]:
    calling.lift_crisis(user=signed_in(request), at=timezone.now(), reason=data.reason)
    return {"flag": None}
