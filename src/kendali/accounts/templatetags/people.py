"""What the pages of people say."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.loader import render_to_string

from kendali.accounts import roles
from kendali.accounts.permissions import can
from kendali.accounts.tabs import account_tabs
from kendali.audit.sentences import shown

register = template.Library()


@register.filter
def role_label(code: str) -> str:
    return str(roles.LABELS.get(code, code))


@register.filter
def fact_word(code: str, fact: str) -> str:
    """{{ scope|fact_word:"scopes" }}: the same word as in the audit trail."""
    return shown(fact, code)


@register.simple_tag(takes_context=True)
def account_sections(context: dict[str, Any], here: str) -> str:
    """The tabs on a page whose view is not ours."""
    tokens = bool(can(context["request"].user, "token.own"))
    return render_to_string("accounts/_tabs.html", {"tabs": account_tabs(here, tokens=tokens)})
