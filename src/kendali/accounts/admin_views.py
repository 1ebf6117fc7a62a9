"""Users and clients, kept by administrators; auditors may look."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from kendali.accounts import actions, sensitive, setup_links
from kendali.accounts.access import require, signed_in, visible_clients
from kendali.accounts.forms import ClientForm, RoleForm, SiteForm, UserForm
from kendali.accounts.models import Client, PasswordSetup, RoleGrant, SensitiveChange, Site, User
from kendali.accounts.permissions import Refused, can
from kendali.accounts.refusals import tell
from kendali.accounts.sensitive_views import sentence
from kendali.audit.history import history
from kendali.notices import mail
from kendali.numerals import whole

PAGE = 50


@login_required
def users(request: HttpRequest) -> HttpResponse:
    require(request.user, "user.view")
    query, after = request.GET.get("q", "").strip(), request.GET.get("after", "")
    found = list(_after(_matching(query), after)[: PAGE + 1])
    context = {
        "users": found[:PAGE],
        "query": query,
        "first": after == "",
        "next": found[PAGE - 1].pk if len(found) > PAGE else None,
        "may_edit": can(request.user, "user.edit"),
    }
    return render(request, "accounts/users.html", context)


def _matching(query: str) -> QuerySet[User]:
    people = User.objects.order_by("name", "pk").prefetch_related("grants__client")
    if not query:
        return people
    return people.filter(Q(name__icontains=query) | Q(email__icontains=query))


def _after(people: QuerySet[User], after: str) -> QuerySet[User]:
    """The page that starts behind one person, in the order of names."""
    number = whole(after)
    last = User.objects.filter(pk=number).first() if number is not None else None
    if last is None:
        return people
    return people.filter(Q(name__gt=last.name) | Q(name=last.name, pk__gt=last.pk))


@login_required
def new_user(request: HttpRequest) -> HttpResponse:
    require(request.user, "user.edit")
    form = UserForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user, now = signed_in(request), timezone.now()
        person = _try(form, lambda: actions.create_user(user=user, at=now, **form.cleaned_data))
        if isinstance(person, User):
            messages.success(request, gettext("The user is created. Give a role, then send the link."))
            return redirect("user", number=person.pk)
    return render(request, "accounts/user_form.html", {"form": form})


@login_required
@never_cache
def user_page(request: HttpRequest, number: int) -> HttpResponse:
    require(request.user, "user.view")
    person = get_object_or_404(User, pk=number)
    context = {
        "person_shown": person,
        "grants": person.grants.filter(ended_at=None).select_related("client", "site", "granted_by"),
        "deputies": person.deputies.filter(ended_at=None).select_related("deputy"),
        "setup": person.password_setups.filter(used_at=None).order_by("-pk").first(),
        "role_form": RoleForm(),
        "may_edit": can(request.user, "user.edit"),
        "history": history(person, limit=30),
        "now": timezone.now(),
        "sensitive_waiting": [(row, sentence(row)) for row in sensitive.pending(sensitive.subject_of(person))],
        "has_factors": Authenticator.objects.filter(user_id=person.pk).exists(),
        "locked_out": actions.is_locked_out(person),
        "link": request.session.pop("setup_link", ""),
    }
    return render(request, "accounts/user.html", context)


@login_required
def change_user(request: HttpRequest, number: int) -> HttpResponse:
    require(request.user, "user.edit")
    person = get_object_or_404(User, pk=number)
    initial = {field: getattr(person, field) for field in actions.USER_FIELDS}
    form = UserForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        user, changes = signed_in(request), form.cleaned_data
        waiting = _waiting(person)
        if _try(form, lambda: actions.change_user(user=user, at=timezone.now(), person=person, changes=changes)):
            messages.success(request, _said(gettext("Saved."), waiting, person))
            return redirect("user", number=number)
    return render(request, "accounts/user_form.html", {"form": form, "person_shown": person})


@login_required
@require_POST
def grant_role(request: HttpRequest, number: int) -> HttpResponse:
    require(request.user, "user.edit")
    person = get_object_or_404(User, pk=number)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, gettext("Choose a role and, where needed, a client."))
        return redirect("user", number=number)
    values = form.cleaned_data
    return _do(
        request,
        person,
        gettext("The role is given."),
        lambda user: actions.grant_role(user=user, at=timezone.now(), person=person, **values),
    )


@login_required
@require_POST
def end_role(request: HttpRequest, number: int) -> HttpResponse:
    require(request.user, "user.edit")
    grant = get_object_or_404(RoleGrant.objects.select_related("user", "client"), pk=number)
    done = gettext("The role is ended.")
    return _do(request, grant.user, done, lambda user: actions.end_role(user=user, at=timezone.now(), grant=grant))


@login_required
@require_POST
def change_state(request: HttpRequest, number: int, do: str) -> HttpResponse:
    """The one-click steps of a user's page; `do` is the last part of the address."""
    require(request.user, "user.edit")
    person = get_object_or_404(User, pk=number)
    steps: dict[str, tuple[str, Callable[[User], object]]] = {
        "nonaktifkan": (
            gettext("The user can no longer log in."),
            lambda user: actions.deactivate_user(user=user, at=timezone.now(), person=person),
        ),
        "aktifkan": (
            gettext("The user can log in again."),
            lambda user: actions.reactivate_user(user=user, at=timezone.now(), person=person),
        ),
        "buka-kunci": (
            gettext("The failed log-ins are forgotten; the user can try again."),
            lambda user: actions.release_lockout(user=user, at=timezone.now(), person=person),
        ),
        "tautan": (gettext("A new link to choose a password is made."), lambda user: _link(request, user, person)),
        "lepas-faktor": (
            gettext("The second factors are removed."),
            lambda user: actions.reset_factors(user=user, at=timezone.now(), person=person),
        ),
    }
    done, step = steps[do]
    return _do(request, person, done, step)


