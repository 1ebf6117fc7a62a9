"""An agent's own evaluations, where agents log in: nothing of the plan, of who called, as whom or with what."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext_noop as _
from django.views.decorators.http import require_safe

from kendali import keyset
from kendali.accounts import access
from kendali.accounts.answers import told
from kendali.accounts.models import User
from kendali.accounts.permissions import Refused, RuleRefused
from kendali.archive.errors import ArchiveError
from kendali.mystery.actions import excerpts, recordings
from kendali.mystery.models import Recording, Sample
from kendali.mystery.queries import own_evaluations as query
from kendali.mystery.queries import scope
from kendali.records.streaming import serve
from kendali.verdict import no


@login_required
@require_safe
def own(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "evaluation.own")
    open_ = scope.may_read_own(user)
    page = keyset.page(query.rows(user), query.NEWEST, request.GET)
    context = {"open": open_, "page": page, "rows": query.lines(page.rows, user)}
    return render(request, "mystery/my_evaluations.html", context)


@login_required
@require_safe
def one(request: HttpRequest, pk: int) -> HttpResponse:
    user = access.signed_in(request)
    row = _load(user, pk)
    return render(request, "mystery/my_evaluation.html", query.context(row, user, timezone.now()))


def _load(user: User, pk: int) -> Sample:
    access.require(user, "evaluation.own")
    if not scope.may_read_own(user):
        raise Refused(no(_("Agents do not log in here; your Supervisor shows you your evaluations.")))
    return scope.load_sample(user, "evaluation.own", query.rows(user), pk)


@login_required
@require_safe
def audio(request: HttpRequest, pk: int) -> HttpResponseBase:
    """All of it or the ranges that the form names, by setting; the file's own name is not given away."""
    row = _load(access.signed_in(request), pk)
    asked = query.hearing(row)
    if not asked.heard:
        raise Http404
    recording = get_object_or_404(Recording, sample=row)
    try:
        heard = recordings.played(recording) if asked.whole else excerpts.of(recording, asked.spans)
    except RuleRefused as refused:
        return HttpResponse(told(refused.verdict), status=409, content_type="text/plain; charset=utf-8")
    except ArchiveError as error:
        return HttpResponse(error.code, status=503, content_type="text/plain; charset=utf-8")
    return serve(request, heard.file, heard.size, tag=heard.tag, content_type=heard.content_type,
                 name=f"{row.number}.wav", inline=True)  # fmt: skip
