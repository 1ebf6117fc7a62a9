"""What a browser would send: the fields of a page with the values they have."""

from __future__ import annotations

from html.parser import HTMLParser


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._text = self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "input" and name and (given.get("type") not in ("checkbox", "radio") or "checked" in given):
            self.values[name] = given.get("value", "on" if given.get("type") == "checkbox" else "")
        elif tag == "textarea":
            self._text, self.values[name] = name, ""
        elif tag == "select":
            self._select, self.values[name] = name, ""
        elif tag == "option" and "selected" in given:
            self.values[self._select] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._text:
            self.values[self._text] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.values[self._text], self._text = self.values[self._text].removeprefix("\n"), ""


def sent(html: str) -> dict[str, str]:
    """All fields of the page; where two forms have the same name, those of the last."""
    reader = _Fields()
    reader.feed(html)
    return reader.values
