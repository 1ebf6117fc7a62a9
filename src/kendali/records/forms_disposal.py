"""What people type on the pages of disposal: holds, proposals, answers, orders, incidents."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from kendali.accounts.models import Client
from kendali.disposal.models import Act, Hold, Proposal
from kendali.records.forms import NO_CONTENT, day, text
from kendali.records.models import DisposalItem, DisposalOrder
from kendali.records.words import CLASSES

ALL_CLASSES = [("", _("all classes")), *CLASSES.items()]


class _OfClients(forms.Form):
    def __init__(self, data: object, clients: object, **kwargs: object) -> None:
        super().__init__(data, **kwargs)  # type: ignore[arg-type]
        self.fields["klien"].queryset = clients  # type: ignore[attr-defined]


def client_choice(*, required: bool = False) -> forms.ModelChoiceField[Client]:
    return forms.ModelChoiceField(
        Client.objects.none(),
        to_field_name="code",
        required=required,
        label=_("Client"),
        empty_label=None if required else _("all clients"),
    )


class HoldFilter(_OfClients):
    klien = client_choice()
    status = forms.ChoiceField(
        choices=[("", _("active")), ("released", _("lifted")), ("semua", _("all"))], required=False, label=_("Status")
    )
    sebab = forms.ChoiceField(choices=[("", _("every cause")), *Hold.Cause.choices], required=False, label=_("Cause"))


class HoldForm(_OfClients):
    """`nama` and `telepon` become keyed hashes at once; `nomor` are numbers or ids of records, one a line."""

    klien = client_choice(required=True)
    cakupan = forms.ChoiceField(choices=Hold.Scope.choices, label=_("What is held"))
    kelas = forms.ChoiceField(choices=ALL_CLASSES, required=False, label=_("Record class"))
    nomor = text(
        _("Numbers of the records"), required=False, rows=3, help_text=_("One a line: number or id at the source.")
    )
    nama = forms.CharField(
        label=_("Customer's name"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("The whole name; kept as a keyed hash only."),
    )
    telepon = forms.CharField(
        label=_("Customer's phone number"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"}),
        help_text=_("0812…, 62812… or +62812…; kept as a keyed hash only."),
    )
    dari = day(_("First day"))
    sampai = day(_("Last day"))
    sebab = forms.ChoiceField(choices=Hold.Cause.choices, label=_("Cause"))
    alasan = text(_("Reason"), help_text=NO_CONTENT)
    dasar = forms.CharField(
        label=_("Legal basis"),
        required=False,
        max_length=500,
        help_text=_("For example UU 27/2022 article 44, or the contract's clause."),
    )
    rujukan = forms.CharField(label=_("Number of the letter or case"), required=False, max_length=120)
    tinjau = day(_("Review on"), required=True)


class ProposalFilter(_OfClients):
    klien = client_choice()
    kelas = forms.ChoiceField(choices=ALL_CLASSES, required=False, label=_("Record class"))
    tindakan = forms.ChoiceField(choices=[("", _("both acts")), *Act.choices], required=False, label=_("Act"))
    status = forms.ChoiceField(
        choices=[("", _("all")), ("terbuka", _("not closed")), *Proposal.Status.choices],
        required=False,
        label=_("Status"),
    )


class ProposeForm(_OfClients):
    """What a proposal would take; every change shows a new preview."""

    klien = client_choice(required=True)
    kelas = forms.ChoiceField(choices=list(CLASSES.items()), label=_("Record class"))
    batas = day(_("Cut-off"))

    def __init__(self, data: object, clients: object, **kwargs: object) -> None:
        super().__init__(data, clients, **kwargs)
        self.fields["batas"].help_text = _("The last day that is included; empty: everything past its period today.")


class ItemFilter(forms.Form):
    """Over the list of a proposal."""

    nomor = forms.CharField(label=_("Number or id at the source"), required=False, max_length=200)
    bulan = forms.ChoiceField(required=False, label=_("Month"))
    kanal = forms.ChoiceField(required=False, label=_("Channel"))
    dikecualikan = forms.ChoiceField(
        choices=[("", _("everything")), ("ya", _("taken out only"))], required=False, label=_("List")
    )

    def __init__(self, data: object, months: object, channels: object) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.fields["bulan"].choices = [("", _("all months")), *months]  # type: ignore[attr-defined,misc]
        self.fields["kanal"].choices = [("", _("all channels")), *channels]  # type: ignore[attr-defined,misc]


class OrderFilter(_OfClients):
    klien = client_choice()
    tindakan = forms.ChoiceField(choices=[("", _("both acts")), *Act.choices], required=False, label=_("Act"))
    status = forms.ChoiceField(
        choices=[("", _("all")), ("terbuka", _("not closed")), *DisposalOrder.Status.choices],
        required=False,
        label=_("Status"),
    )


class OutcomeFilter(forms.Form):
    hasil = forms.ChoiceField(
        choices=[("", _("every outcome")), *DisposalItem.Outcome.choices], required=False, label=_("Outcome")
    )
    nomor = forms.CharField(label=_("Number or id at the source"), required=False, max_length=200)


class IncidentFilter(_OfClients):
    klien = client_choice()
    status = forms.ChoiceField(
        choices=[("", _("open")), ("selesai", _("explained")), ("semua", _("all"))], required=False, label=_("Status")
    )
