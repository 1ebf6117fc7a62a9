"""The codes of the rules' machines as a column: one list, the rules' own, held to it by the database."""

from __future__ import annotations

from enum import StrEnum

from django.db import models


def column(codes: type[StrEnum], default: StrEnum | None = None) -> models.CharField[str, str]:
    """A column for one of these codes; labels for people are in `words`."""
    if default is None:
        return models.CharField(max_length=24, blank=True, default="")
    return models.CharField(max_length=24, default=default.value)


def among(field: str, codes: type[StrEnum], name: str, *, empty: bool = False) -> models.CheckConstraint:
    allowed = [one.value for one in codes] + ([""] if empty else [])
    return models.CheckConstraint(condition=models.Q(**{f"{field}__in": allowed}), name=name)
