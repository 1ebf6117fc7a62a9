"""Compiles every template of every app, and every component it names."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import django
from django.apps import apps
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import get_template

COMPONENT = re.compile(r"<c-([a-z][a-z0-9._-]*)")
BUILT_IN = {"vars", "component", "slot"}


def names() -> list[tuple[Path, str]]:
    """(file, name) of each of our own templates."""
    found = []
    for config in apps.get_app_configs():
        folder = Path(config.path) / "templates"
        if config.name.startswith("kendali.") and folder.is_dir():
            found += [(path, str(path.relative_to(folder))) for path in folder.rglob("*.html")]
    return sorted(found)


def problems() -> list[str]:
    listed = names()
    known = {name for _, name in listed}
    complaints = []
    for path, name in listed:
        try:
            get_template(name)
        except (TemplateSyntaxError, TemplateDoesNotExist) as problem:
            complaints.append(f"{path}: {problem}")
        for component in COMPONENT.findall(path.read_text()):
            target = f"cotton/{component.replace('.', '/').replace('-', '_')}"
            if component not in BUILT_IN and not known & {f"{target}.html", f"{target}/index.html"}:
                complaints.append(f"{path}: there is no component <c-{component}> ({target}.html)")
    return complaints


if __name__ == "__main__":
    django.setup()
    found = problems()
    print("\n".join(found) or f"{len(names())} templates compile")
    sys.exit(bool(found))
