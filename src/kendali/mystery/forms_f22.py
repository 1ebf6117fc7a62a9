"""What the register F-22 is filtered by."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kendali.accounts.models import Site
from kendali.mystery.models import Shift
from kendali.mystery.words import KINDS, SAMPLE_STATES

# A register has calls only: a sample that was never called is in none of these states.
STATES = [code for code in SAMPLE_STATES if code not in ("planned", "assigned", "destroyed")]


class RegisterFilter(forms.Form):
    area = forms.ChoiceField(choices=[], required=False, label=_("Area"))
    shift = forms.ChoiceField(choices=[], required=False, label=_("Shift"))
    jenis = forms.ChoiceField(choices=[("", _("all")), *KINDS.items()], required=False, label=_("Kind of material"))
    status = forms.ChoiceField(
        choices=[("", _("all")), *((code, SAMPLE_STATES[code].word) for code in STATES)],
        required=False,
        label=_("Status"),
    )
    temuan = forms.ChoiceField(
        choices=[("", _("all")), ("yes", _("with findings")), ("late", _("with a late hand-over")),
                 ("no", _("without findings"))],
        required=False, label=_("Findings"),
    )  # fmt: skip
    cari = forms.CharField(max_length=80, required=False, label=_("Number, ticket, agent or executor"))

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        areas = [
            (code, f"{code.upper()} {name}") for code, name in Site.objects.order_by("code").values_list("code", "name")
        ]
        self.fields["area"].choices = [("", _("all")), *areas]  # type: ignore[attr-defined]
        shifts = Shift.objects.values_list("code", "name")
        self.fields["shift"].choices = [("", _("all")), *shifts]  # type: ignore[attr-defined]

    def asked(self) -> dict[str, str]:
        """As `queries.f22.chosen` takes them; what was typed wrong is not asked for."""
        self.is_valid()
        names = {
            "area": "area",
            "shift": "shift",
            "jenis": "kind",
            "status": "state",
            "temuan": "found",
            "cari": "text",
        }
        return {name: self.cleaned_data.get(field) or "" for field, name in names.items()}
