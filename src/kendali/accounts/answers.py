"""What a page says after a click: the action's own reason when it refused, never a stack trace."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from kendali.accounts.permissions import RuleRefused
from kendali.audit.actions import StaleState
from kendali.audit.sentences import say
from kendali.verdict import Verdict


def told(verdict: Verdict) -> str:
    """A verdict's reason in the reader's language."""
    return say(verdict.reason, verdict.facts)


def attempt(request: HttpRequest, act: Callable[[], object], said: str) -> bool:
    """Do it and say so; a rule that refuses or somebody faster becomes a message, and nothing was written."""
    try:
        act()
    except RuleRefused as refused:
        messages.error(request, told(refused.verdict))
    except StaleState:
        messages.warning(
            request, _("Somebody else was faster: this is the page as it is now. Your click changed nothing.")
        )
    else:
        messages.success(request, said)
        return True
    return False


def field(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").strip()
