"""What people type about materials, test identities and a new scenario; the editor of a scenario is in
`scenario_fields`."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kendali.documents import queries as documents
from kendali.mystery.rules.cycle import KINDS
from kendali.mystery.words import KINDS as KIND_WORDS

VOICES = [("", _("fits every voice")), ("f", _("female")), ("m", _("male"))]
CITE = re.compile(r"\s*(\S+)(?:\s+v(\d{1,6}))?(?:\s.*)?$", re.IGNORECASE)
KIND_CHOICES = [(kind, KIND_WORDS[kind]) for kind in KINDS]


def cited(text: str, now: dict[str, int]) -> tuple[str, int]:
    """ "PSL-0001 v2 …" or "PSL-0001", then the version in force (0 = none is)."""
    found = CITE.match(text)
    if found is None:
        return "", 0
    code = found[1].upper()[:60]
    return code, int(found[2]) if found[2] else now.get(code, 0)


def versions_now(day: date) -> dict[str, int]:
    return dict(documents.citable(day).values_list("document__code", "version"))


class MaterialFilter(forms.Form):
    jenis = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("all kinds")), *KIND_CHOICES])
    status = forms.ChoiceField(
        label=_("Status"), required=False, choices=[("", _("in use")), ("berhenti", _("no longer in use"))]
    )


class MaterialForm(forms.Form):
    kode = forms.CharField(label=_("Code"), max_length=30, help_text=_("For example BHN-TRANSFER."))
    jenis = forms.ChoiceField(label=_("Kind"), choices=KIND_CHOICES)
    judul = forms.CharField(label=_("Title"), max_length=300)
    isi = forms.CharField(
        label=_("Text"), required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("What is asked about, in your own words. No customer name or number, please."),
    )  # fmt: skip
    artikel = forms.CharField(
        label=_("Articles it rests on"),
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One a line: the number of a knowledge article; the version in force is taken."),
    )
    aktif = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def __init__(self, *args: Any, day: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.day = day

    def clean_kode(self) -> str:
        return str(self.cleaned_data["kode"]).strip().upper()

    def clean_artikel(self) -> list[tuple[str, int]]:
        lines = [line for line in str(self.cleaned_data["artikel"]).splitlines() if line.strip()]
        now = versions_now(self.day)
        return list(dict.fromkeys(cited(line, now) for line in lines))


class PersonaForm(forms.Form):
    kode = forms.CharField(label=_("Code"), max_length=30, help_text=_("For example P-RINA."))
    nama = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("Of a person who does not exist: no customer, no colleague.")
    )
    suara = forms.ChoiceField(label=_("Voice"), choices=VOICES, required=False)
    profil = forms.CharField(
        label=_("Profile"), required=False, max_length=4_000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Age, work, what the person has of the client; as the caller has to know it."),
    )  # fmt: skip
    gaya = forms.CharField(label=_("Way of speaking"), required=False, max_length=200)
    nomor = forms.CharField(
        label=_("Calling number"), max_length=30, help_text=_("The number that the agent sees."),
    )  # fmt: skip
    lain = forms.CharField(
        label=_("Further numbers"), required=False, max_length=1_000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line: numbers of test accounts, cards and identities that may be said or written."),
    )  # fmt: skip
    aktif = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def clean_kode(self) -> str:
        return str(self.cleaned_data["kode"]).strip().upper()

    def clean_lain(self) -> list[str]:
        return [line.strip() for line in str(self.cleaned_data["lain"]).splitlines() if line.strip()]


class ScenarioFilter(forms.Form):
    cari = forms.CharField(
        label=_("Search"), required=False, max_length=100, widget=forms.TextInput(attrs={"type": "search"})
    )
    jenis = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("all kinds")), *KIND_CHOICES])
    status = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[
            ("", _("all")),
            ("draft", _("draft")),
            ("submitted", _("waits for approval")),
            ("approved", _("approved")),
            ("marked", _("marked: an article changed or ended")),
            ("expired", _("expired")),
            ("retired", _("withdrawn")),
        ],
    )


class ScenarioBeginForm(forms.Form):
    kode = forms.CharField(label=_("Code"), max_length=30, help_text=_("For example SKN-TRANSFER."))
    jenis = forms.ChoiceField(label=_("Kind"), choices=KIND_CHOICES)
    tujuan = forms.CharField(
        label=_("What is tested"), required=False, max_length=4_000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def clean_kode(self) -> str:
        return str(self.cleaned_data["kode"]).strip().upper()


# Part of a refusal → field of the form that shows it.
FIELD_OF = {
    "code": "kode", "kind": "jenis", "title": "judul", "text": "isi", "cites": "artikel", "name": "nama",
    "gender": "suara", "caller_number": "nomor", "numbers": "lain",
}  # fmt: skip
