"""The content of a record while its opening lasts: the chat as it was, the call with its player, their files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from kendali.accounts import access
from kendali.accounts.models import User
from kendali.archive.errors import ArchiveError
from kendali.archive.reader import Window
from kendali.connectors import sound
from kendali.records import media, words
from kendali.records.actions import content as action
from kendali.records.models import ContentOpening, Record, RecordVersion
from kendali.records.queries import content as query
from kendali.records.streaming import serve

BARS = 400


@dataclass(frozen=True, slots=True)
class Open:
    """A record that this person has open now."""

    user: User
    record: Record
    version: RecordVersion
    opening: ContentOpening


def _opened(request: HttpRequest, pk: int, number: int | None) -> Open | None:
    """None: it is not open (any more). Strangers get 404, members who may not, 403."""
    user = access.signed_in(request)
    rows = Record.objects.select_related("source__client")
    record = access.load(rows, user, "record.open_content", pk=pk)
    opening = action.opening(user, record, timezone.now())
    if opening is None:
        return None
    version = query.version_of(record, number)
    if version is None:
        raise Http404
    return Open(user, record, version, opening)


@login_required
@require_safe
@never_cache
def content(request: HttpRequest, pk: int) -> HttpResponse:
    asked = request.GET.get("versi", "")
    opened = _opened(request, pk, int(asked) if asked.isdecimal() and len(asked) < 9 else None)
    if opened is None:
        messages.warning(request, _("Its content is not open: say why, then it opens for 30 minutes."))
        return redirect("record", pk=pk)
    context = _context(opened)
    try:
        if opened.record.source.record_class == "conversation":
            return render(request, "records/content_chat.html", context | _chat(request, opened))
        return render(request, "records/content_call.html", context | _call(opened))
    except ArchiveError as error:
        problem = words.told_problem({"code": error.code, "facts": dict(error.facts)})
        return render(request, "records/content_problem.html", context | {"problem": problem}, status=503)


def _context(opened: Open) -> dict[str, object]:
    record = opened.record
    return {
        "record": record,
        "kept": opened.version,
        "opening": opened.opening,
        "zone": record.source.zone,
        "now": timezone.now(),
        "seconds": int((opened.opening.until - timezone.now()).total_seconds()) + 1,
        "crumbs": [(_("Search"), "/catatan/"), (record.client.name, ""), (str(record), f"/catatan/{record.pk}/")],
        "class_name": words.CLASSES[record.source.record_class],
    }


def _chat(request: HttpRequest, opened: Open) -> dict[str, object]:
    start = request.GET.get("mulai", "")
    page = query.chat_page(opened.record, opened.version, int(start) if start.isdecimal() and len(start) < 9 else 0)
    return {
        "page": page,
        "customer": page.chat.customer,
        "facts": [(words.CHAT_FACTS[name], value) for name, value in page.chat.facts.items()],
    }


def _call(opened: Open) -> dict[str, object]:
    found = query.recording(opened.record, opened.version)
    return {"call": found.call, "tracks": found.tracks, "customer": found.call.customer}


@login_required
@require_safe
def file(request: HttpRequest, pk: int, number: int, slot: int, which: int) -> HttpResponseBase:
    """One file of an attachment or recording, by ranges. Shown in the page only if its own bytes are harmless media."""
    found = _file(request, pk, number, slot, which)
    if isinstance(found, HttpResponse):
        return found
    name, window = found
    raw = cast(BinaryIO, window)
    kind, tag = media.look(raw, window.size), f"{pk}-{number}-{slot}-{which}"
    if "unduh" in request.GET or not kind.shown:
        return serve(request, raw, window.size, tag=tag, content_type=media.UNKNOWN, name=name, inline=False)
    tag = f"{tag}-{kind.shown}"
    return serve(request, kind.file, kind.size, tag=tag, content_type=kind.content_type, name=name, inline=True)


@login_required
@require_safe
def peaks(request: HttpRequest, pk: int, number: int, slot: int, which: int) -> HttpResponse:
    """The shape of a recording's sound: a list of 0 … 1. Computed on request and kept nowhere."""
    found = _file(request, pk, number, slot, which)
    if isinstance(found, HttpResponse):
        return found
    _name, window = found
    raw = cast(BinaryIO, window)
    heard = sound.look(raw, window.size)
    if not heard.shaped:
        raise Http404
    shape = [round(value, 3) for value in sound.peaks(raw, heard, BARS)]
    return JsonResponse(shape, safe=False, headers={"Cache-Control": "private, no-store"})


def _file(request: HttpRequest, pk: int, number: int, slot: int, which: int) -> tuple[str, Window] | HttpResponse:
    """(name, content) of the file, or the answer to give instead. `which` from 1."""
    opened = _opened(request, pk, number)
    if opened is None:
        return HttpResponse(_("Its content is not open."), status=409, content_type="text/plain; charset=utf-8")
    try:
        files = query.unit(opened.record, opened.version, slot).files
    except ArchiveError as error:
        if error.code in ("no_slot", "not_a_unit", "not_of_this_record", "no_key", "slot_empty"):
            raise Http404 from error
        return HttpResponse(error.code, status=503, content_type="text/plain; charset=utf-8")
    if not 1 <= which <= len(files):
        raise Http404
    return files[which - 1]
