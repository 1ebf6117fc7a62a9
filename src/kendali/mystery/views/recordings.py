"""The recording of a test call: heard by ranges, its shape, attached from the recording system or uploaded."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from kendali.accounts import access
from kendali.accounts.permissions import Refused, RuleRefused
from kendali.archive.errors import ArchiveError
from kendali.mystery.actions import recordings as action
from kendali.mystery.actions import voice_system
from kendali.mystery.models import Recording
from kendali.mystery.queries import calls
from kendali.records.models import Record
from kendali.records.streaming import serve
from kendali.records.views.answers import attempt, told
from kendali.verdict import no


def _heard(request: HttpRequest, pk: int) -> Recording:
    """Refused without a right to any, Http404 for a call of somebody else."""
    user = access.signed_in(request)
    found = get_object_or_404(Recording.objects.select_related("sample"), sample=pk)
    allowed = action.may_hear(user, found.sample, timezone.now())
    if not allowed:
        if not calls.executors(user):
            raise Refused(allowed)
        raise Http404
    return found


@login_required
@require_safe
def audio(request: HttpRequest, pk: int) -> HttpResponseBase:
    found = _heard(request, pk)
    try:
        heard = action.played(found)
    except RuleRefused as refused:
        return HttpResponse(told(refused.verdict), status=409, content_type="text/plain; charset=utf-8")
    except ArchiveError as error:
        return HttpResponse(error.code, status=503, content_type="text/plain; charset=utf-8")
    return serve(request, heard.file, heard.size, tag=heard.tag, content_type=heard.content_type, name=found.name,
                 inline="unduh" not in request.GET)  # fmt: skip


@login_required
@require_safe
@never_cache
def peaks(request: HttpRequest, pk: int) -> JsonResponse:
    return JsonResponse(_heard(request, pk).peaks, safe=False)


@login_required
@require_POST
def attach(request: HttpRequest, pk: int) -> HttpResponse:
    user, now = access.signed_in(request), timezone.now()
    sample = calls.load(user, pk, now)
    record = get_object_or_404(Record, pk=_number(request))
    attempt(
        request,
        stored(lambda: action.attach(user=user, at=now, sample=sample, record=record)),
        _("The recording is attached; a sealed copy is kept with the form."),
    )
    return back(request, pk)


def stored(act: Callable[[], object]) -> Callable[[], object]:
    """A store that does not take it is something to say, not a broken page."""

    def done() -> object:
        try:
            return act()
        except ArchiveError:
            raise RuleRefused(no(_("The store cannot be used now; the recording was not kept. Try again."))) from None

    return done


def _number(request: HttpRequest) -> int:
    text = request.POST.get("rekaman", "")
    if not text.isdecimal() or len(text) > 18:
        raise Http404
    return int(text)


@login_required
@require_POST
def upload(request: HttpRequest, pk: int) -> HttpResponse:
    user, now = access.signed_in(request), timezone.now()
    sample = calls.load(user, pk, now)
    given = request.FILES.get("berkas")
    data = given.read(action.MOST + 1) if given is not None else b""
    name = (given.name or "") if given is not None else ""
    attempt(
        request,
        stored(lambda: action.upload(user=user, at=now, sample=sample, name=name, data=data)),
        _("The recording is kept, sealed, with the form."),
    )
    return back(request, pk)


@login_required
@require_POST
def look(request: HttpRequest, pk: int) -> HttpResponse:
    user, now = access.signed_in(request), timezone.now()
    sample = calls.load(user, pk, now)

    def again() -> None:
        voice_system.look_again(sample, now)

    attempt(request, again, _("The recording system is being read again; look here in a minute."))
    return back(request, pk)


def back(request: HttpRequest, pk: int) -> HttpResponse:
    return redirect("form_fill" if "formulir" in request.POST.get("kembali", "") else "call", pk=pk)
