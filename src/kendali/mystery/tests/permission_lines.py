"""Who may open what of mystery calling; each part brings its own lines."""

from importlib import import_module

from tests.permissions import Line

PARTS = ("calls", "f22", "findings", "forms", "people", "plan", "prepare", "verify")
LINES: dict[str, Line] = {
    name: line
    for part in PARTS
    for name, line in import_module(f"kendali.mystery.tests.permission_lines_{part}").LINES.items()
}
