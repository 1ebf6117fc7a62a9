"""The form F-22 as register and sheets: who may open what."""

from tests.permissions import Line

LINES: dict[str, Line] = {}
