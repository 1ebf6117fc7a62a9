"""One page per step of a finding: what is asked for it, then the step itself. The action decides, the page asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from django.views.decorators.http import require_http_methods

from kendali.accounts import access, permissions
from kendali.accounts.answers import told
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.archive.errors import ArchiveError
from kendali.audit.actions import StaleState
from kendali.civil_time import local_date
from kendali.mystery import forms_findings as asked
from kendali.mystery import words_findings as words
from kendali.mystery.actions import coaching, deciding, disputes, finding_steps, findings, proof
from kendali.mystery.models import Coaching, Finding
from kendali.mystery.queries import board, causes, finding_buttons, scope
from kendali.mystery.rules.finding_rules import ENDED, Decision, Owner
from kendali.mystery.views.findings import load

Given = dict[str, object]
Act = Callable[[User, datetime, Finding, dict[str, object]], object]


@dataclass(frozen=True, slots=True)
class Step:
    """`said`: what the person reads afterwards; `warns`: an action that ends something."""

    right: str
    title: str
    lead: str
    said: str
    form: type[forms.Form]
    act: Callable[..., object]
    warns: bool = False


def _text(given: Given, name: str) -> str:
    return str(given.get(name) or "")


def _file(given: Given) -> tuple[str, bytes]:
    found = given.get("berkas")
    return (found.name, found.read(proof.MOST + 1)) if found else ("", b"")  # type: ignore[attr-defined]


def _evidence(user: User, at: datetime, finding: Finding, given: Given) -> None:
    name, data = _file(given)
    if data:
        proof.add_file(user=user, at=at, finding=finding, name=name, data=data)
    if given.get("tautan"):
        proof.add_link(user=user, at=at, finding=finding, name=_text(given, "nama"), link=_text(given, "tautan"))


def _coach(user: User, at: datetime, finding: Finding, given: Given) -> None:
    name, data = _file(given)
    on, notes = given["tanggal"], _text(given, "catatan")
    coaching.record(user=user, at=at, finding=finding, on=on, notes=notes, name=name, data=data)  # type: ignore[arg-type]


def _reason(action: Callable[..., object]) -> Act:
    def act(user: User, at: datetime, finding: Finding, given: Given) -> object:
        return action(user=user, at=at, finding=finding, reason=_text(given, "alasan"))

    return act


STEPS: dict[str, Step] = {
    "finding_feedback": Step(
        "finding.feedback", _("Write the feedback"),
        _("Submitting with a recommendation is the hand-over to QA: it stops K1."),
        _("Handed to QA."), asked.FeedbackForm,
        lambda user, at, finding, given: findings.give_feedback(
            user=user, at=at, finding=finding, description=given["uraian"], recommendation=given["rekomendasi"]),
    ),
    "finding_forward": Step(
        "finding.judge", _("Forward"), _("The finding goes to who owns its cause: it stops K2."), _("Forwarded."),
        asked.NoteForm, _reason(findings.forward_verified),
    ),
    "finding_return": Step(
        "finding.judge", _("Return"), _("The caller writes the feedback again. A return stops no clock."),
        _("Returned."), asked.ReasonForm, _reason(findings.return_feedback),
    ),
    "finding_owner": Step(
        "finding.judge", _("Choose who answers"), _("Before it is forwarded; afterwards it is rerouted."),
        _("Chosen."), asked.OwnerForm,
        lambda user, at, finding, given: finding_steps.choose_owner(
            user=user, at=at, finding=finding, owner=given["pic"]),
    ),
    "finding_begin": Step(
        "finding.follow_up", _("Begin"), _("Others see that you are working on it. It stops no clock."),
        _("Begun."), asked.NothingForm,
        lambda user, at, finding, given: finding_steps.begin(user=user, at=at, finding=finding),
    ),
    "finding_report_follow_up": Step(
        "finding.follow_up", _("Report the follow-up"),
        _("Done or planned: reporting it stops K3. The finding is closed when it is done and has evidence."),
        _("Reported to QA."), asked.FollowUpForm,
        lambda user, at, finding, given: finding_steps.report_follow_up(
            user=user, at=at, finding=finding, follow_up=given["follow_up"]),
    ),
    "finding_evidence": Step(
        "finding.follow_up", _("Add evidence"), _("A file or an address that shows what was done."),
        _("Kept with the finding."), asked.EvidenceForm, _evidence,
    ),
    "finding_find_insufficient": Step(
        "finding.judge", _("Not sufficient"), _("It goes back to its owner. K3 does not start again."),
        _("Sent back."), asked.ReasonForm, _reason(finding_steps.find_insufficient),
    ),
    "finding_close": Step(
        "finding.judge", _("Close the finding"),
        _("With its evidence. A finding that was late says why; the lateness stays as it is."),
        _("Closed."), asked.CloseForm,
        lambda user, at, finding, given: finding_steps.close(
            user=user, at=at, finding=finding, reason=given["alasan"], late_reason=given["terlambat"]),
    ),
    "finding_reroute": Step(
        "finding.judge", _("Reroute (PIC)"), _("Somebody else answers for it. The clock goes on at the new desk."),
        _("Rerouted."), asked.RerouteForm,
        lambda user, at, finding, given: finding_steps.reroute(
            user=user, at=at, finding=finding, owner=given["pic"], reason=given["alasan"]),
    ),
    "finding_invalidate": Step(
        "finding.judge", _("Not valid"), _("The finding ends here. What was late until now stays late."),
        _("The finding is not valid."), asked.ReasonForm, _reason(finding_steps.invalidate), warns=True,
    ),
    "finding_merge": Step(
        "finding.judge", _("Merge"), _("Into an earlier open finding of the same owner, which goes on for both."),
        _("Merged."), asked.MergeForm,
        lambda user, at, finding, given: finding_steps.merge(
            user=user, at=at, finding=finding, into=given["ke"], reason=given["alasan"]),
        warns=True,
    ),
    "finding_remind": Step(
        "finding.remind", _("Remind"), _("Whoever must act is told again, with your note."), _("Reminded."),
        asked.ReasonForm, _reason(finding_steps.remind),
    ),
    "finding_decide": Step(
        "finding.decide", _("Decide"),
        _("Your decision takes the step that this finding waits for, with your note. Everybody concerned is told."),
        _("Decided."), asked.DecisionForm,
        lambda user, at, finding, given: deciding.decide(
            user=user, at=at, finding=finding, decision=given["putusan"], note=given["alasan"],
            late_reason=given.get("terlambat") or "", into=given.get("ke")),
    ),
    "finding_dispute": Step(
        "finding.dispute", _("Dispute"),
        _("Another QA than the one who verified it decides. The clocks go on meanwhile."),
        _("The dispute is with QA."), asked.ReasonForm, _reason(disputes.dispute),
    ),
    "finding_decide_dispute": Step(
        "finding.judge", _("Decide the dispute"),
        _("Upheld: the finding is not valid. Partly or rejected: it goes on."), _("Decided."), asked.DecideForm,
        lambda user, at, finding, given: disputes.decide(
            user=user, at=at, finding=finding, decision=given["putusan"], reason=given["alasan"]),
    ),
    "finding_coach": Step(
        "finding.coach", _("Record a coaching"),
        _("With the signed form it is acknowledged at once; without, the agent or you acknowledge it later."),
        _("Recorded."), asked.CoachingForm, _coach,
    ),
}  # fmt: skip


def view(name: str) -> Callable[..., HttpResponse]:
    """The view of one step, for its address."""
    step = STEPS[name]

    @login_required
    @require_http_methods(["GET", "HEAD", "POST"])
    def shown(request: HttpRequest, pk: int) -> HttpResponse:
        row = load(request, pk, step.right)
        form = _form(step, request, row)
        if request.method == "POST" and form.is_valid() and _done(request, row, step, form):
            return back(request, pk)
        return _page(request, row, step, form)

    return shown


def back(request: HttpRequest, pk: int) -> HttpResponse:
    """To the finding; a Team Leader who helped calling sees no more of it than this one step."""
    user = access.signed_in(request)
    return redirect("finding", pk=pk) if permissions.can(user, "finding.view") else redirect("home")


def _form(step: Step, request: HttpRequest, row: Finding) -> forms.Form:
    data, files = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    if issubclass(step.form, asked.OwnerForm):
        return step.form(data, files, people=_people(row))
    if issubclass(step.form, asked.MergeForm):
        return step.form(data, files, into=_into(request, row))
    if issubclass(step.form, asked.DecisionForm):
        return step.form(data, files, open_now=_open_now(request, row), into=_into(request, row))
    if issubclass(step.form, asked.FollowUpForm):
        return step.form(data, initial=_last_report(request, row))
    return step.form(data, files)


def _people(row: Finding) -> QuerySet[User]:
    """Who may answer: supervisors where an agent is concerned, and department heads."""
    found = causes.owners_of(Owner.DEPARTMENT)
    found += causes.owners_of(Owner.SUPERVISOR) if row.sample_id is not None else []
    keys = {one.pk for one in found} - {row.executor_id}
    return User.objects.filter(pk__in=keys).order_by("name")


def _into(request: HttpRequest, row: Finding) -> QuerySet[Finding]:
    rows = scope.findings_for(access.signed_in(request)).exclude(pk=row.pk)
    rows = rows.exclude(state__in=[one.value for one in ENDED])
    return rows.filter(owner=row.owner, owner_kind=row.owner_kind, found_at__lte=row.found_at).order_by(*board.NEWEST)


def _open_now(request: HttpRequest, row: Finding) -> list[Decision]:
    """Nothing to merge into: merging is not offered."""
    found = finding_buttons.decisions(access.signed_in(request), row, timezone.now()).open
    return [one for one in found if one is not Decision.MERGE or _into(request, row).exists()]


def _last_report(request: HttpRequest, row: Finding) -> dict[str, object]:
    """What was planned before, to be reported as done."""
    user, last = access.signed_in(request), row.follow_ups.first()
    today = local_date(timezone.now(), user.zone)
    if last is None:
        return {"pic": user.name, "selesai": "ya", "tanggal": today}
    return {"koreksi": last.correction, "akar": last.root_cause, "korektif": last.corrective_action,
            "pic": last.person_in_charge, "selesai": "ya", "tanggal": today}  # fmt: skip


def _done(request: HttpRequest, row: Finding, step: Step, form: forms.Form) -> bool:
    given = dict(form.cleaned_data)
    if isinstance(form, asked.FollowUpForm):
        given["follow_up"] = form.follow_up()
    return attempt(request, form, lambda: step.act(access.signed_in(request), timezone.now(), row, given), step.said)


def attempt(request: HttpRequest, form: forms.Form, act: Callable[[], object], said: str) -> bool:
    """A rule that refuses, or a store that does not answer, is an error of the form; nothing was written."""
    try:
        act()
    except RuleRefused as refused:
        form.add_error(None, told(refused.verdict))
    except StaleState:
        form.add_error(None, gettext("Somebody else was faster: look at it again. Nothing was changed."))
    except ArchiveError:
        form.add_error(None, gettext("The store does not answer, so the file was not kept. Try again."))
    else:
        messages.success(request, gettext(said))
        return True
    return False


def _page(request: HttpRequest, row: Finding, step: Step, form: forms.Form) -> HttpResponse:
    context = {
        "row": row,
        "form": form,
        "title": gettext(step.title),
        "lead": gettext(step.lead),
        "warns": step.warns,
        "decisions": _decisions(request, row, step),
        "pill": words.pill(row),
        "multipart": form.is_multipart(),
        "crumbs": [(gettext("Findings"), "/mystery/temuan/"), (row.number, f"/mystery/temuan/{row.pk}/")],
    }
    return render(request, "mystery/finding_step.html", context, status=422 if form.errors else 200)


def _decisions(request: HttpRequest, row: Finding, step: Step) -> finding_buttons.Decisions | None:
    if step.form is not asked.DecisionForm:
        return None
    return finding_buttons.decisions(access.signed_in(request), row, timezone.now())


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """By the agent, or entered by the supervisor with the signed form."""
    row = get_object_or_404(Coaching.objects.select_related("finding__agent"), pk=pk)
    finding = load(request, row.finding_id, "finding.acknowledge")
    given = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = asked.AcknowledgeForm(*given)
    if request.method == "POST" and form.is_valid() and _acknowledged(request, row, form):
        return redirect("finding", pk=finding.pk)
    return _page(request, finding, ACKNOWLEDGE, form)


def _acknowledged(request: HttpRequest, row: Coaching, form: forms.Form) -> bool:
    name, data = _file(form.cleaned_data)
    user, note = access.signed_in(request), _text(form.cleaned_data, "catatan")
    return attempt(
        request,
        form,
        lambda: coaching.acknowledge(user=user, at=timezone.now(), coaching=row, note=note, name=name, data=data),
        ACKNOWLEDGE.said,
    )


ACKNOWLEDGE = Step(
    "finding.acknowledge", _("Acknowledge the coaching"),
    _("The agent says that the coaching took place; the supervisor enters it with the signed form or a note."),
    _("Acknowledged."), asked.AcknowledgeForm, lambda *_args: None,
)  # fmt: skip
