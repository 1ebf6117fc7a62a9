"""What people type on the pages of records control."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kendali.accounts.models import ZONES, Client
from kendali.civil_time import EARLIEST, LATEST
from kendali.connectors.registry import ConnectorKind
from kendali.connectors.registry import Field as SourceField
from kendali.records.actions import policies
from kendali.records.models import Package, Source
from kendali.records.queries.catalogue import STATES
from kendali.records.words import CLASSES, RECORD_STATES
from kendali.terms import settings as terms
from kendali.terms.definition import Definition
from kendali.terms.models import BackupClock, DeletionClock
from kendali.terms.rules import Periods

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

NO_CONTENT = _("No customer name, number or content, please.")
DAYS = [MinValueValidator(EARLIEST), MaxValueValidator(LATEST)]


def day(label: StrPromise, *, required: bool = False) -> forms.DateField:
    """The browser's own calendar; it sends and takes ISO dates in every language."""
    return forms.DateField(
        label=label,
        required=required,
        validators=DAYS,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


def text(label: object, *, required: bool = True, rows: int = 3, help_text: object = "") -> forms.CharField:
    """Some lines in a person's own words."""
    return forms.CharField(
        label=label,  # type: ignore[arg-type]
        required=required,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": rows}),
        help_text=help_text,  # type: ignore[arg-type]
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


class PackageFilter(forms.Form):
    klien = forms.ModelChoiceField(
        Client.objects.none(), to_field_name="code", required=False, label=_("Client"), empty_label=_("all clients")
    )
    status = forms.ChoiceField(
        choices=[("", _("all that count")), *Package.Status.choices], required=False, label=_("Status")
    )

    def __init__(self, data: object, clients: object) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.fields["klien"].queryset = clients  # type: ignore[attr-defined]


class SettingForm(forms.Form):
    """One setting: the input its kind asks for, client and record class where it may differ, and the reason."""

    def __init__(self, definition: Definition, clients: object, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.definition = definition
        self.fields["nilai"] = _setting_field(definition)
        if definition.per_client:
            field = forms.ModelChoiceField(
                Client.objects.none(),
                to_field_name="code",
                required=False,
                label=_("Client"),
                empty_label=_("whole organisation"),
            )
            field.queryset = clients  # type: ignore[assignment]
            self.fields["klien"] = field
        if definition.per_class:
            choices = [("", _("both classes")), *CLASSES.items()]
            self.fields["kelas"] = forms.ChoiceField(label=_("Record class"), choices=choices, required=False)
        self.fields["alasan"] = forms.CharField(label=_("Reason"), max_length=500)
        self.initial["nilai"] = terms.get(definition.key)

    def value(self) -> object:
        value = self.cleaned_data["nilai"]
        return value == "ya" if isinstance(self.definition.default, bool) else value


def _setting_field(definition: Definition) -> forms.Field:
    label = str(definition.label)
    if isinstance(definition.default, bool):
        return forms.ChoiceField(label=label, choices=[("ya", _("yes")), ("tidak", _("no"))])
    if definition.choices:
        return forms.ChoiceField(
            label=label, choices=[(value, CHOICES.get(value, value)) for value in definition.choices]
        )
    if isinstance(definition.default, int):
        return forms.IntegerField(
            label=label,
            min_value=definition.minimum,
            max_value=definition.maximum,
            help_text=format_lazy("{}–{} {}", definition.minimum, definition.maximum, definition.unit),
        )
    return forms.CharField(label=label, max_length=definition.maximum or 200)


CHOICES = {
    "sample": _("a sample"),
    "all": _("all records"),
    "nightly": _("once a night"),
    "at_once": _("at once, with each order"),
}


class PolicyForm(forms.Form):
    zona = forms.ChoiceField(label=_("Time zone"), choices=ZONES)
    jam_backup = forms.ChoiceField(label=_("Backup counts from"), choices=BackupClock.choices)
    jam_hapus = forms.ChoiceField(label=_("Deletion counts from"), choices=DeletionClock.choices)
    backup = forms.IntegerField(label=_("Backup when older than (years)"), min_value=1, max_value=30)
    jeda = forms.IntegerField(label=_("Lead time before that (days)"), min_value=0, max_value=366)
    hapus = forms.IntegerField(label=_("Deletion when older than (years)"), min_value=2, max_value=50)
    salinan = forms.IntegerField(
        label=_("Backup copy kept after deletion at the source (months)"),
        min_value=1,
        max_value=600,
        help_text=_("Chosen with the client; there is no default."),
    )
    alasan = forms.CharField(
        label=_("Reason"), max_length=500, help_text=_("For example the clause of the contract; the client reads it.")
    )

    def terms(self) -> policies.Terms:
        data = self.cleaned_data
        periods = Periods(data["backup"], data["jeda"], data["hapus"], data["salinan"])
        return policies.Terms(data["zona"], periods, data["jam_backup"], data["jam_hapus"])

    def seen(self) -> str:
        """What a preview was shown for; saving anything else asks for a new look."""
        return "|".join(str(self.cleaned_data[name]) for name in self.fields if name != "alasan")


class SourceForm(forms.Form):
    """What every source has, then what its kind asks for; passwords are written, never shown."""

    def __init__(self, kind: ConnectorKind, clients: object, *args: object, source: Source | None = None) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.kind, self.source = kind, source
        if source is None:
            client = forms.ModelChoiceField(
                Client.objects.none(), to_field_name="code", label=_("Client"), empty_label=None
            )
            client.queryset = clients  # type: ignore[assignment]
            self.fields["klien"] = client
            if len(kind.record_classes) > 1:
                choices = [(value, CLASSES[value]) for value in kind.record_classes]
                self.fields["kelas"] = forms.ChoiceField(label=_("Record class"), choices=choices)
        self.fields["nama"] = forms.CharField(label=_("Name"), max_length=120)
        self.fields["zona"] = forms.ChoiceField(label=_("Time zone of the clients' calendar"), choices=ZONES)
        self.use_required_attribute = False  # some are needed only with another field's choice
        for described in kind.fields:
            self.fields[f"c_{described.name}"] = field = _source_field(described, source)
            field.required = described.required and self._applies(described)
        if source is not None:
            self.fields["aktif"] = forms.BooleanField(label=_("Scanned every night"), required=False)
            self.initial.update(nama=source.name, zona=source.zone, aktif=source.active)

    def _applies(self, described: SourceField) -> bool:
        """Whether what was sent asks for this field; before anything was sent, every field may be asked for."""
        if described.when is None or not self.is_bound:
            return True
        other, values = described.when
        return self.data.get(f"c_{other}") in values

    def config(self) -> dict[str, object]:
        return {
            field.name: self.cleaned_data[f"c_{field.name}"] or ""
            for field in self.kind.fields
            if field.type != "secret"
        }

    def secret(self) -> dict[str, str]:
        return {
            field.name: self.cleaned_data[f"c_{field.name}"]
            for field in self.kind.fields
            if field.type == "secret" and self.cleaned_data[f"c_{field.name}"]
        }

    def record_class(self) -> str:
        return str(self.cleaned_data.get("kelas") or self.kind.record_classes[0])


def _source_field(described: SourceField, source: Source | None) -> forms.Field:
    attrs = {"data-when": f"c_{described.when[0]}={','.join(described.when[1])}"} if described.when else {}
    label, help_text = gettext(described.label), gettext(described.help) if described.help else ""
    initial = source.config.get(described.name, described.default) if source else described.default
    if described.type == "secret":
        kept = _("Stored; leave it empty to keep it.") if source is not None and source.secret else ""
        widget = forms.PasswordInput(attrs={**attrs, "autocomplete": "new-password"})
        return forms.CharField(label=label, help_text=help_text or kept, required=False, widget=widget)
    if described.type == "choice":
        choices = [(value, gettext(text)) for value, text in described.choices]
        field: forms.Field = forms.ChoiceField(label=label, choices=choices, required=False)
    elif described.type == "number":
        field = forms.IntegerField(label=label, required=False, min_value=0)
    else:
        field = forms.CharField(label=label, required=False, max_length=500)
    field.help_text, field.initial = help_text, initial
    field.widget.attrs.update(attrs)
    return field
