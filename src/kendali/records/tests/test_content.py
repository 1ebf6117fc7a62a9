"""Opening the content of a record: with a reason, for a while, on the audit trail; and what is shown is inert."""

from __future__ import annotations

import json
import struct
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from kendali.accounts.own_actions import create_token
from kendali.accounts.permissions import SCOPES, Refused, RuleRefused
from kendali.audit.models import Entry
from kendali.records.actions import content
from kendali.records.models import ContentOpening, Record
from kendali.records.tests.office import Office

OLD = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)
WHY = "Pengaduan 2026-114"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


def png() -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


@pytest.fixture
def chats(office: Office) -> Office:
    """Two backed-up conversations; the first is hostile and has files."""
    office.cast.now = timezone.now()
    office.source("obrolan", client=office.cast.nusantara, record_class="conversation")
    folder = office.folder / "export" / "obrolan"
    files = {"bukti.png": png(), "gambar.svg": SVG, "palsu.png": b"<html><script>alert(1)</script></html>"}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    office.chat("obrolan", "c1", [(OLD, HOSTILE), (OLD + timedelta(days=1), "السلام عليكم 🙏 & <b>tebal</b>")])
    office.rows["obrolan"]["c1"] |= {"customer_name": HOSTILE, "file": ";".join(files)}
    office.chat("obrolan", "c2", [(OLD, "halo")])
    office.write("obrolan")
    office.backed_up("obrolan")
    return office


@pytest.fixture
def calls(office: Office) -> Office:
    office.cast.now = timezone.now()
    office.source("pbx", client=office.cast.nusantara, record_class="recording")
    office.call("pbx", "call-1", OLD, seconds=3)
    office.call("pbx", "call-2", OLD)
    office.backed_up("pbx")
    return office


def record(ref: str) -> Record:
    return Record.objects.select_related("source__client", "version").get(ref=ref)


def opened(office: Office, ref: str, who: str = "tari") -> tuple[Browser, str]:
    """A browser of somebody who has opened the content by the page, and the address of the content."""
    browser, row = office.cast.web(getattr(office.cast, who)), record(ref)
    response = browser.post(f"/catatan/{row.pk}/buka/", {"alasan": WHY})
    assert (response.status_code, response["Location"]) == (302, f"/catatan/{row.pk}/isi/")
    return browser, f"/catatan/{row.pk}/isi/"


@pytest.mark.django_db(transaction=True)
def test_opening_is_in_the_audit_trail_with_its_reason_and_shows_the_chat(chats: Office) -> None:
    browser, address = opened(chats, "c2")
    page = browser.get(address)
    assert page.status_code == 200
    assert "halo" in page.content.decode()
    assert WHY in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    entry = Entry.objects.get(verb="record.opened")
    assert (entry.facts, entry.actor_name, entry.client) == (
        {"reason": WHY},
        chats.cast.tari.name,
        chats.cast.nusantara,
    )


@pytest.mark.django_db(transaction=True)
def test_without_a_reason_nothing_opens(chats: Office) -> None:
    row, browser = record("c1"), chats.cast.web(chats.cast.tari)
    assert browser.get(f"/catatan/{row.pk}/isi/")["Location"] == f"/catatan/{row.pk}/"
    for reason in ("", "   ", "pendek"):
        assert browser.post(f"/catatan/{row.pk}/buka/", {"alasan": reason})["Location"] == f"/catatan/{row.pk}/"
        with pytest.raises(RuleRefused):
            content.open_content(user=chats.cast.tari, at=timezone.now(), record=row, reason=reason)
    assert browser.get(f"/catatan/{row.pk}/isi/1/2/1/").status_code == 409
    assert not ContentOpening.objects.exists()
    assert not Entry.objects.filter(verb="record.opened").exists()


@pytest.mark.django_db(transaction=True)
def test_an_opening_is_for_one_person_and_ends(chats: Office) -> None:
    browser, address = opened(chats, "c1")
    assert chats.cast.web(chats.cast.rahma).get(address).status_code == 302
    ContentOpening.objects.update(
        at=timezone.now() - timedelta(minutes=40), until=timezone.now() - timedelta(minutes=10)
    )
    assert browser.get(address)["Location"] == f"/catatan/{record('c1').pk}/"
    assert browser.get(f"{address}1/2/1/").status_code == 409


@pytest.mark.django_db(transaction=True)
def test_who_may_not_open_is_refused_and_the_other_client_sees_nothing(chats: Office) -> None:
    row = record("c1")
    for who, status in {"indra": 403, "adi": 403, "clara": 403, "candra": 404, "agus": 403}.items():
        browser = chats.cast.web(getattr(chats.cast, who))
        assert browser.post(f"/catatan/{row.pk}/buka/", {"alasan": WHY}).status_code == status, who
        assert browser.get(f"/catatan/{row.pk}/isi/").status_code == status, who
    with pytest.raises(Refused):
        content.open_content(user=chats.cast.adi, at=timezone.now(), record=row, reason=WHY)


@pytest.mark.django_db(transaction=True)
def test_what_customers_wrote_is_shown_and_never_run(chats: Office) -> None:
    browser, address = opened(chats, "c1")
    page = browser.get(address)
    text = page.content.decode()
    assert "<script>alert" not in text
    assert "<img src=x" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "السلام عليكم 🙏 &amp; &lt;b&gt;tebal&lt;/b&gt;" in text
    assert text.count("chat-day") == 2
    assert "'unsafe-inline'" not in page["Content-Security-Policy"]


