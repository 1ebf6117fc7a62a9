"""What people type to find a record."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from kendali.accounts.models import Client
from kendali.records.actions.search import SHORTEST
from kendali.records.forms import day
from kendali.records.models import Source
from kendali.records.words import CLASSES


class SearchForm(forms.Form):
    """`nama` and `telepon` are sent by POST and never stand in an address."""

    nomor = forms.CharField(label=_("Number or id at the source"), required=False, max_length=200)
    nama = forms.CharField(
        label=_("Customer's name"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("The whole name; capital letters and accents do not matter."),
    )
    telepon = forms.CharField(
        label=_("Customer's phone number"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"}),
        help_text=_("0812…, 62812… or +62812…"),
    )
    klien = forms.ModelChoiceField(
        Client.objects.none(), to_field_name="code", required=False, label=_("Client"), empty_label=_("all clients")
    )
    kelas = forms.ChoiceField(
        choices=[("", _("all classes")), *CLASSES.items()], required=False, label=_("Record class")
    )
    sumber = forms.ModelChoiceField(
        Source.objects.none(), required=False, label=_("Source"), empty_label=_("all sources")
    )
    dari = day(_("Last activity from"))
    sampai = day(_("Last activity until"))
    agen = forms.CharField(
        label=_("Agent"), required=False, max_length=200, widget=forms.TextInput(attrs={"list": "agents"})
    )
    kanal = forms.CharField(
        label=_("Channel"), required=False, max_length=100, widget=forms.TextInput(attrs={"list": "channels"})
    )

    def __init__(self, data: object, clients: object, sources: object) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.fields["klien"].queryset = clients  # type: ignore[attr-defined]
        self.fields["sumber"].queryset = sources  # type: ignore[attr-defined]


class TextSearchForm(forms.Form):
    klien = forms.ModelChoiceField(Client.objects.none(), to_field_name="code", label=_("Client"), empty_label=None)
    teks = forms.CharField(
        label=_("Text in the conversation"),
        min_length=SHORTEST,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    alasan = forms.CharField(
        label=_("Reason"),
        max_length=500,
        help_text=_("It is kept in the audit trail; no customer name, number or content, please."),
    )

    def __init__(self, data: object, clients: object) -> None:
        super().__init__(data, auto_id="text_%s")  # type: ignore[arg-type]
        self.fields["klien"].queryset = clients  # type: ignore[attr-defined]
