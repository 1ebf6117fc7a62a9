"""Articles from sheets and from the knowledge base: looked at first, all of it or nothing, wrong rows named."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import xlsxwriter
from django.utils import translation
from django.utils.translation import gettext

from kendali.accounts.permissions import Refused, RuleRefused
from kendali.documents import importing, knowledge_base, queries, sheets
from kendali.documents.import_rules import Effect, Known, columns, dry_run
from kendali.documents.models import ArticleImport, Revision
from kendali.documents.rules import digest
from kendali.documents.sheets import NotReadable
from kendali.notices.models import Notice
from kendali.terms.models import Setting
from tests.cast import NOW, Cast

TODAY = date(2026, 11, 20)
CSV = """Kode;Judul;Isi;Berlaku dari;Berlaku sampai
PSL-1;Biaya;Rp 2.500;01/11/2026;
psl-2;Blokir;Hubungi 1500;;31-12-2026
"""


def row(code: str = "PSL-1", title: str = "Biaya", text: str = "Rp 2.500", **more: str) -> dict[str, str]:
    return {"code": code, "title": title, "text": text, "valid_from": "", "valid_until": "", **more}


KNOWN = Known("PSL-1", 2, digest("Biaya", "Rp 2.500", {}), date(2026, 11, 1), None)


# --- the plan: a table of cases


@pytest.mark.parametrize(
    ("rows", "effects"),
    [
        ([row("PSL-9")], [Effect.NEW]),
        ([row()], [Effect.UNCHANGED]),
        ([row(text="Rp 3.000")], [Effect.CHANGED]),
        ([row(title="Biaya baru")], [Effect.CHANGED]),
        ([row(valid_until="2026-12-31")], [Effect.ENDS]),
        ([row(code=" psl-1 ", title=" Biaya ", text="Rp 2.500\r\n")], [Effect.UNCHANGED]),
        ([row(), row("", "", ""), row("PSL-9")], [Effect.UNCHANGED, Effect.NEW]),
    ],
)
def test_what_a_row_would_change(rows: list[dict[str, str]], effects: list[Effect]) -> None:
    plan = dry_run(rows, [KNOWN], on=TODAY)
    assert plan.faults == ()
    assert [step.effect for step in plan.steps] == effects


@pytest.mark.parametrize(
    ("rows", "place", "says"),
    [
        ([row("")], (2, "code"), "A number has"),
        ([row("PSL 1")], (2, "code"), "A number has"),
        ([row(title=" ")], (2, "title"), "title is missing"),
        ([row("PSL-9"), row("PSL-8", text="")], (3, "text"), "text is missing"),
        ([row("PSL-9"), row("psl-9")], (3, "code"), "in row 2 already"),
        ([row(valid_from="besok")], (2, "valid_from"), "besok is no date"),
        ([row(valid_from="31/02/2026")], (2, "valid_from"), "is no date"),
        ([row("PSL-9", valid_from="2026-12-01", valid_until="2026-11-30")], (2, "valid_until"), "ends before"),
        ([row(text="Rp 3.000", valid_from="2026-10-01")], (2, "valid_from"), "cannot begin earlier"),
        ([row(valid_until="2026-10-01", valid_from="2026-09-01")], (2, "valid_until"), "ends before it begins"),
        ([row("", "", "")], (0, ""), "no article in it"),
        ([row()] * 5001, (0, ""), "More than 5000 rows"),
    ],
)
def test_a_wrong_row_is_named(rows: list[dict[str, str]], place: tuple[int, str], says: str) -> None:
    fault = dry_run(rows, [KNOWN], on=TODAY).faults[0]
    assert (fault.row, fault.column) == place
    assert says in fault.why.reason % dict(fault.why.facts)


def test_a_draft_that_is_open_has_to_be_finished_first() -> None:
    plan = dry_run([row(text="x")], [Known("PSL-1", 1, "", TODAY, None, draft=True)], on=TODAY)
    assert "draft of PSL-1 is open" in plan.faults[0].why.reason % dict(plan.faults[0].why.facts)


# --- files


def workbook(lines: list[list[object]]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        sheet = book.add_worksheet()
        for y, line in enumerate(lines):
            for x, cell in enumerate(line):
                if isinstance(cell, date):
                    sheet.write_datetime(y, x, datetime(cell.year, cell.month, cell.day), day)  # noqa: DTZ001
                else:
                    sheet.write(y, x, cell)
    return buffer.getvalue()


def test_a_workbook_and_a_text_file_say_the_same() -> None:
    lines: list[list[object]] = [
        ["code", "TITLE", "text", "valid_from"],
        ["PSL-1", "Biaya", "Rp 2.500", date(2026, 11, 1)],
        [17.0, "Tujuh belas", "x", None],
    ]
    assert sheets.read("a.xlsx", workbook(lines)) == [
        {"code": "PSL-1", "title": "Biaya", "text": "Rp 2.500", "valid_from": "2026-11-01"},
        {"code": "17", "title": "Tujuh belas", "text": "x", "valid_from": ""},
    ]
    assert [one["code"] for one in sheets.read("a.csv", CSV.encode("utf-8-sig"))] == ["PSL-1", "psl-2"]
    assert sheets.read("a.csv", 'code,title,text\nA,"x, y","z\nz"\n'.encode("cp1252"))[0]["text"] == "z\nz"


def test_the_heads_that_the_page_names_are_read_in_both_languages() -> None:
    for language in ("id", "en"):
        with translation.override(language):
            named = [gettext(text) for text in ("number", "title", "text", "in force from", "in force until")]
        assert list(columns(named)) == ["code", "title", "text", "valid_from", "valid_until"]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.xlsx", b"PK not a workbook", "cannot be read as a workbook"),
        ("a.csv", b"", "empty"),
        ("a.csv", b"code;title\nA;b\n", "text"),
        ("a.csv", b"x" * 10_000_001, "larger than 10 MB"),
        ("a.xlsx", b"", "workbook"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(name: str, content: bytes, says: str) -> None:
    with pytest.raises(NotReadable, match=says):
        sheets.read(name, content)


# --- applied


def test_an_import_is_applied_as_a_whole(cast: Cast) -> None:
    looked = importing.check_file(user=cast.qanita, at=cast.now, name="pansol.csv", content=CSV.encode())
    assert not Revision.objects.exists()
    importing.apply(user=cast.qanita, at=cast.now, row=looked)
    versions = [(one.code, one.version, one.valid_until) for one in queries.article_versions()]
    assert versions == [("PSL-1", 1, None), ("PSL-2", 1, date(2026, 12, 31))]
    assert Revision.objects.get(document__code="PSL-1").origin_ref == "pansol.csv, 2"

    changed = CSV.replace("2.500", "3.000").replace("31-12-2026", "30-11-2026") + "PSL-3;Limit;Rp 1 juta;;\n"
    again = importing.check_file(user=cast.dewi, at=cast.now, name="pansol.csv", content=changed.encode())
    done = importing.apply(user=cast.dewi, at=cast.now, row=again)
    assert done.counts == {"new": 1, "changed": 1, "ends": 1, "unchanged": 0}
    now = queries.article_in_force("PSL-1", TODAY)
    assert now is not None
    assert (now.version, now.body) == (2, "Rp 3.000")
    blocked = queries.article_in_force("PSL-2", TODAY)
    assert blocked is not None
    assert (blocked.version, blocked.valid_until) == (1, date(2026, 11, 30))
    with pytest.raises(Exception, match="no longer"):
        importing.apply(user=cast.dewi, at=cast.now, row=done)


def test_nothing_is_applied_while_one_row_is_wrong(cast: Cast) -> None:
    looked = importing.check_file(user=cast.qanita, at=cast.now, name="a.csv", content=f"{CSV}PSL-3;;x;;\n".encode())
    with pytest.raises(RuleRefused, match="1"):
        importing.apply(user=cast.qanita, at=cast.now, row=looked)
    assert not Revision.objects.exists()


@pytest.mark.parametrize("who", ["qori", "kirana", "aulia", "surya"])
def test_only_qa_and_document_control_import(cast: Cast, who: str) -> None:
    with pytest.raises(Refused):
        importing.check_file(user=cast.people[who], at=cast.now, name="a.csv", content=CSV.encode())
    with pytest.raises(Refused):
        importing.ask(user=cast.people[who], at=cast.now)


# --- the knowledge base, on the loopback


class Base(BaseHTTPRequestHandler):
    """Answers what the test put into `server.said`: status, body, more heads, seconds to wait."""

    def do_GET(self) -> None:
        status, body, heads, wait = self.server.said  # type: ignore[attr-defined]
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        if wait:
            self.server.released.wait(wait)  # type: ignore[attr-defined]
        self.send_response(status)
        for name, value in heads.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def answering(
    body: object, *, status: int = 200, heads: dict[str, str] | None = None, wait: float = 0
) -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), Base)
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    server.said, server.asked, server.released = (status, content, heads or {}, wait), [], threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.released.set()  # type: ignore[attr-defined]
        server.shutdown()
        server.server_close()
        thread.join()


def at(server: HTTPServer, path: str = "/articles.json") -> str:
    return f"http://127.0.0.1:{server.server_port}{path}"


@pytest.mark.parametrize("wrap", [False, True])
def test_the_knowledge_base_answers_with_a_list(wrap: bool) -> None:
    said = [{"code": "PSL-1", "title": "Biaya", "text": "Rp 2.500", "valid_from": "2026-11-01", "other": 1}]
    with answering({"articles": said} if wrap else said) as server:
        assert knowledge_base.read(at(server)) == [row(valid_from="2026-11-01")]


@pytest.mark.parametrize(
    ("status", "body", "heads", "says"),
    [
        (200, b"<html>", {}, "not JSON"),
        (200, b"[" * 100_000, {}, "not JSON"),
        (200, b'{"rows": []}', {}, "no list of articles"),
        (200, b'["PSL-1"]', {}, "no list of articles"),
        (200, b'[{"id": 1}]', {}, "none of the fields"),
        (404, b"[]", {}, "status 404"),
        (500, b"[]", {}, "status 500"),
        (302, b"", {"Location": "http://127.0.0.1:1/"}, "not followed"),
        (302, b"", {"Location": "file:///etc/passwd"}, "not followed"),
        (200, b"x" * 2_000, {}, "more than 1 MB"),
    ],
)
def test_an_answer_that_is_none_says_so(status: int, body: bytes, heads: dict[str, str], says: str) -> None:
    with answering(body, status=status, heads=heads) as server:
        with pytest.raises(NotReadable, match=says):
            knowledge_base.read(at(server), most_bytes=1_000 if "more than" in says else 1_000_000)
        assert server.asked == ["/articles.json"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("file:///etc/passwd", "begin with https"),
        ("ftp://127.0.0.1/a", "begin with https"),
        ("pansol.example/a", "begin with https"),
        ("http://", "begin with https"),
        ("http://u:p@127.0.0.1/", "user name or a password"),
        ("http://127.0.0.1:99999/", "cannot be read"),
        ("http://127.0.0.1:1/", "does not answer"),
    ],
)
def test_an_address_that_cannot_be_asked_says_so(address: str, says: str) -> None:
    with pytest.raises(NotReadable, match=says):
        knowledge_base.read(address)


def test_a_knowledge_base_that_is_silent_is_not_waited_for() -> None:
    with answering([], wait=60) as server, pytest.raises(NotReadable, match="takes longer"):
        knowledge_base.read(at(server), seconds=0.2)


def points_to(address: str) -> None:
    newest = Setting.objects.filter(key="mystery.knowledge_url").count()
    Setting.objects.create(key="mystery.knowledge_url", value=address, version=newest + 1, created_at=NOW)


def test_what_is_right_is_taken_over_by_the_job(cast: Cast) -> None:
    with answering([row("PSL-1"), row("PSL-2")]) as server:
        points_to(at(server))
        asked = importing.ask(user=cast.qanita, at=cast.now)
        with pytest.raises(RuleRefused):
            importing.ask(user=cast.qadri, at=cast.now)
        done = importing.read_now(asked, at=cast.now)
    assert (done.status, done.counts["new"]) == ("applied", 2)
    now = queries.article_in_force("PSL-2", TODAY)
    assert now is not None
    assert (now.origin, now.effective_by) == ("http", None)
    assert importing.read_now(done, at=cast.now).counts["new"] == 2  # a second time: nothing


def test_wrong_rows_wait_for_somebody(cast: Cast) -> None:
    with answering([row("PSL-1"), row("PSL-2", text="")]) as server:
        points_to(at(server))
        done = importing.read_now(importing.ask(user=cast.qanita, at=cast.now), at=cast.now)
    assert done.status == "checked"
    assert not Revision.objects.exists()
    assert [one.kind for one in Notice.objects.filter(user=cast.qanita)] == ["article.import_waits"]


def test_a_failed_reading_is_told_once_and_says_why_on_its_page(cast: Cast) -> None:
    points_to("http://127.0.0.1:1/")
    for day in (0, 1, 2):
        at_ = cast.now + timedelta(days=day)
        begun = importing.ask_when_due(at_)
        assert begun is not None
        assert importing.ask_when_due(at_) is None  # not before its hours are over
        importing.read_now(begun, at=at_)
    assert Notice.objects.filter(user=cast.qanita, kind="article.import_failed").count() == 1
    newest = ArticleImport.objects.first()
    page = cast.web(cast.qanita).get(f"/pansol/impor/{newest.pk if newest else 0}/")
    assert "127.0.0.1:1 tidak menjawab" in page.content.decode()


def test_without_an_address_nothing_is_asked(cast: Cast, tmp_path: Path) -> None:
    assert importing.ask_when_due(cast.now) is None
    with pytest.raises(RuleRefused):
        importing.ask(user=cast.qanita, at=cast.now)
