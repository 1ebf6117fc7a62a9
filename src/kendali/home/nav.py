"""What the header offers a person: only pages that exist and that the person may open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_noop as _

Allowed = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the map: message id, URL name, the action whose permission it needs (accounts.permissions.CAN).

    `also`: patterns of addresses that belong to it without lying below its own.
    """

    label: str
    url_name: str = ""
    action: str = ""
    children: tuple[Entry, ...] = ()
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One link as the template draws it; `exact`: this very page, else a page below it."""

    label: str
    url: str
    current: bool = False
    exact: bool = False
    children: tuple[Item, ...] = ()
    also: tuple[str, ...] = ()


WAITING = Entry(_("Waiting for me"), "home")
STAFF = (
    WAITING,
    Entry(
        _("Backup & deletion"),
        children=(
            Entry(_("Radar"), "radar", "radar.view"),
            Entry(_("Escalations"), "escalations", "escalation.view"),
            Entry(_("Proposals"), "proposals", "proposal.view"),
            Entry(_("Deletions"), "disposal_orders", "disposal_order.view"),
            Entry(_("Holds"), "holds", "hold.view"),
            Entry(_("Erasures"), "erasures", "erasure.view"),
            Entry(_("Incidents"), "incidents", "incident.view"),
            Entry(_("Packages"), "packages", "package.view"),
            Entry(_("Cannot be backed up"), "unbackupables", "escalation.view"),
            Entry(_("Certificates"), "certificates", "certificate.view"),
            Entry(_("Search"), "search", "record.search"),
            Entry(_("Sources"), "sources", "source.view"),
            Entry(_("Policies"), "policies", "policy.view"),
            Entry(_("Ends of contracts"), "contract_ends", "policy.view"),
        ),
    ),
    Entry(
        _("Mystery calling"),
        children=(
            Entry(_("Cycles"), "cycles", "cycle.view", also=("/mystery/sampel/*",)),
            Entry(_("My calls"), "my_calls", "sample.call", also=("/mystery/sampel/*/formulir/*",)),
            Entry(_("To verify"), "to_verify", "sample.verify"),
            Entry(_("Crisis flag"), "crisis", "crisis.set"),
            Entry(_("Findings"), "findings", "finding.view"),
            Entry(_("F-22"), "f22", "f22.view"),
            Entry(_("My evaluations"), "my_evaluations", "evaluation.own"),
            Entry(_("Materials"), "materials", "material.view"),
            Entry(_("Scenarios"), "scenarios", "scenario.view"),
            Entry(_("Personas"), "personas", "persona.view"),
            Entry(_("Roster"), "roster", "roster.view"),
            Entry(_("Working days"), "work_calendar", "calendar.view"),
        ),
    ),
    Entry(
        _("Documents"),
        children=(
            Entry(_("Knowledge articles"), "articles", "article.view"),
            Entry(_("Forms"), "forms", "form.view"),
        ),
    ),
    Entry(_("Register of records"), "register", "register.view"),
    Entry(_("Audit trail"), "audit", "audit.view"),
    Entry(
        _("Administration"),
        children=(
            Entry(_("Users"), "users", "user.view"),
            Entry(_("Clients"), "clients", "client.view"),
            Entry(_("Guarded changes"), "sensitive_changes", "sensitive.view"),
            Entry(_("Keys"), "keys", "keys.view"),
            Entry(_("Store"), "store", "store.view"),
            Entry(_("Settings"), "settings", "settings.view"),
            Entry(_("Health"), "health", "health.view"),
        ),
    ),
)
# A client answers, and sees what is kept and what is gone; its own data only.
CLIENT = (
    Entry(_("Decisions"), "decisions", "client_page.view"),
    Entry(_("Backed up"), "client_page", "client_page.view"),
    Entry(_("Already deleted"), "deleted", "client_page.view"),
    Entry(_("Holds"), "holds", "hold.view"),
    Entry(_("Erasures"), "erasures", "erasure.view"),
)
PERSONAL = (
    ("user", Entry(_("My account"), "account")),
    ("fingerprint", Entry(_("Sessions"), "sessions")),
    ("users", Entry(_("Deputies"), "deputies")),
    ("key", Entry(_("API tokens"), "tokens", "token.own")),
)


def address(url_name: str) -> str:
    """The page's address, "" when this installation has no such page."""
    try:
        return reverse(url_name) if url_name else ""
    except NoReverseMatch:
        return ""


def build(entries: tuple[Entry, ...], allowed: Allowed, path: str) -> tuple[Item, ...]:
    """The map with what does not exist or is not allowed left out, and where `path` is marked."""
    shown = tuple(item for item in (_item(entry, allowed) for entry in entries) if item)
    return tuple(_marked(item, _deepest(shown, path), path) for item in shown)


def _item(entry: Entry, allowed: Allowed) -> Item | None:
    children = tuple(item for item in (_item(child, allowed) for child in entry.children) if item)
    url = address(entry.url_name) or (children[0].url if children else "")
    if not url or (entry.action and not allowed(entry.action)):
        return None
    return Item(translate(entry.label), url, children=children, also=entry.also)


def _deepest(items: tuple[Item, ...], path: str) -> str:
    """The item of the longest address or pattern that the path lies under; the start page only itself."""
    shown = [one for item in items for one in (item, *item.children)]
    under = [(one.url, one.url) for one in shown if path == one.url or (one.url != "/" and path.startswith(one.url))]
    under += [(pattern, one.url) for one in shown for pattern in one.also if fnmatchcase(path, pattern)]
    return max(under, key=lambda found: len(found[0]), default=("", ""))[1]


def _marked(item: Item, here: str, path: str) -> Item:
    children = tuple(replace(child, current=child.url == here, exact=child.url == path) for child in item.children)
    current = bool(here) and (item.url == here or any(child.current for child in children))
    return replace(item, current=current, exact=current and item.url == path and not children, children=children)
