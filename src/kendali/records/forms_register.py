"""What people type on the pages of the register (Daftar Catatan)."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from kendali.accounts.models import Client
from kendali.records.forms import day
from kendali.records.register_words import STATES
from kendali.register.models import RegisterEntry

BY_HAND = [choice for choice in RegisterEntry.Kind.choices if choice[0] not in ("conversation", "recording")]


class RegisterFilter(forms.Form):
    klien = forms.ModelChoiceField(
        Client.objects.none(), to_field_name="code", required=False, label=_("Client"), empty_label=_("all clients")
    )
    jenis = forms.ChoiceField(
        choices=[("", _("all kinds")), *RegisterEntry.Kind.choices], required=False, label=_("Kind")
    )
    status = forms.ChoiceField(
        choices=[("", _("all")), *((code, pill.word) for code, pill in STATES.items())],
        required=False,
        label=_("Status"),
    )
    cari = forms.CharField(max_length=80, required=False, label=_("Name, package or code"))

    def __init__(self, data: object, clients: object) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.fields["klien"].queryset = clients  # type: ignore[attr-defined]


class WordsForm(forms.ModelForm):  # type: ignore[type-arg]
    """What Document Control keeps in words; the dates and quantities are facts."""

    class Meta:
        model = RegisterEntry
        fields = ["title", "classification", "owner_unit", "medium", "responsible", "keep_years", "remarks"]
        widgets = {"remarks": forms.Textarea(attrs={"rows": 3})}


class ByHandForm(WordsForm):
    """A document, form or hardcopy that no app of Kendali holds."""

    kind = forms.ChoiceField(choices=BY_HAND, label=_("Kind"))
    client = forms.ModelChoiceField(
        Client.objects.none(), to_field_name="code", required=False, label=_("Client"), empty_label=_("no client")
    )
    issued_on = day(_("Issue date"), required=True)
    expires_on = day(_("Expiry date"))
    quantity = forms.IntegerField(min_value=1, max_value=1_000_000, initial=1, label=_("Quantity"))
    field_order = ["kind", "title", "client", "classification", "issued_on", "expires_on", "quantity"]

    def __init__(self, data: object, clients: object) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.fields["client"].queryset = clients  # type: ignore[attr-defined]


class DestroyedForm(forms.Form):
    on = day(_("Destroyed on"), required=True)
    number = forms.CharField(max_length=80, label=_("Number of the Berita Acara"))
