"""Findings and their clocks, disputes, coaching: who may open what."""

from tests.permissions import Line

LINES: dict[str, Line] = {}