def _link(request: HttpRequest, user: User, person: User) -> PasswordSetup | SensitiveChange:
    setup = actions.send_setup_link(user=user, at=timezone.now(), person=person)
    if isinstance(setup, PasswordSetup) and not mail.configured():
        request.session["setup_link"] = setup_links.address(setup)  # shown once by the next page
    return setup


@login_required
def clients(request: HttpRequest) -> HttpResponse:
    require(request.user, "client.view")
    seen = visible_clients(request.user, "client.view")
    context = {"clients": seen, "may_edit": can(request.user, "client.edit")}
    return render(request, "accounts/clients.html", context)


@login_required
def new_client(request: HttpRequest) -> HttpResponse:
    require(request.user, "client.edit")
    form = ClientForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = signed_in(request)
        values = {field: form.cleaned_data[field] for field in ("code", "name", "customer_word", "zone")}
        if _try(form, lambda: actions.create_client(user=user, at=timezone.now(), **values)):
            messages.success(request, gettext("The client is created."))
            return redirect("clients")
    return render(request, "accounts/client_form.html", {"form": form})


@login_required
def change_client(request: HttpRequest, code: str) -> HttpResponse:
    require(request.user, "client.edit")
    client = get_object_or_404(Client, code=code)
    initial = {field: getattr(client, field) for field in actions.CLIENT_FIELDS}
    form = ClientForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        user, changes = signed_in(request), form.cleaned_data
        if _try(form, lambda: actions.change_client(user=user, at=timezone.now(), client=client, changes=changes)):
            messages.success(request, gettext("Saved."))
            return redirect("clients")
    return render(request, "accounts/client_form.html", {"form": form, "client": client})


@login_required
def sites(request: HttpRequest) -> HttpResponse:
    """Areas of the contact centre: a list, and a form for one more."""
    require(request.user, "client.view")
    form = SiteForm(request.POST or None)
    if request.method == "POST":
        require(request.user, "client.edit")
        user = signed_in(request)
        if form.is_valid() and _try(
            form, lambda: actions.create_site(user=user, at=timezone.now(), **form.cleaned_data)
        ):
            messages.success(request, gettext("The area is created."))
            return redirect("sites")
    context = {"sites": Site.objects.all(), "form": form, "may_edit": can(request.user, "client.edit")}
    return render(request, "accounts/sites.html", context)


def _try(form: Form, step: Callable[[], Any]) -> Any:
    """The step's answer, or None with the refusal shown in the form."""
    try:
        return step()
    except Refused as refused:
        form.add_error(None, tell(refused))
        return None


def _waiting(person: User) -> set[int]:
    return set(sensitive.pending(sensitive.subject_of(person)).values_list("pk", flat=True))


def _said(done: str, before: set[int], person: User) -> str:
    """A step that waits for a second person has done nothing yet, and the page does not say that it has."""
    if _waiting(person) <= before:
        return done
    return gettext(
        "This person says Ya for a client: a second person must confirm, then it takes effect after 24 hours."
    )


def _do(request: HttpRequest, person: User, done: str, step: Callable[[User], object]) -> HttpResponse:
    waiting = _waiting(person)
    try:
        step(signed_in(request))
    except Refused as refused:
        messages.error(request, tell(refused))
    else:
        messages.success(request, _said(done, waiting, person))
    return redirect("user", number=person.pk)
