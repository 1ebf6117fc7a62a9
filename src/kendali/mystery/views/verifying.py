"""What waits for QA, one sample with everything about it, and what QA decides."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from kendali import keyset
from kendali.accounts import access
from kendali.accounts.answers import attempt, field
from kendali.accounts.models import User
from kendali.mystery.actions import attributing, replacing, verifying
from kendali.mystery.forms_verify import AgentForm, QueueFilter, VoidForm
from kendali.mystery.models import Finding, Sample
from kendali.mystery.queries import sample_page, samples, scope


@login_required
@require_safe
def to_verify(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "sample.verify")
    form = QueueFilter(request.GET)
    form.is_valid()
    page = keyset.page(samples.with_names(_chosen(form)), samples.QUEUE, request.GET)
    context = {
        "form": form,
        "page": page,
        "rows": samples.waits(page.rows, timezone.now()),
        "count": samples.to_verify().count(),
        "filtered": any(form.cleaned_data.values()),
    }
    return render(request, "mystery/to_verify.html", context)


def _chosen(form: QueueFilter) -> QuerySet[Sample]:
    asked, rows = form.cleaned_data, samples.to_verify()
    if asked.get("area"):
        rows = rows.filter(Q(agent_site__code=asked["area"]) | Q(agent_site=None, area=asked["area"]))
    found = Finding.objects.filter(sample=OuterRef("pk"), state=samples.AT_QA)
    match asked.get("temuan"):
        case "ada":
            return rows.filter(Exists(found))
        case "kritis":
            return rows.filter(Exists(found.filter(critical_compliance=True)))
        case "tanpa":
            return rows.exclude(Exists(found))
    return rows


# --- one sample


def load(user: User, right: str, pk: int) -> Sample:
    return scope.load_sample(user, right, Sample.objects.select_related(*sample_page.RELATED), pk)


@login_required
@require_safe
def sample(request: HttpRequest, pk: int) -> HttpResponse:
    user = access.signed_in(request)
    row = load(user, "sample.view", pk)
    context = sample_page.context(row, user, timezone.now())
    context |= {"void_form": VoidForm(), "agent_form": AgentForm(), "goes_on": replacing.goes_on(row)}
    return render(request, "mystery/sample.html", context)


@login_required
@require_POST
def move(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """verb: verifikasi, kembalikan, batal, koreksi."""
    user = access.signed_in(request)
    row = load(user, "sample.verify", pk)
    steps: dict[str, tuple[Callable[[], object], str]] = {
        "verifikasi": (lambda: _verify(user, row), _("Verified. What was found went to who owns its cause.")),
        "kembalikan": (lambda: _return(request, user, row), _("Returned, with your reason.")),
        "batal": (lambda: _void(request, user, row), _("Void. What it found is not valid any more.")),
        "koreksi": (lambda: _revise(request, user, row), _("A new revision is open; the old one is kept.")),
    }
    if verb not in steps:
        raise Http404
    act, said = steps[verb]
    attempt(request, act, said)
    return redirect("sample", pk=pk)


def _verify(user: User, row: Sample) -> None:
    verifying.verify_and_forward(user=user, at=timezone.now(), sample=row)


def _return(request: HttpRequest, user: User, row: Sample) -> None:
    verifying.return_form(user=user, at=timezone.now(), sample=row, reason=field(request, "alasan"))


def _revise(request: HttpRequest, user: User, row: Sample) -> None:
    verifying.revise(user=user, at=timezone.now(), sample=row, reason=field(request, "alasan"))


def _void(request: HttpRequest, user: User, row: Sample) -> None:
    form = VoidForm(request.POST)
    form.is_valid()
    made = verifying.void(
        user=user, at=timezone.now(), sample=row, reason=form.reason(), note=form.cleaned_data.get("catatan", "")
    )
    if made is not None:
        messages.info(request, _("%(number)s replaces it.") % {"number": made.number})


@login_required
@require_POST
def set_agent(request: HttpRequest, pk: int) -> HttpResponse:
    user = access.signed_in(request)
    row = load(user, "sample.verify", pk)
    form = AgentForm(request.POST)
    if not form.is_valid():
        for problem in form.errors.values():
            messages.error(request, " ".join(str(one) for one in problem))
        return redirect("sample", pk=pk)
    asked = form.cleaned_data
    attempt(
        request,
        lambda: attributing.set_agent(
            user=user, at=timezone.now(), sample=row, agent=asked["agen"], reason=asked["alasan"]
        ),
        _("The agent is set; what was found goes to who answers for that agent."),
    )
    return redirect("sample", pk=pk)
