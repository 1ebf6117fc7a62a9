"""Roster, callers, destinations, calendar: who may open what."""

from tests.permissions import Line

LINES: dict[str, Line] = {}
