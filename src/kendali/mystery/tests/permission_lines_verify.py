"""Verifying, samples, an agent's own evaluations: who may open what."""

from tests.permissions import Line

LINES: dict[str, Line] = {}
