"""The filters of the audit page: dates, person, verb, object, client."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.apps import apps
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kendali.audit.models import Entry
from kendali.audit.sentences import verbs
from kendali.civil_time import EARLIEST, LATEST

DAYS = [MinValueValidator(EARLIEST), MaxValueValidator(LATEST)]


class FilterForm(forms.Form):
    since = forms.DateField(
        label=_("From"), required=False, validators=DAYS, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=_("Until"), required=False, validators=DAYS, widget=forms.DateInput(attrs={"type": "date"})
    )
    person = forms.CharField(label=_("Person"), required=False, max_length=200)
    verb = forms.CharField(label=_("What"), required=False, max_length=80, widget=forms.Select)
    object = forms.CharField(label=_("Number or name"), required=False, max_length=200)
    client: Any = forms.ModelChoiceField(
        label=_("Client"), queryset=None, required=False, empty_label=_("all"), to_field_name="code"
    )

    def __init__(self, data: Any, client_ids: frozenset[int] | None) -> None:
        """`client_ids`: those one may choose from, None for all; others do not exist for this person."""
        super().__init__(data)
        clients = apps.get_model("accounts", "Client").objects.all()
        seen = clients if client_ids is None else clients.filter(pk__in=client_ids)
        self.fields["client"].queryset = seen  # type: ignore[attr-defined]
        told = sorted((_in_general(msgid), verb) for verb, msgid in verbs().items())
        choices = [("", gettext("everything")), *((verb, text) for text, verb in told)]
        self.fields["verb"].widget.choices = choices


def _in_general(msgid: str) -> str:
    """A sentence without its facts: "menerima eskalasi …"."""
    text = re.sub(r"%\(\w+\)s", "…", gettext(msgid)).removeprefix("…").strip(" .")
    return text[:1].lower() + text[1:44] + ("…" if len(text) > 44 else "")


def matching(values: dict[str, Any]) -> QuerySet[Entry]:
    """Newest first; days are days in the reader's time zone; a verb that ends in a dot stands for all that begin so."""
    rows = Entry.objects.select_related("client").order_by("-id")
    if values.get("since"):
        rows = rows.filter(at__gte=_midnight(values["since"]))
    if values.get("until"):
        rows = rows.filter(at__lt=_midnight(values["until"] + timedelta(days=1)))
    if values.get("person"):
        rows = rows.filter(actor_name__icontains=values["person"])
    if values.get("object"):
        rows = rows.filter(object_label__icontains=values["object"])
    if values.get("client"):
        rows = rows.filter(client=values["client"])
    verb = values.get("verb") or ""
    if verb.endswith("."):
        return rows.filter(verb__startswith=verb)
    return rows.filter(verb=verb) if verb else rows


def within(rows: QuerySet[Entry], client_ids: frozenset[int] | None) -> QuerySet[Entry]:
    """What concerns these clients; None: everything, also what concerns no client (users, keys, settings)."""
    return rows if client_ids is None else rows.filter(client__in=client_ids)


def _midnight(day: Any) -> datetime:
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())
