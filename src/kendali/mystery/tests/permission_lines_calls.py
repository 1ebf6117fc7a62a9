"""Calling, recordings, filling in and verifying the form: who may open what."""

from tests.permissions import Line

LINES: dict[str, Line] = {}
