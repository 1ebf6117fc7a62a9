"""Archived tables as a chat: the sample's awkward conversations of a real database, and a vendor's rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from kendali.connectors.base import Connector
from kendali.connectors.chat import Chat, Message, printable
from kendali.connectors.chatwoot import chat as chatwoot_chat
from kendali.connectors.chatwoot.chat import attributes
from kendali.connectors.folder_drop import chat as folder_drop_chat
from kendali.connectors.tests.conftest import Chatwoot
from kendali.connectors.tests.sinks import MemorySink
from kendali.home.sample.script import DELETED


@pytest.fixture
def open_source(chatwoot: Chatwoot) -> Connector:
    return chatwoot.open()


def read(source: Connector, refs: Sequence[str]) -> Chat:
    """The chat of the first of the refs; all are copied, so that the others must not get into it."""
    sink = MemorySink()
    list(source.snapshot(list(refs), sink))
    own = {name: table.filter(pc.equal(table["_ref"], refs[0])) for name, table in sink.tables.items()}
    return chatwoot_chat.chat(own, "Asia/Jakarta")


def case(source: Connector, chatwoot: Chatwoot, name: str) -> Chat:
    return read(source, [chatwoot.cases[name][0], chatwoot.cases["endless"][0]])


def test_a_deleted_message_is_marked_and_keeps_what_the_application_kept(
    open_source: Connector, chatwoot: Chatwoot
) -> None:
    messages = case(open_source, chatwoot, "soft_deleted").messages
    assert [message.deleted for message in messages] == [False, False, True, True]
    assert messages[2].text == DELETED
    assert [message.direction for message in messages[2:]] == ["incoming", "outgoing"]


def test_private_notes_and_activities_are_no_words_to_the_customer(open_source: Connector, chatwoot: Chatwoot) -> None:
    everything = case(open_source, chatwoot, "everything_hangs_on_it").messages
    assert [message.direction for message in everything] == [
        "incoming", "outgoing", "incoming", "note", "incoming", "outgoing",
    ]  # fmt: skip
    assert everything[-1].kind == "input_csat"
    reopened = case(open_source, chatwoot, "reopened").messages
    first = next(message for message in reopened if message.direction == "activity")
    assert first.text.startswith("Percakapan ditandai selesai")


def test_an_e_mail_shows_its_subject_and_its_plain_text(open_source: Connector, chatwoot: Chatwoot) -> None:
    found = case(open_source, chatwoot, "json_in_string")
    assert found.messages[0].subject == 'Re: "Tagihan" \\ Juli'
    assert found.messages[0].text == 'Yth.\nBank\t"Nusantara"\\'
    assert [message.text for message in found.messages[1:]] == ["Terlampir ya Kak.", "Satu lagi."]
    assert found.facts["Subject"] == 'Re: "Tagihan" \\ Juli'


def test_a_nul_in_json_is_shown_as_a_mark(open_source: Connector, chatwoot: Chatwoot) -> None:
    first = case(open_source, chatwoot, "nul_escape").messages[0]
    assert first.text == "Formulir dari aplikasi lama\n· a\ufffdb"


def test_emoji_and_other_scripts_stay_as_they_were(open_source: Connector, chatwoot: Chatwoot) -> None:
    endless = case(open_source, chatwoot, "endless")
    assert "Sama-sama 🙏" in {message.text for message in endless.messages}
    assert printable("السلام \u200f👨‍👩‍👧‍👦 ꦱꦸ") == "السلام \u200f👨‍👩‍👧‍👦 ꦱꦸ"


def test_odd_contents_are_text_and_nothing_else(open_source: Connector, chatwoot: Chatwoot) -> None:
    picture, blank, long, odd, failed = case(open_source, chatwoot, "odd_contents").messages
    assert picture.text == ""
    assert [(a.name, a.content_type) for a in picture.attachments] == [("foto.jpg", "image/jpeg")]
    assert picture.attachments[0].part.startswith("blob-")
    assert blank.text == "   "
    assert len(long.text) == 96_000
    assert odd.text == "baris 1\nbaris 2\n\tkolom\\N \\. \\x00 'kutip' \"ganda\" <b>tebal</b> %s {nama} \ufffd"
    assert failed.failed


def test_a_conversation_without_messages_is_an_empty_chat(open_source: Connector, chatwoot: Chatwoot) -> None:
    found = case(open_source, chatwoot, "no_messages")
    assert list(found.messages) == []
    assert found.customer.name.startswith("Pelanggan Contoh")
    assert found.customer.phone.startswith("+62")


def test_every_message_of_the_sample_is_shown(open_source: Connector, chatwoot: Chatwoot) -> None:
    refs = [listed.ref for listed in open_source.due(None, "", 500)]
    sink = MemorySink()
    list(open_source.snapshot(refs, sink))
    found = chatwoot_chat.chat(sink.tables, "Asia/Jakarta").messages
    assert len(found) == sink.tables["messages"].num_rows
    assert all(message.at and message.at.tzinfo for message in found)


def test_whose_conversations_they_are_is_told_for_many_at_once(open_source: Connector, chatwoot: Chatwoot) -> None:
    refs = chatwoot.cases["same_customer_many_contacts"]
    sink = MemorySink()
    list(open_source.snapshot(refs, sink))
    tables = {
        name: sink.tables[name].select(["_ref", *columns]) for name, columns in chatwoot_chat.CUSTOMER_COLUMNS.items()
    }
    found = chatwoot_chat.customers(tables)
    assert [found[ref].name for ref in refs] == ["Siti Rahayu", "SITI RAHAYU", "Ny. Siti Rahayu"]
    assert [found[ref].phone for ref in refs] == ["+6281100999001", "081100999001", ""]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"deleted": true}', {"deleted": True}),
        ('"{\\"deleted\\": true}"', {"deleted": True}),
        ('"no json"', {}),
        ("[1]", {}),
        ("{", {}),
        ("", {}),
        (None, {}),
    ],
)
def test_content_attributes_are_json_or_json_in_a_string_or_nothing(text: str | None, found: dict[str, object]) -> None:
    assert attributes(text) == found


def hand_made(**columns: object) -> Message:
    """One message of a table with the columns given."""
    row = {"_ref": "1", "id": 1, "created_at": datetime(2025, 1, 1), "message_type": 0, **columns}  # noqa: DTZ001
    return chatwoot_chat.chat({"messages": pa.Table.from_pylist([row])}, "UTC").messages[0]


def test_a_kind_of_message_that_is_not_known_yet_says_so() -> None:
    assert hand_made(content_type=77, content="isi").kind == "unknown"
    assert hand_made(content_type=0, content="isi").kind == ""


def test_an_e_mail_with_html_only_is_shown_as_its_source() -> None:
    mail = json.dumps({"email": {"html_content": {"full": "<b onclick=x>hai</b>"}, "text_content": None}})
    assert hand_made(content="hai", content_attributes=mail).text == "<b onclick=x>hai</b>"


def test_choices_and_answers_of_a_form_are_lines() -> None:
    more = json.dumps(
        {"items": [{"title": "Ya"}, "Tidak", 3, None], "submitted_values": [{"title": "Ya", "value": "1"}]}
    )
    assert hand_made(content="Setuju?", content_attributes=more).text == "Setuju?\n· Ya\n· Tidak\n· 3\n→ Ya: 1"


def exported(messages: list[dict[str, object]], **record: object) -> Chat:
    tables = {
        "records": pa.table({"_ref": ["1"], "row": [json.dumps(record)]}),
        "messages": pa.table({"_ref": ["1"] * len(messages), "row": [json.dumps(m) for m in messages]}),
        "files": pa.table(
            {"_ref": ["1", "1"], "part": ["file-1", "file-2"], "name": ["a.png", "sisa.pdf"], "size": [3, 4]}
        ),
    }
    return folder_drop_chat.chat(tables, "Asia/Jakarta")


def test_a_vendors_rows_become_a_chat_with_sides_times_and_files() -> None:
    found = exported(
        [
            {"sent_at": "2025-03-03 09:00", "sender": "nasabah", "text": "halo", "file": "foto/a.png;hilang.png"},
            {"sent_at": "2025-03-03T09:05:00+07:00", "sender": "Agus", "text": "baik"},
            {"sent_at": "entah kapan", "sender": "internal", "text": "cek"},
        ],
        customer_name="Siti",
        customer_phone="0812",
        agent="Agus",
        file="sisa.pdf",
    )
    first, second, third, rest = found.messages
    assert [m.direction for m in (first, second, third)] == ["incoming", "outgoing", "note"]
    assert first.at == datetime(2025, 3, 3, 2, 0, tzinfo=UTC)
    assert second.at == datetime(2025, 3, 3, 2, 5, tzinfo=UTC)
    assert third.at is None
    assert second.author == "Agus"
    assert [(a.name, a.part) for a in first.attachments] == [("a.png", "file-1"), ("hilang.png", "")]
    assert [a.name for a in rest.attachments] == ["sisa.pdf"]
    assert (found.customer.name, found.customer.phone) == ("Siti", "0812")
