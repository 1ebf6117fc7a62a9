"""/mulai/: one page after the other until the installation can work; where one stands is read from the rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.views import redirect_to_login
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from kendali.accounts import actions as accounts
from kendali.accounts import permissions
from kendali.accounts.models import Client, User
from kendali.accounts.permissions import RuleRefused
from kendali.archive.errors import ArchiveError
from kendali.archive.slots import places
from kendali.connectors.registry import KINDS
from kendali.home import first_run
from kendali.home.first_run_forms import BeginForm, CodeForm, FirstClientForm
from kendali.home.organisation import organisation
from kendali.records.actions import sources
from kendali.records.forms import SourceForm
from kendali.records.models import Source
from kendali.records.views.answers import told
from kendali.vault import actions as vault
from kendali.vault import sheet_pdf
from kendali.vault.errors import sentence
from kendali.vault.models import Epoch
from kendali.vault.sheets import current_sheet

Respond = Callable[[HttpRequest], HttpResponseBase]
CODE, SKIPPED = "first_run_code", "first_run_without_source"  # in the session
OPEN = ("/mulai/", "/static/", "/health/", "/tampilan/", "/gaya/", "/api/")  # machines get their own answers


def first_run_middleware(respond: Respond) -> Respond:
    """While nobody can log in, every page is the first one. Costs a query only where nobody is logged in."""

    def to_the_first_page(request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith(OPEN) or isinstance(request.user, User) or not first_run.is_needed():
            return respond(request)
        return redirect("first_run")

    return to_the_first_page


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    state: str
    note: str = ""
    href: str = ""


@sensitive_post_parameters("password", "again", "c_password", "group", "kode")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    if first_run.is_needed():
        return _begin(request) if first_run.is_code(_code(request)) else _ask_code(request)
    if not isinstance(request.user, User):
        return _too_late(request)
    if not permissions.can(request.user, "client.edit"):
        return redirect("home")
    name = where(request)
    return STEPS[name](request, request.user) if name else redirect("home")


def _code(request: HttpRequest) -> str:
    return str(request.session.get(CODE, ""))


def where(request: HttpRequest) -> str:
    """The first step that is not done; "" when all are."""
    if not Client.objects.exists():
        return "client"
    if not Source.objects.exists() and not request.session.get(SKIPPED):
        return "source"
    if not Epoch.objects.filter(status=Epoch.CURRENT).exists():
        return "keys"
    sheet = current_sheet()
    return "sheet" if sheet is not None and sheet.confirmed_at is None else ""


def shown(request: HttpRequest, name: str, **context: object) -> HttpResponse:
    names = {
        "begin": gettext("Organisation and administrator"),
        "client": gettext("First client"),
        "source": gettext("First source"),
        "keys": gettext("Keys"),
        "sheet": gettext("Recovery sheet"),
    }
    now = list(names).index(name)
    steps = [
        Step(word, "done" if number < now else "current" if number == now else "todo")
        for number, word in enumerate(names.values())
    ]
    if name in ("keys", "sheet") and not Source.objects.exists():
        steps[2] = replace(steps[2], state="skipped")
    form = context.get("form")
    status = 422 if getattr(form, "errors", None) else 200
    return render(request, f"home/first_{name}.html", {"steps": steps, **context}, status=status)


def _ask_code(request: HttpRequest) -> HttpResponse:
    """The code from the console, in the address or typed; the address is left at once, so that it is not passed on."""
    form = CodeForm(request.POST if "kode" in request.POST else request.GET if "kode" in request.GET else None)
    if form.is_bound and form.is_valid():
        if first_run.is_code(form.cleaned_data["kode"]):
            request.session[CODE] = form.cleaned_data["kode"]
            return redirect("first_run")
        form.add_error("kode", gettext("This is not the set-up code of this installation."))
    status = 422 if form.errors else 200
    return render(request, "home/first_code.html", {"form": form}, status=status)


def _begin(request: HttpRequest) -> HttpResponse:
    form = BeginForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            person = first_run.begin(
                at=timezone.now(),
                typed=_code(request),
                organisation=form.cleaned_data["organisasi"],
                zone=form.cleaned_data["zona"],
                language=get_language() or "id",
                administrator=form.person(),
            )
        except RuleRefused as refused:
            messages.error(request, told(refused.verdict))
            return redirect("login")
        login(request, person, backend="django.contrib.auth.backends.ModelBackend")
        return redirect("first_run")
    return shown(request, "begin", form=form)


def _too_late(request: HttpRequest) -> HttpResponse:
    if CODE in request.session:
        messages.error(request, gettext("This installation is set up already. Log in."))
    return redirect_to_login(request.get_full_path())


def _client(request: HttpRequest, user: User) -> HttpResponse:
    form = FirstClientForm(request.POST or None, initial={"zone": user.zone})
    if request.method == "POST" and form.is_valid():
        try:
            accounts.create_client(user=user, at=timezone.now(), **form.cleaned_data)
        except RuleRefused as refused:
            form.add_error(None, told(refused.verdict))
        else:
            return redirect("first_run")
    return shown(request, "client", form=form)


def _source(request: HttpRequest, user: User) -> HttpResponse:
    if request.method == "POST" and "lewati" in request.POST:
        request.session[SKIPPED] = True
        return redirect("first_run")
    kind = KINDS.get(request.GET.get("jenis", ""))
    if kind is None:
        return shown(request, "source", kinds=KINDS.values())
    form = SourceForm(kind, Client.objects.all(), request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            sources.connect(
                user=user,
                at=timezone.now(),
                client=data["klien"],
                kind=kind.name,
                record_class=form.record_class(),
                name=data["nama"],
                zone=data["zona"],
                config=form.config(),
                secret=form.secret(),
            )
        except IntegrityError:
            return redirect("first_run")  # sent twice: it is there
        return redirect("first_run")
    return shown(request, "source", form=form, kind=kind)


def _keys(request: HttpRequest, user: User) -> HttpResponse:
    """The first epoch. Its recovery sheet is forgotten here: the next step makes the one that is printed."""
    if request.method == "POST":
        at = timezone.now()
        try:
            actor = permissions.acting(user, "keys.manage", at=at)
            vault.set_up(at=at, actor=actor, slots=places(settings.KENDALI_KEYS))
        except ArchiveError as error:
            messages.error(request, sentence(error))
        return redirect("first_run")
    return shown(request, "keys", places=places(settings.KENDALI_KEYS))


def _sheet(request: HttpRequest, user: User) -> HttpResponse:
    at = timezone.now()
    if request.method == "POST":
        actor = permissions.acting(user, "keys.manage", at=at)
        try:
            if "unduh" in request.POST:
                sheet = vault.make_sheet(actor=actor, at=at)
                return _pdf(sheet_pdf.render(sheet, at=at, organisation=organisation() or "Kendali"))
            vault.confirm_sheet(request.POST.get("group", ""), actor=actor, at=at)
        except ArchiveError as error:
            messages.error(request, sentence(error))
        else:
            messages.success(request, gettext("Confirmed. From now on the recovery key is only on that paper."))
        return redirect("first_run")
    return shown(request, "sheet")


def _pdf(content: bytes) -> HttpResponse:
    disposition = 'attachment; filename="lembar-pemulihan.pdf"'
    return HttpResponse(content, content_type="application/pdf", headers={"Content-Disposition": disposition})


STEPS: dict[str, Callable[[HttpRequest, User], HttpResponse]] = {
    "client": _client,
    "source": _source,
    "keys": _keys,
    "sheet": _sheet,
}
