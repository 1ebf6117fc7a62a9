"""The form builder: who may open what."""

from tests.permissions import Line

LINES: dict[str, Line] = {}
