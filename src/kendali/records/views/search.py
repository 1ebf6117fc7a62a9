"""Finding records: by number, date, customer, agent and channel; and by a text of conversations, with progress."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from kendali import keyset
from kendali.accounts import access, permissions
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.records import secrets, words
from kendali.records.actions import search as action
from kendali.records.forms_search import SearchForm, TextSearchForm
from kendali.records.models import Record, Source, TextSearch
from kendali.records.queries import catalogue
from kendali.records.queries import search as query
from kendali.records.views.answers import told
from kendali.records.views.radar import seen_sources

HASHED = ("nama", "telepon")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "record.search")
    if request.method == "POST":
        return redirect(f"{reverse('search')}?{_address(request.POST)}")
    sources = seen_sources(access.visible_clients(user, "record.search"))
    form = SearchForm(request.GET if request.GET else None, access.visible_clients(user, "record.search"), sources)
    context: dict[str, object] = {"form": form, "text_form": text_form(user), "asked": bool(request.GET),
                                  "may_hold": permissions.can(user, "hold.place")}  # fmt: skip
    chosen = list(sources)
    if request.GET and form.is_valid():
        chosen = [source for source in chosen if _is_chosen(source, form)]
        asked = _query(request.GET, form)
        page = query.find(asked, chosen, request.GET)
        if not request.GET.keys() & {"after", "before"}:
            client = form.cleaned_data["klien"]
            action.searched(user=user, at=timezone.now(), client=client, fields=asked.used(), found=len(page.rows))
        context |= {"page": page, "rows": _rows(page.rows), "hidden": _hidden(request.GET)}
    context |= {name: query.known_values(name.rstrip("s"), chosen) for name in ("agents", "channels")}
    return render(request, "records/search.html", context)


def _address(posted: QueryDict) -> str:
    """What was typed as an address that may be kept and shown: names and phones only as their keyed HMAC."""
    lookup, kept = secrets.Lookup(), QueryDict(mutable=True)
    hashed = {"nama": lookup.name, "telepon": lookup.phone}
    for name in SearchForm.base_fields:
        value = posted.get(name, "").strip()
        if value and name in hashed:
            found = hashed[name](value)
            kept[f"{name}_hmac"] = found.hex() if found else "00"
        elif value:
            kept[name] = value
    for name, value in _hidden(posted):  # looked for before, and not typed anew
        if name not in kept:
            kept[name] = value
    if not kept:
        kept["kelas"] = ""
    return kept.urlencode()


def _hidden(args: QueryDict) -> list[tuple[str, str]]:
    found = [(f"{name}_hmac", args.get(f"{name}_hmac", "")) for name in HASHED]
    return [(name, str(value)) for name, value in found if value]


def _query(args: QueryDict, form: SearchForm) -> query.Query:
    asked = form.cleaned_data
    return query.Query(
        number=asked["nomor"],
        since=asked["dari"],
        until=asked["sampai"],
        name=_bytes(args.get("nama_hmac")),
        phone=_bytes(args.get("telepon_hmac")),
        agent=asked["agen"],
        channel=asked["kanal"],
    )


def _bytes(text: str | None) -> bytes | None:
    try:
        return bytes.fromhex(text) if text else None
    except ValueError:
        return b"\0"  # somebody typed into the address: nothing is found, rather than everything


def _is_chosen(source: Source, form: SearchForm) -> bool:
    asked = form.cleaned_data
    return (
        (not asked["klien"] or source.client_id == asked["klien"].pk)
        and (not asked["kelas"] or source.record_class == asked["kelas"])
        and (not asked["sumber"] or source.pk == asked["sumber"].pk)
    )


def _rows(records: list[Record]) -> list[tuple[Record, words.Pill]]:
    """Each record with its state; the policy and the proposals are asked once per source."""
    now, pills = timezone.now(), {}
    for source in {record.source_id: record.source for record in records}.values():
        own = [record for record in records if record.source_id == source.pk]
        for record, state in zip(own, catalogue.states(own, source, now), strict=True):
            pills[record.pk] = words.RECORD_STATES[state]
    return [(record, pills[record.pk]) for record in records]


def text_form(user: User, data: QueryDict | None = None) -> TextSearchForm | None:
    """None: this person opens no content, so there is nothing to search in."""
    clients = access.visible_clients(user, "record.open_content")
    return TextSearchForm(data, clients) if permissions.can(user, "record.open_content") else None


@login_required
@require_http_methods(["POST"])
def text_search(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "record.open_content")
    form = text_form(user, request.POST)
    assert form is not None  # required above
    if form.is_valid():
        try:
            found = action.begin(
                user=user, at=timezone.now(), client=form.cleaned_data["klien"], text=form.cleaned_data["teks"],
                reason=form.cleaned_data["alasan"],
            )  # fmt: skip
            return redirect("text_search", pk=found.pk)
        except RuleRefused as refused:
            form.add_error(None, told(refused.verdict))
    sources = seen_sources(access.visible_clients(user, "record.search"))
    empty = SearchForm(None, access.visible_clients(user, "record.search"), sources)
    return render(request, "records/search.html", {"form": empty, "text_form": form, "asked": False})


def _own(request: HttpRequest, pk: str) -> TextSearch:
    """A search and what it found is seen by who searched, by nobody else."""
    user = access.signed_in(request)
    found = get_object_or_404(TextSearch.objects.select_related("client"), pk=pk, user=user)
    if not permissions.can(user, "record.open_content", found.client):
        raise Http404
    return found


@login_required
@require_safe
def text_search_page(request: HttpRequest, pk: str) -> HttpResponse:
    return render(request, "records/text_search.html", _progress(request, _own(request, pk)))


@login_required
@require_safe
def text_search_live(request: HttpRequest, pk: str) -> HttpResponse:
    """The part that grows; it asks for itself again until the search has ended."""
    return render(request, "records/_text_search.html", _progress(request, _own(request, pk)))


def _progress(request: HttpRequest, found: TextSearch) -> dict[str, object]:
    matches = found.matches.select_related("source__client").filter(source__client=found.client)
    page = keyset.page(matches, ("-id",), request.GET)
    return {
        "search": found,
        "running": found.status == TextSearch.Status.RUNNING,
        "page": page,
        "rows": _rows(page.rows),
        "may_hold": permissions.can(access.signed_in(request), "hold.place", found.client),
        "count": found.matches.count(),
        "problems": [(problem["place"], words.told_problem(problem)) for problem in found.problems],
        "full": found.matches.count() >= action.MOST,
        "title": _("Search in conversations"),
    }