def attachments(browser: Browser, address: str) -> dict[str, Any]:
    """name → the answer for its file, as the page links it."""
    pk = int(address.split("/")[2])
    row = Record.objects.select_related("version__package", "source").get(pk=pk)
    package = content.package_of(row.version)  # type: ignore[arg-type]
    parts = next(written.parts for written in package.records() if written.ref == row.ref)
    answers = {}
    for slot in parts.values():
        link = f"{address}1/{slot}/1/"
        assert link in browser.get(address).content.decode()
        answers[package.unit(slot).files[0][0]] = browser.get(link)
    return answers


@pytest.mark.django_db(transaction=True)
def test_only_harmless_media_are_shown_everything_else_is_a_download(chats: Office) -> None:
    found = attachments(*opened(chats, "c1"))
    assert found["bukti.png"]["Content-Type"] == "image/png"
    assert found["bukti.png"]["Content-Disposition"].startswith("inline")
    assert b"".join(found["bukti.png"].streaming_content) == png()
    for name in ("gambar.svg", "palsu.png"):
        assert found[name]["Content-Type"] == "application/octet-stream"
        assert found[name]["Content-Disposition"].startswith("attachment")
    for answer in found.values():
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer["Content-Security-Policy"]
        assert "script-src" not in answer["Content-Security-Policy"]
        assert answer["Cache-Control"] == "private, no-store"


@pytest.mark.django_db(transaction=True)
def test_a_slot_of_another_record_is_not_found(chats: Office) -> None:
    browser, address = opened(chats, "c1")
    own = attachments(browser, address)
    assert own
    slots = [link for link in range(12) if browser.get(f"{address}1/{link}/1/").status_code == 200]
    other, its = opened(chats, "c2")
    assert [other.get(f"{its}1/{slot}/1/").status_code for slot in slots] == [404] * len(slots)
    assert browser.get(f"{address}9/{slots[0]}/1/").status_code == 404
    assert browser.get(f"{address}1/{slots[0]}/2/").status_code == 404
    assert browser.get(f"{address}?versi=7").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_recording_is_played_by_ranges(calls: Office) -> None:
    browser, address = opened(calls, "call-1")
    row = record("call-1")
    assert row.version is not None
    link = f"{address}1/{row.version.slot}/1/"
    page = browser.get(address).content.decode()
    assert link in page
    assert 'data-duration="3.000"' in page
    whole_file = (calls.folder / "export" / "pbx" / "call-1.wav").read_bytes()
    whole: Any = browser.get(link)
    assert (whole.status_code, whole["Content-Type"], whole["Accept-Ranges"]) == (200, "audio/wav", "bytes")
    assert b"".join(whole.streaming_content) == whole_file
    part: Any = browser.get(link, headers={"Range": "bytes=44-1043"})
    assert (part.status_code, part["Content-Range"]) == (206, f"bytes 44-1043/{len(whole_file)}")
    assert b"".join(part.streaming_content) == whole_file[44:1044]
    head = browser.head(link, headers={"Range": "bytes=-100"})
    assert (head.status_code, head["Content-Length"]) == (206, "100")
    beyond = browser.get(link, headers={"Range": f"bytes={len(whole_file)}-"})
    assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{len(whole_file)}")


@pytest.mark.django_db(transaction=True)
def test_the_shape_of_a_recording_is_computed_and_not_kept(calls: Office) -> None:
    browser, address = opened(calls, "call-1")
    row = record("call-1")
    assert row.version is not None
    answer = browser.get(f"{address}1/{row.version.slot}/1/bentuk.json")
    shape = json.loads(answer.content)
    assert len(shape) == 400
    assert 0 < max(shape) <= 1
    assert answer["Cache-Control"] == "private, no-store"


@pytest.mark.django_db(transaction=True)
def test_a_package_that_is_gone_is_said_on_the_page(calls: Office) -> None:
    browser, address = opened(calls, "call-1")
    package = record("call-1").version.package  # type: ignore[union-attr]
    (calls.folder / "store" / package.path).rename(calls.folder / "elsewhere")
    answer = browser.get(address)
    assert answer.status_code == 503
    assert "Traceback" not in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_the_api_opens_and_reads_the_same(chats: Office) -> None:
    row = record("c1")

    def ask(method: str, path: str, who: str = "tari", **data: object) -> Any:
        user = getattr(chats.cast, who)
        _, secret = create_token(user=user, at=timezone.now(), name=f"{path}{who}"[:40], scopes=list(SCOPES))
        more = {"data": data, "content_type": "application/json"} if method == "post" else {"data": data}
        return getattr(Browser(), method)(
            f"/api/v1/records/{path}", headers={"Authorization": f"Bearer {secret}"}, **more
        )

    assert ask("get", f"{row.pk}/content").status_code == 409
    assert ask("post", f"{row.pk}/open", reason="x").status_code == 409
    assert ask("post", f"{row.pk}/open", reason=WHY).status_code == 201
    found = ask("get", f"{row.pk}/content").json()
    assert (found["total"], found["customer_name"]) == (2, HOSTILE)
    assert [message["text"] for message in found["messages"][:1]] == [HOSTILE]
    slot = found["messages"][2]["attachments"][0]["slot"]
    file = ask("get", f"{row.pk}/attachments/{slot}")
    assert file["Content-Disposition"].startswith("attachment")
    assert ask("get", f"{row.pk}/content", "rahma").status_code == 409
    assert ask("get", f"{row.pk}/content", "candra").status_code == 404
    assert ask("get", f"{row.pk}/audio").status_code == 404
    assert [one["ref"] for one in ask("get", "search", name=HOSTILE).json()["records"]] == ["c1"]
