"""What people type on the pages of cycles and plans."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from kendali.mystery.models import Material, ScenarioVersion
from kendali.mystery.rules.quotas import Dimension, Margin, Request
from kendali.mystery.rules.rounding import Share
from kendali.numerals import whole

MOST = 100_000


class Unreadable(ValueError):
    """A figure of the quotas cannot be read; the text says which."""


def name(dimension: Dimension, level: str, part: str) -> str:
    """Of the field: "area.jkt.weight"; the outcome has the level "-"."""
    return f"{dimension.value}.{level or '-'}.{part}"


def request_of(data: QueryDict, levels: Mapping[Dimension, Iterable[str]]) -> Request:
    """The quotas as they were typed; a level with neither share nor floor stays out of nothing: its share is 0. Raises
    Unreadable."""
    margins = tuple(
        Margin(dimension, tuple(_share(data, dimension, level) for level in of)) for dimension, of in levels.items()
    )
    return Request(_number(data, "samples", needed=True) or 0, margins)


def _share(data: QueryDict, dimension: Dimension, level: str) -> Share:
    weight, least, most = (_number(data, name(dimension, level, part)) for part in ("weight", "least", "most"))
    return Share(level, 1 if weight is None else weight, least or 0, most)


def _number(data: QueryDict, field: str, *, needed: bool = False) -> int | None:
    text = data.get(field, "").strip()
    if not text and not needed:
        return None
    value = whole(text)
    if value is None or not 0 <= value <= MOST:
        raise Unreadable(translate("“%(text)s” is no whole number from 0 to %(most)s.") % {"text": text, "most": MOST})
    return value


class BeginForm(forms.Form):
    bulan = forms.DateField(
        label=_("Month"), input_formats=["%Y-%m"], widget=forms.DateInput(attrs={"type": "month"}, format="%Y-%m")
    )


class ChooseForm(forms.Form):
    """Materials and approved scenarios of a month."""

    materials = forms.ModelMultipleChoiceField(Material.objects.none(), required=False, label=_("Materials"))
    versions = forms.ModelMultipleChoiceField(ScenarioVersion.objects.none(), required=False, label=_("Scenarios"))

    def __init__(self, data: object, materials: object, versions: object) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.fields["materials"].queryset = materials  # type: ignore[attr-defined]
        self.fields["versions"].queryset = versions  # type: ignore[attr-defined]
