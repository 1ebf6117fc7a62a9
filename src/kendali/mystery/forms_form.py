"""What people type in the form builder. `initial_of` and `item` turn an item into fields and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kendali.mystery import form_words as words
from kendali.mystery.rules import conditions, form_rules
from kendali.mystery.rules.form import (
    AutoFail,
    Cause,
    Choice,
    Condition,
    ErrorClass,
    Form,
    Item,
    Kind,
    NotApplicable,
    Operator,
    Range,
    Section,
    TouchPoint,
    Words,
)
from kendali.mystery.words import CAUSES, ERROR_CLASSES, TOUCH_POINTS
from kendali.records.forms import day

LABEL = form_rules.MAX_LABEL
NONE = [("", "–")]


class Number(forms.CharField):
    """A decimal as people write it, with comma or point; in a form that is edited it stands with a point."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if text in self.empty_values:
            return None
        found = conditions.number(str(text))
        if found is None:
            raise forms.ValidationError(_("Enter a number."), code="invalid")
        return found

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "inputmode": "decimal", "size": 8}


def text(label: Any, *, required: bool = True, rows: int = 0) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows}) if rows else None
    return forms.CharField(label=label, max_length=LABEL, required=required, widget=widget)


def choices(codes: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return list(codes.items())


class SettingsForm(forms.Form):
    title_id = text(_("Title"))
    title_en = text(_("Title in English"), required=False)
    revision = forms.CharField(
        label=_("Revision number"), max_length=20, help_text=_("As Document Control prints it: 03.")
    )

    @staticmethod
    def initial_of(form: Form) -> dict[str, Any]:
        return {"title_id": form.title.id, "title_en": form.title.en, "revision": form.revision}

    def changed(self, form: Form) -> Form:
        data = self.cleaned_data
        return replace(form, title=Words(data["title_id"], data["title_en"]), revision=data["revision"].strip())


class SectionForm(forms.Form):
    label_id = text(_("Name"))
    label_en = text(_("Name in English"), required=False)
    weight = Number(label=_("Weight"), help_text=_("Only the proportion to the other sections counts."))
    touch_point = forms.ChoiceField(
        label=_("Touch point"), choices=[*NONE, *choices(TOUCH_POINTS)], required=False,
        help_text=_("Under which of the three its score is reported."),
    )  # fmt: skip

    @staticmethod
    def initial_of(section: Section) -> dict[str, Any]:
        return {
            "label_id": section.label.id, "label_en": section.label.en, "weight": f"{section.weight:f}",
            "touch_point": section.touch_point.value if section.touch_point else "",
        }  # fmt: skip

    def section(self, id_: str) -> Section:
        data = self.cleaned_data
        point = TouchPoint(data["touch_point"]) if data["touch_point"] else None
        return Section(id_, Words(data["label_id"], data["label_en"]), (), data["weight"], point)


class NewItemForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind of item"), choices=[], widget=forms.RadioSelect)
    label_id = text(_("Question"))
    label_en = text(_("Question in English"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(code, f"{word}: {words.KIND_HELP[code]}") for code, word in words.KINDS.items()]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]

    def label(self) -> Words:
        return Words(self.cleaned_data["label_id"], self.cleaned_data["label_en"])


class ItemForm(forms.Form):
    """Only the fields that an item of its kind has."""

    label_id = text(_("Question"), rows=2)
    label_en = text(_("Question in English"), required=False, rows=2)
    hint_id = text(_("Hint for the caller"), required=False, rows=2)
    hint_en = text(_("Hint in English"), required=False, rows=2)
    section = forms.ChoiceField(label=_("In the section"))
    weight = Number(label=_("Weight"), help_text=_("0: it is asked and may fail, but gives no points."))
    unit = forms.CharField(label=_("Unit"), max_length=12, required=False, help_text=_("s for seconds, x for times"))
    required = forms.BooleanField(label=_("Has to be answered"), required=False)
    na = forms.ChoiceField(label=_("N/A"), choices=choices(words.NOT_APPLICABLE))
    critical = forms.ChoiceField(
        label=_("Critical: error class"), choices=[*NONE, *choices(ERROR_CLASSES)], required=False,
        help_text=_("Whom a failure harms; it always becomes part of a finding."),
    )  # fmt: skip
    auto_fail = forms.ChoiceField(label=_("A failure pulls down"), choices=choices(words.AUTO_FAIL))
    cause = forms.ChoiceField(
        label=_("Cause of a failure"), choices=choices(CAUSES), help_text=_("From it follows who owns the finding.")
    )

    def __init__(self, data: Any, item: Item, form: Form, home: str) -> None:
        super().__init__(data, initial=_initial(item, home), auto_id="butir_%s")
        sections = [(one.id, words.said(one.label) or one.id) for one in form.sections]
        self.fields["section"].choices = sections  # type: ignore[attr-defined]
        gone = {Kind.TEXT: ("weight", "critical", "auto_fail", "cause", "unit")}.get(item.kind, ("unit",))
        for name in gone if item.kind is not Kind.NUMBER else ():
            del self.fields[name]

    def item(self, old: Item, steps: Iterable[Choice | Range], when: Iterable[Condition]) -> Item:
        data, steps = self.cleaned_data, tuple(steps)
        return replace(
            old,
            label=Words(data["label_id"], data["label_en"]),
            hint=Words(data["hint_id"], data["hint_en"]),
            weight=data.get("weight", Decimal(0)),
            unit=data.get("unit", "").strip(),
            required=data["required"],
            na=NotApplicable(data["na"]),
            error_class=ErrorClass(data["critical"]) if data.get("critical") else None,
            auto_fail=AutoFail(data.get("auto_fail", AutoFail.NOTHING.value)),
            cause=Cause(data["cause"]) if "cause" in data else old.cause,
            choices=tuple(one for one in steps if isinstance(one, Choice)),
            ranges=tuple(one for one in steps if isinstance(one, Range)),
            when=tuple(when),
        )


def _initial(item: Item, home: str) -> dict[str, Any]:
    return {
        "label_id": item.label.id, "label_en": item.label.en, "hint_id": item.hint.id, "hint_en": item.hint.en,
        "section": home, "weight": f"{item.weight:f}", "unit": item.unit, "required": item.required,
        "na": item.na.value, "critical": item.error_class.value if item.error_class else "",
        "auto_fail": item.auto_fail.value, "cause": item.cause.value,
    }  # fmt: skip


# --- answers, ranges, conditions: one row each


class StepForm(forms.Form):
    points = Number(label=_("Points"))
    fails = forms.BooleanField(label=_("Is a nonconformity"), required=False)


class ChoiceForm(StepForm):
    code = forms.CharField(label=_("Code"), max_length=40, required=False, widget=forms.TextInput({"size": 10}))
    label_id = text(_("Answer"), rows=2)
    label_en = text(_("Answer in English"), required=False, rows=2)
    field_order = ["label_id", "label_en", "points", "fails", "code"]


class RangeForm(StepForm):
    low = Number(label=_("From"))
    high = Number(label=_("Up to, not including"), required=False)
    field_order = ["low", "high", "points", "fails"]


class ConditionForm(forms.Form):
    item = forms.ChoiceField(label=_("Item"), choices=[], required=False)
    operator = forms.ChoiceField(label=_("is"), choices=choices(words.OPERATORS), required=False)
    value = forms.CharField(label=_("Value"), max_length=100, required=False, widget=forms.TextInput({"size": 12}))

    def __init__(self, *args: Any, others: Iterable[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["item"].choices = [*NONE, *others]  # type: ignore[attr-defined]


class _Rows(forms.BaseFormSet):  # type: ignore[type-arg]
    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if "ORDER" in form.fields:
            form.fields["ORDER"].label = _("Place in the order")


def step_rows(data: Any, item: Item) -> Any:
    """The formset of the answers or ranges; None: a text has none. Two answers of a yes/no item stay two."""
    if item.kind is Kind.TEXT:
        return None
    fixed = item.kind is Kind.YES_NO
    row = RangeForm if item.kind is Kind.NUMBER else ChoiceForm
    rows: Any = forms.formset_factory(
        row, formset=_Rows, extra=0 if fixed else 1, can_delete=not fixed, can_order=row is ChoiceForm and not fixed,
        max_num=form_rules.MAX_STEPS, absolute_max=40,
    )  # fmt: skip
    return rows(data, prefix="langkah", initial=[_step_initial(one) for one in item.steps])


def _step_initial(one: Choice | Range) -> dict[str, Any]:
    common = {"points": f"{one.points:f}", "fails": one.fails}
    if isinstance(one, Range):
        return {**common, "low": f"{one.low:f}", "high": "" if one.high is None else f"{one.high:f}"}
    return {**common, "code": one.code, "label_id": one.label.id, "label_en": one.label.en}


def steps(rows: Any, item: Item) -> list[Choice | Range]:
    """What a valid formset says; an answer without a code gets one."""
    found: list[Choice | Range] = []
    taken = {data.get("code") for data in _kept(rows)}
    for number, data in enumerate(_kept(rows)):
        if item.kind is Kind.NUMBER:
            found.append(Range(data["low"], data["high"], data["points"], data["fails"]))
            continue
        fixed = item.choices[number].code if item.kind is Kind.YES_NO and number < len(item.choices) else ""
        code = fixed or data["code"].strip() or next(c for n in range(1, 99) if (c := f"a{n}") not in taken)
        taken.add(code)
        found.append(Choice(code, Words(data["label_id"], data["label_en"]), data["points"], data["fails"]))
    return sorted(found, key=lambda one: one.low) if item.kind is Kind.NUMBER else found  # type: ignore[union-attr]


def condition_rows(data: Any, item: Item, form: Form) -> Any:
    rows: Any = forms.formset_factory(ConditionForm, extra=1, can_delete=True, max_num=10, absolute_max=12)
    others = [(one.id, _named(one)) for one in form.items() if one.id != item.id]
    initial = [{"item": one.item, "operator": one.operator.value, "value": one.value} for one in item.when]
    known = {id_ for id_, _label in others}
    others += [(one.item, one.item) for one in item.when if one.item not in known]
    return rows(data, prefix="syarat", initial=initial, form_kwargs={"others": others})


def _named(item: Item) -> str:
    """With its possible values, so that nobody has to look them up."""
    values = ", ".join(one.code for one in item.choices)
    label = (words.said(item.label) or item.id)[:60]
    return f"{label} ({values})" if values else label


def when(rows: Any) -> list[Condition]:
    return [
        Condition(data["item"], Operator(data["operator"] or "="), data["value"].strip())
        for data in _kept(rows)
        if data.get("item")
    ]


def _kept(rows: Any) -> list[dict[str, Any]]:
    """The filled rows that stay, in the order that was asked for."""
    kept = [row.cleaned_data for row in rows.forms if row.cleaned_data and not row.cleaned_data.get("DELETE")]
    return sorted(kept, key=lambda data: data.get("ORDER") or len(kept) + 1)


# --- a version


class ForceForm(forms.Form):
    since = day(_("In force from"), required=True)


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("Workbook (XLSX)"), widget=forms.FileInput(attrs={"accept": ".xlsx"}),
        help_text=_("Sheets survey, choices and settings, as the download has them."),
    )  # fmt: skip
