"""What QA types and chooses: filters of lists, reasons, the agent."""

from __future__ import annotations

from datetime import date

from django import forms
from django.utils.translation import gettext_lazy as _

from kendali.accounts.models import Site, User
from kendali.mystery import words
from kendali.mystery.models import Agent, Sample
from kendali.mystery.rules.sample_rules import VoidReason

COUNTS = [("", _("all")), ("ya", _("counts to the minimum")), ("tidak", _("does not count"))]


def _areas() -> list[tuple[str, object]]:
    return [("", _("all areas")), *Site.objects.values_list("code", "name")]


class QueueFilter(forms.Form):
    """What waits for QA."""

    area = forms.ChoiceField(required=False, label=_("Area"))
    temuan = forms.ChoiceField(
        choices=[("", _("all")), ("ada", _("with findings")), ("kritis", _("compliance-critical")),
                 ("tanpa", _("without findings"))],
        required=False, label=_("Findings"),
    )  # fmt: skip

    def __init__(self, data: object) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.fields["area"].choices = _areas()  # type: ignore[attr-defined]


STATES = [(code, pill.word) for code, pill in words.SAMPLE_STATES.items() if code != "destroyed"]  # nothing gets there


class SampleFilter(forms.Form):
    """The samples of a month."""

    cari = forms.CharField(required=False, max_length=40, label=_("Number, agent or ticket"))
    status = forms.ChoiceField(choices=[("", _("every status")), *STATES], required=False, label=_("Status"))
    area = forms.ChoiceField(required=False, label=_("Area"))
    jenis = forms.ChoiceField(
        choices=[("", _("every kind")), *words.KINDS.items()], required=False, label=_("Kind of material")
    )
    pelaksana = forms.ModelChoiceField(
        User.objects.none(), required=False, label=_("Executor"), empty_label=_("everybody"), to_field_name="pk"
    )
    hitung = forms.ChoiceField(choices=COUNTS, required=False, label=_("Counts"))
    tiket = forms.ChoiceField(
        choices=[("", _("all")), ("terbuka", _("not said to be closed"))], required=False, label=_("Test ticket")
    )

    def __init__(self, data: object, month: date) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.fields["area"].choices = _areas()  # type: ignore[attr-defined]
        called = Sample.objects.filter(cycle__month=month, executor__isnull=False).values("executor")
        self.fields["pelaksana"].queryset = User.objects.filter(pk__in=called).order_by("name")  # type: ignore[attr-defined]


class VoidForm(forms.Form):
    sebab = forms.ChoiceField(
        choices=[("", _("choose")), *words.VOID_REASONS.items()], required=False, label=_("Why it is void")
    )
    catatan = forms.CharField(
        required=False, max_length=1000, label=_("Note"), widget=forms.Textarea(attrs={"rows": 3})
    )

    def reason(self) -> VoidReason | None:
        code = self.cleaned_data.get("sebab")
        return VoidReason(code) if code else None


class AgentForm(forms.Form):
    """`agen`: the employee number as the roster knows it; empty = not identified."""

    agen = forms.CharField(required=False, max_length=40, label=_("Employee number of the agent"))
    alasan = forms.CharField(
        required=False, max_length=1000, label=_("Reason"), widget=forms.Textarea(attrs={"rows": 2})
    )

    def clean_agen(self) -> Agent | None:
        number = self.cleaned_data["agen"].strip().split(" ")[0]
        if not number:
            return None
        found = Agent.objects.filter(number__iexact=number).first()
        if found is None:
            raise forms.ValidationError(_("No agent of the roster has this employee number."))
        return found
