"""What people type on the pages of findings."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from kendali.accounts.models import Site, User
from kendali.mystery.models import Finding
from kendali.mystery.rules import finding_rules
from kendali.mystery.rules.finding_rules import Decision, Dispute, LateReason
from kendali.mystery.sentences_findings import WORDS
from kendali.mystery.words_findings import STATES
from kendali.records.forms import NO_CONTENT, day
from kendali.records.forms import text as long_text

LATE_REASONS = [("", _("not late")), *((one.value, _(WORDS["late_reason"][one.value])) for one in LateReason)]
DECIDED = (Dispute.ACCEPTED, Dispute.PARTLY, Dispute.REJECTED)
DECISIONS = [(one.value, _(WORDS["decision"][one.value])) for one in DECIDED]


text = partial(long_text, help_text=NO_CONTENT)


def file(label: object, *, required: bool = False) -> forms.FileField:
    return forms.FileField(
        label=label,  # type: ignore[arg-type]
        required=required,
        max_length=200,
        widget=forms.ClearableFileInput(attrs={"accept": "application/pdf,image/png,image/jpeg"}),
        help_text=_("PDF, PNG or JPEG, up to 10 MB."),
    )


class FindingFilter(forms.Form):
    milik = forms.ChoiceField(
        choices=[("", _("everybody")), ("saya", _("me")), ("tim", _("my teams"))], required=False, label=_("Waits for")
    )
    status = forms.ChoiceField(choices=[("", _("every status")), *STATES], required=False, label=_("Status"))
    area = forms.ModelChoiceField(
        Site.objects.all(), to_field_name="code", required=False, label=_("Area"), empty_label=_("all areas")
    )
    jam = forms.ChoiceField(
        choices=[("", _("every clock")), ("terlambat", _("late")), ("eskalasi", _("escalated"))],
        required=False,
        label=_("Clocks"),
    )
    nomor = forms.CharField(max_length=24, required=False, label=_("Number"))


class NothingForm(forms.Form):
    """One click, nothing to say."""


class NoteForm(forms.Form):
    alasan = text(_("Note"), required=False)


class ReasonForm(forms.Form):
    alasan = text(_("Reason"))


class FeedbackForm(forms.Form):
    uraian = text(_("Description of the finding"), rows=4)
    rekomendasi = text(_("Recommendation"), rows=4)


class OwnerForm(forms.Form):
    pic = forms.ModelChoiceField(User.objects.none(), label=_("Who answers for it"))

    def __init__(self, data: object = None, files: object = None, *, people: QuerySet[User], **kwargs: object) -> None:
        super().__init__(data, files, **kwargs)  # type: ignore[arg-type]
        self.fields["pic"].queryset = people  # type: ignore[attr-defined]
        self.fields["pic"].label_from_instance = _with_position  # type: ignore[attr-defined]


def _with_position(user: User) -> str:
    return f"{user.name} · {user.position}" if user.position else user.name


class RerouteForm(OwnerForm):
    alasan = text(_("Reason"))


class MergeForm(forms.Form):
    ke = forms.ModelChoiceField(Finding.objects.none(), label=_("Merge into"), to_field_name="number")
    alasan = text(_("Reason"))

    def __init__(self, data: object = None, files: object = None, *, into: QuerySet[Finding], **kwargs: object) -> None:
        super().__init__(data, files, **kwargs)  # type: ignore[arg-type]
        self.fields["ke"].queryset = into  # type: ignore[attr-defined]


class FollowUpForm(forms.Form):
    """Koreksi, akar masalah, tindakan korektif, PIC, tanggal."""

    koreksi = text(_("Correction"), rows=3)
    akar = text(_("Root cause"), rows=3)
    korektif = text(_("Corrective action"), rows=3)
    pic = forms.CharField(max_length=200, label=_("Person in charge"))
    selesai = forms.ChoiceField(choices=[("ya", _("done")), ("tidak", _("planned"))], label=_("The follow-up is"))
    tanggal = day(_("Date"), required=True)

    def follow_up(self) -> finding_rules.FollowUp:
        given = self.cleaned_data
        return finding_rules.FollowUp(
            correction=given["koreksi"], root_cause=given["akar"], corrective_action=given["korektif"],
            person_in_charge=given["pic"], on=given["tanggal"], done=given["selesai"] == "ya",
        )  # fmt: skip


class EvidenceForm(forms.Form):
    """A file or an address."""

    berkas = file(_("File"))
    tautan = forms.URLField(
        label=_("or address (link)"), required=False, max_length=500, assume_scheme="https",
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
    )  # fmt: skip
    nama = forms.CharField(label=_("Name of the link"), required=False, max_length=200)

    def clean(self) -> dict[str, object]:
        given: dict[str, object] = super().clean() or self.cleaned_data
        if not given.get("berkas") and not given.get("tautan") and not self.errors:
            raise forms.ValidationError(_("Choose a file, or give an address."))
        return given


class CloseForm(forms.Form):
    terlambat = forms.ChoiceField(
        choices=LATE_REASONS, required=False, label=_("Reason of the lateness"),
        help_text=_("It explains; the lateness itself stays as it is."),
    )  # fmt: skip
    alasan = text(_("Note"), required=False)


class DecideForm(forms.Form):
    putusan = forms.ChoiceField(choices=DECISIONS, label=_("Decision"))
    alasan = text(_("Reason"))


class DecisionForm(forms.Form):
    """Putuskan: one of the decisions that are open now, with what some of them need."""

    putusan = forms.ChoiceField(label=_("Decision"))
    terlambat = forms.ChoiceField(
        choices=LATE_REASONS, required=False, label=_("Reason of the lateness"),
        help_text=_("Needed to close it; the lateness itself stays as it is."),
    )  # fmt: skip
    ke = forms.ModelChoiceField(
        Finding.objects.none(), required=False, label=_("Merge into"), to_field_name="number",
        help_text=_("Needed to merge it."),
    )  # fmt: skip
    alasan = text(_("Note"))

    def __init__(
        self, data: object = None, files: object = None, *, open_now: Sequence[Decision], into: QuerySet[Finding],
        **kwargs: object,
    ) -> None:  # fmt: skip
        super().__init__(data, files, **kwargs)  # type: ignore[arg-type]
        choices = [(one.value, _(WORDS["decided"][one.value])) for one in open_now]
        self.fields["putusan"].choices = choices  # type: ignore[attr-defined]
        self.fields["ke"].queryset = into  # type: ignore[attr-defined]
        for name, needed_by in (("terlambat", Decision.CLOSE), ("ke", Decision.MERGE)):
            if needed_by not in open_now:
                del self.fields[name]


class CoachingForm(forms.Form):
    tanggal = day(_("Date of the coaching"), required=True)
    catatan = text(_("What was agreed"), rows=4)
    berkas = file(_("Signed coaching form"))


class AcknowledgeForm(forms.Form):
    catatan = text(_("Note"), required=False)
    berkas = file(_("Signed coaching form"))
