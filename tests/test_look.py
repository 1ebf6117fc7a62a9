"""The look keeps its promises: vendored files are what they say, no page carries inline code or style, every icon and
component a page names is there, every template compiles."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from django.template.loader import get_template

from kendali.home.words import PACKAGE

STATIC = PACKAGE / "home" / "static"
VENDOR = STATIC / "vendor"
VENDORED = json.loads((VENDOR / "VENDOR.json").read_text())
ROOTS = sorted(PACKAGE.glob("*/templates"))
TEMPLATES = {str(path.relative_to(root)): path for root in ROOTS for path in sorted(root.rglob("*.html"))}
EVERY_TEMPLATE = pytest.mark.parametrize("name", TEMPLATES)
COMMENT = re.compile(r"{#.*?#}|{%\s*comment.*?endcomment\s*%}", re.DOTALL)
INLINE = {
    "a script": re.compile(r"<script(?![^>]*\s(?:src=|type=\"application/json\"))[^>]*>", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "an event handler": re.compile(r"<[^>]*\s(on[a-z]+|hx-on[:\w-]*)\s*=", re.IGNORECASE),
    "a script address": re.compile(r"(href|src|action)\s*=\s*[\"']\s*javascript:", re.IGNORECASE),
    "something from another host": re.compile(r"(?:src|<link[^>]*href)\s*=\s*[\"'](?:https?:)?//", re.IGNORECASE),
}


def source(name: str) -> str:
    return COMMENT.sub("", TEMPLATES[name].read_text())


@pytest.mark.parametrize(
    ("file", "digest"),
    [(f, d) for package in VENDORED for f, d in package["sha256"].items()],
    ids=lambda value: value[:40],
)
def test_a_vendored_file_is_the_one_that_was_reviewed(file: str, digest: str) -> None:
    assert hashlib.sha256((VENDOR / file).resolve().read_bytes()).hexdigest() == digest


def test_every_vendored_file_has_version_licence_and_digest() -> None:
    listed = {(VENDOR / file).resolve() for package in VENDORED for file in package["sha256"]}
    there = {path for folder in (VENDOR, PACKAGE / "home" / "fonts") for path in folder.iterdir() if path.is_file()}
    assert there - {VENDOR / "VENDOR.json"} == listed
    for package in VENDORED:
        assert package["version"]
        assert package["licence"]
        assert package["licence_text"] in package["sha256"]


@EVERY_TEMPLATE
@pytest.mark.parametrize("what", INLINE)
def test_a_template_carries_no_inline_code_or_style(name: str, what: str) -> None:
    found = INLINE[what].search(source(name))
    assert found is None, f"{name} has {what}: {found[0][:80] if found else ''}"


@EVERY_TEMPLATE
def test_every_icon_a_template_names_is_in_the_sprite(name: str) -> None:
    there = set(re.findall(r'<symbol id="([\w-]+)"', (VENDOR / "icons.svg").read_text()))
    named = set(re.findall(r'(?:<c-icon [^>]*?name|\sicon)="([\w-]+)"', source(name)))
    assert named - there == set()


@EVERY_TEMPLATE
def test_every_component_a_template_names_is_there(name: str) -> None:
    for component in set(re.findall(r"<c-([a-z][\w.-]*)", source(name))) - {"vars", "slot"}:
        path = "cotton/" + component.replace(".", "/").replace("-", "_")
        assert f"{path}.html" in TEMPLATES or f"{path}/index.html" in TEMPLATES, component


@EVERY_TEMPLATE
def test_no_component_is_given_a_filtered_value_by_name(name: str) -> None:
    """Cotton passes nothing for :count="rows|length"; count="{{ rows|length }}" arrives."""
    assert re.findall(r':[a-z_]+="[^"{]*\|[^"]*"', source(name)) == []


@EVERY_TEMPLATE
def test_every_template_compiles(name: str) -> None:
    assert get_template(name)


@pytest.mark.parametrize("name", ["400.html", "403.html", "403_csrf.html", "404.html", "500.html", "503.html"])
def test_an_error_page_needs_no_context_and_says_what_to_do_next(name: str) -> None:
    page = get_template(name).render()
    assert "<h1>" in page
    assert 'href="/"' in page
    assert len(re.findall(r"<p[^>]*>[^<]+", page)) >= 2


@pytest.mark.parametrize("name", sorted(path.name for path in (STATIC / "kendali").iterdir()))
def test_our_own_files_name_no_other_host(name: str) -> None:
    text = (STATIC / "kendali" / name).read_text().replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?://|@import|url\(\s*[\"']?//", text)


def test_a_colour_exists_in_both_themes() -> None:
    """Tokens are pairs; a bare colour below them would stay light in the dark."""
    sheet = (STATIC / "kendali" / "kendali.css").read_text()
    tokens, rest = sheet.split("/* ---- ground", 1)
    screen = rest.split("/* ---- paper", 1)[0]
    bare = re.findall(r"(?<![\w-])#[0-9a-f]{3,8}\b", re.sub(r"light-dark\([^()]*\)", "", screen))
    assert bare == []
    assert set(re.findall(r"var\((--[\w-]+)", sheet)) - set(re.findall(r"(--[\w-]+):", tokens + rest)) == set()


def test_the_css_names_only_files_that_exist() -> None:
    sheet = STATIC / "kendali" / "kendali.css"
    for address in re.findall(r'url\("([^"]+)"\)', sheet.read_text()):
        assert (sheet.parent / Path(address)).resolve().exists()


def test_the_sprite_holds_only_icons_that_pages_use() -> None:
    said = "".join(path.read_text() for path in [*TEMPLATES.values(), *PACKAGE.rglob("*.py")])
    there = re.findall(r'<symbol id="([\w-]+)"', (VENDOR / "icons.svg").read_text())
    assert [name for name in there if f'"{name}"' not in said and f"'{name}'" not in said] == []
