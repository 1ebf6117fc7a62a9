"""What people type about approvers, letters, erasure requests and how deletion is done at a source."""

from __future__ import annotations

from datetime import datetime

from django import forms
from django.utils.translation import gettext_lazy as _

from kendali.accounts.models import Client
from kendali.civil_time import EARLIEST, LATEST
from kendali.connectors.registry import KINDS
from kendali.connectors.registry import Field as SourceField
from kendali.disposal.models import Approver
from kendali.records.forms import NO_CONTENT, _source_field, day
from kendali.records.models import Source
from kendali.records.words import CLASSES


class ApproverForm(forms.Form):
    nama = forms.CharField(label=_("Name"), max_length=200)
    jabatan = forms.CharField(label=_("Position"), max_length=120, help_text=_("Printed on the certificate."))
    email = forms.EmailField(label=_("E-mail"), max_length=254, help_text=_("Links and codes go there only."))
    urutan = forms.IntegerField(
        label=_("Sequence"), min_value=1, max_value=2, initial=1, help_text=_("Matters where two people sign a list.")
    )

    def values(self) -> dict[str, str | int]:
        data = self.cleaned_data
        return {"name": data["nama"], "position": data["jabatan"], "email": data["email"], "order": data["urutan"]}

    @staticmethod
    def initial_of(row: Approver) -> dict[str, object]:
        return {"nama": row.name, "jabatan": row.position, "email": row.email, "urutan": row.order}


class LetterForm(forms.Form):
    surat = forms.FileField(
        label=_("Signed letter"),
        help_text=_("PDF, at most 10 MB; no customer's number in the file's name."),
        widget=forms.ClearableFileInput(attrs={"accept": "application/pdf,.pdf"}),
    )
    penanda_tangan = forms.CharField(label=_("Signed by"), max_length=200)
    jabatan = forms.CharField(label=_("Position"), max_length=120)
    tanggal = day(_("Signed on"), required=True)


class ErasureForm(forms.Form):
    klien = forms.ModelChoiceField(Client.objects.none(), to_field_name="code", label=_("Client"), empty_label=None)
    kelas = forms.ChoiceField(choices=list(CLASSES.items()), label=_("Record class"))
    nama = forms.CharField(
        label=_("Customer's name"),
        max_length=200,
        required=False,
        help_text=_("As in the records, the whole name; kept as a keyed hash only."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    telepon = forms.CharField(
        label=_("Customer's phone number"),
        max_length=40,
        required=False,
        help_text=_("0812…, 62812… or +62812…; kept as a keyed hash only."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"}),
    )
    saluran = forms.CharField(
        label=_("How it reached us"),
        max_length=80,
        required=False,
        help_text=_("Such as e-mail, letter, counter."),
    )
    diterima = forms.DateTimeField(
        label=_("Received"),
        help_text=_("The clock runs from this moment."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )
    catatan = forms.CharField(
        label=_("Note"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=NO_CONTENT,
    )

    def __init__(self, clients: object, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["klien"].queryset = clients  # type: ignore[attr-defined]

    def clean_diterima(self) -> datetime:
        """A year outside of the calendar's would be stored and could not be read again."""
        at: datetime = self.cleaned_data["diterima"]
        if not EARLIEST.year <= at.year <= LATEST.year:
            raise forms.ValidationError(self.fields["diterima"].error_messages["invalid"])
        return at


class DeletingForm(forms.Form):
    """What this kind of source needs to delete, and the limits of this source; secrets are written, never shown."""

    def __init__(self, source: Source, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.source, self.described = source, KINDS[source.kind].delete_fields
        self.use_required_attribute = False  # some are needed only with another field's choice
        shown = Source(config=source.deleting, secret=source.deleting_secret)
        for described in self.described:
            field = _source_field(described, shown)
            field.required = described.required and described.type != "secret" and self._applies(described)
            self.fields[f"c_{described.name}"] = field
        for name, label, most in _LIMITS:
            self.fields[f"b_{name}"] = forms.IntegerField(
                label=label, min_value=0, max_value=most, required=False, initial=source.deleting.get(name),
                help_text=_("Empty: as in the settings of the client."),
            )  # fmt: skip

    def _applies(self, described: SourceField) -> bool:
        if described.when is None or not self.is_bound:
            return True
        other, values = described.when
        return self.data.get(f"c_{other}") in values

    def config(self) -> dict[str, object]:
        found: dict[str, object] = {
            field.name: self.cleaned_data[f"c_{field.name}"] or ""
            for field in self.described
            if field.type != "secret" and (field.when is None or self._applies(field))
        }
        limits = {name: self.cleaned_data[f"b_{name}"] for name, _label, _most in _LIMITS}
        return found | {name: value for name, value in limits.items() if value is not None}

    def secret(self) -> dict[str, str]:
        return {
            field.name: self.cleaned_data[f"c_{field.name}"]
            for field in self.described
            if field.type == "secret" and self._applies(field) and self.cleaned_data[f"c_{field.name}"]
        }


_LIMITS = (
    ("window_from", _("Deletion runs only from (hour)"), 23),
    ("window_to", _("Deletion runs only until (hour)"), 23),
    ("per_second", _("Records a second, at most"), 100_000),
    ("daily_quota", _("Records a day, at most"), 10_000_000),
)
