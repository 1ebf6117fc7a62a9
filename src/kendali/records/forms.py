"""What people type on the pages of records control."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext_lazy as _

from kendali.accounts.models import Client
from kendali.records.models import Source
from kendali.records.queries.catalogue import STATES
from kendali.records.words import CLASSES, RECORD_STATES

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


def day(label: StrPromise, *, required: bool = False) -> forms.DateField:
    """The browser's own calendar; it sends and takes ISO dates in every language."""
    return forms.DateField(
        label=label, required=required, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class ClientFilter(forms.Form):
    """Client and class over the radar; the choices are only what the person may see."""

    klien = forms.ModelChoiceField(
        Client.objects.none(), to_field_name="code", required=False, label=_("Client"), empty_label=_("all clients")
    )
    kelas = forms.ChoiceField(
        choices=[("", _("all classes")), *CLASSES.items()], required=False, label=_("Record class")
    )

    def __init__(self, data: object, clients: object) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.fields["klien"].queryset = clients  # type: ignore[attr-defined]


class CatalogueFilter(forms.Form):
    sumber = forms.ModelChoiceField(Source.objects.none(), required=False, label=_("Source"), empty_label=None)
    status = forms.ChoiceField(
        choices=[("", _("all")), *((state, RECORD_STATES[state].word) for state in STATES)],
        required=False,
        label=_("Status"),
    )
    dari = day(_("From"))
    sampai = day(_("To"))

    def __init__(self, data: object, sources: object) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.fields["sumber"].queryset = sources  # type: ignore[attr-defined]


class RaiseForm(forms.Form):
    sumber = forms.ModelChoiceField(Source.objects.none(), label=_("Source"), empty_label=None)
    batas = day(_("Cut-off"), required=True)

    def __init__(self, sources: object, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["sumber"].queryset = sources  # type: ignore[attr-defined]
        self.fields["batas"].help_text = _("The last day that is included; proposed by the policy.")


class ReasonForm(forms.Form):
    alasan = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("No customer name, number or content, please."),
    )
