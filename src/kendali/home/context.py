"""What every page knows without its view saying so: the person, where they may go, how they like to read."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language, gettext

from kendali import __version__
from kendali.accounts import roles
from kendali.accounts.models import Client, RoleGrant, User
from kendali.accounts.permissions import Right, can, rights
from kendali.formats import zone_name
from kendali.home import nav
from kendali.home.organisation import organisation
from kendali.notices.actions import unread_count
from kendali.terms.recovery import in_recovery

THEMES = ("light", "dark")


@dataclass(frozen=True, slots=True)
class Link:
    icon: str
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Person:
    """Who is reading, as the header shows it: "Team Leader · Jakarta", a client's user by the company."""

    name: str
    email: str
    line: str
    links: tuple[Link, ...]


def page(request: HttpRequest) -> dict[str, object]:
    """Lazy throughout: a fragment that draws no header asks the database nothing."""
    user = getattr(request, "user", AnonymousUser())
    known: dict[str, object] = {
        "LANGUAGE_CODE": get_language(),
        "theme": theme_of(request),
        "version": __version__,
        "recovery": SimpleLazyObject(in_recovery),
        "organisation": SimpleLazyObject(lambda: {"name": organisation(), "zone_name": _zone_name()}),
    }
    if not isinstance(user, User):
        return known
    items = SimpleLazyObject(lambda: _nav(user, request.path))
    return known | {
        "nav": items,
        "subnav": SimpleLazyObject(lambda: next((item.children for item in items if item.current), ())),
        "person": SimpleLazyObject(lambda: _person(user)),
        "recovery_url": SimpleLazyObject(lambda: nav.address("recovery") if can(user, "recovery.view") else ""),
        "inbox_url": nav.address("inbox"),
        "inbox_count": SimpleLazyObject(lambda: unread_count(user)),
        "logout_url": nav.address("logout"),
    }


def theme_of(request: HttpRequest) -> str:
    """The person's own choice, else this browser's; "" leaves it to the device."""
    user = getattr(request, "user", None)
    chosen = user.theme if isinstance(user, User) else request.COOKIES.get("theme", "")
    return chosen if chosen in THEMES else ""


def _zone_name() -> str:
    return zone_name(timezone.get_current_timezone())


def _nav(user: User, path: str) -> tuple[nav.Item, ...]:
    def allowed(action: str) -> bool:
        return bool(can(user, action))

    return nav.build(nav.CLIENT if is_client(user) else nav.STAFF, allowed, path)


def is_client(user: User) -> bool:
    return any(right.role == roles.CLIENT for right in rights(user))


def _person(user: User) -> Person:
    links = tuple(
        Link(icon, gettext(entry.label), url)
        for icon, entry in nav.PERSONAL
        if (url := nav.address(entry.url_name)) and (not entry.action or can(user, entry.action))
    )
    return Person(user.name, user.email, _line(user), links)


def _line(user: User) -> str:
    own = [right for right in rights(user) if right.principal_id is None]
    if any(right.role == roles.CLIENT for right in own):
        return ", ".join(
            Client.objects.filter(pk__in=[right.client_id for right in own]).values_list("name", flat=True)
        )
    site = RoleGrant.objects.filter(user=user, ended_at=None).exclude(site=None).values_list("site__name", flat=True)
    return " · ".join([*filter(None, [_labels(own)]), *site[:1]])


def _labels(own: list[Right]) -> str:
    return ", ".join(str(roles.LABELS[code]) for code in dict.fromkeys(right.role for right in own))
