"""What people type about knowledge articles."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from kendali.accounts.models import Client
from kendali.civil_time import EARLIEST, LATEST
from kendali.documents.import_rules import columns, missing
from kendali.documents.rules import MOST_BODY, MOST_TITLE, Standing
from kendali.documents.words import STANDING

DAYS = [MinValueValidator(EARLIEST), MaxValueValidator(LATEST)]
# Field of the form → part in the rules' refusals.
PARTS = {"code": "kode", "title": "judul", "body": "isi", "valid_from": "dari", "valid_until": "sampai"}


def day(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, validators=DAYS, widget=widget, help_text=help_text)


class ArticleFilter(forms.Form):
    cari = forms.CharField(
        label=_("Search"), required=False, max_length=200, widget=forms.TextInput(attrs={"type": "search"})
    )
    status = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[
            ("", _("all")),
            (Standing.IN_FORCE.value, STANDING[Standing.IN_FORCE].word),
            ("soon", _("no longer in force soon")),
            (Standing.EXPIRED.value, STANDING[Standing.EXPIRED].word),
            (Standing.COMING.value, STANDING[Standing.COMING].word),
            (Standing.DRAFT.value, STANDING[Standing.DRAFT].word),
            (Standing.WITHDRAWN.value, STANDING[Standing.WITHDRAWN].word),
        ],
    )


class ArticleForm(forms.Form):
    kode = forms.CharField(label=_("Number"), max_length=40, help_text=_("As in Web Pansol, for example PSL-0012."))
    judul = forms.CharField(label=_("Title"), max_length=MOST_TITLE)
    isi = forms.CharField(
        label=_("Text"),
        max_length=MOST_BODY,
        widget=forms.Textarea(attrs={"rows": 14}),
        help_text=_("What an agent has to answer. No customer name or number, please."),
    )
    dari = day(_("In force from"))
    sampai = day(_("In force until"), required=False, help_text=_("The last day; empty: until a newer version."))
    klien = forms.ModelChoiceField(
        Client.objects.none(), to_field_name="code", required=False, label=_("Client"), empty_label=_("all clients")
    )
    dilihat = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    asal = forms.CharField(required=False, max_length=10, widget=forms.HiddenInput)

    def __init__(self, clients: object, *args: Any, fixed: bool = False, **kwargs: Any) -> None:
        """`fixed`: of an article that has its number and its client."""
        super().__init__(*args, **kwargs)
        self.fields["klien"].queryset = clients  # type: ignore[attr-defined]
        if fixed:
            del self.fields["kode"], self.fields["klien"]

    def clean_kode(self) -> str:
        return str(self.cleaned_data["kode"]).strip().upper()

    def clean_isi(self) -> str:
        return str(self.cleaned_data["isi"]).replace("\r\n", "\n")


class PasteForm(forms.Form):
    tempel = forms.CharField(
        label=_("Pasted text"),
        max_length=2_000_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text=_(
            "One article: its title in the first line, its text below. Many: rows copied from a sheet, with the heads "
            "number, title, text (and in force from, in force until)."
        ),
    )

    def is_table(self) -> bool:
        """Copied from a sheet: its first line has the heads."""
        head = str(self.cleaned_data["tempel"]).strip("\r\n").partition("\n")[0]
        return not missing(columns(head.rstrip("\r").split("\t")))

    def article(self) -> dict[str, str]:
        title, _line, body = str(self.cleaned_data["tempel"]).strip().partition("\n")
        return {"judul": title.strip()[:MOST_TITLE], "isi": body.strip(), "asal": "pasted"}


class UploadForm(forms.Form):
    berkas = forms.FileField(
        label=_("File"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv"}),
        help_text=_("XLSX or CSV with the columns number, title, text, in force from, in force until; at most 10 MB."),
    )


class EndForm(forms.Form):
    sampai = day(_("In force until"), required=False)
    alasan = forms.CharField(label=_("Reason"), required=False, max_length=500)
