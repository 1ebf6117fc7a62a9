"""Deleting in Chatwoot's database: what is shared, what is held by others, what comes in between, what was cut off."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Thread

import psycopg
import pytest

from kendali.connectors.base import Deletion, Part, SourceError
from kendali.connectors.chatwoot import sql_deleter
from kendali.connectors.problems import sentence
from kendali.connectors.tests.contract import everything
from kendali.connectors.tests.grounds import ChatwootGround, chatwoot_ground

# What a conversation of Chatwoot hangs on, by its own models; the others are people and places.
TABLES = {
    *("conversations", "messages", "attachments", "active_storage_attachments", "active_storage_blobs"),
    *("active_storage_variant_records", "csat_survey_responses", "reporting_events", "conversation_participants"),
    *("mentions", "notifications", "taggings", "applied_slas", "sla_events"),
}


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[ChatwootGround]:
    with chatwoot_ground(tmp_path) as made:
        yield made


def case(ground: ChatwootGround, name: str) -> list[str]:
    with ground.owner() as owner:
        query = "SELECT id::text FROM conversations WHERE custom_attributes->>'sample_case' = %s ORDER BY id"
        return [ref for (ref,) in owner.execute(query, [name]).fetchall()]


def delete(ground: ChatwootGround, refs: Sequence[str], **changes: object) -> dict[str, Deletion]:
    reader, deleter = ground.reader(), ground.deleter(**changes)
    answers = {each.ref: each for each in deleter.delete(dict(reader.fingerprints(refs)))}
    reader.close()
    deleter.close()
    return answers


def left(ground: ChatwootGround, ref: str, parts: Sequence[Part]) -> dict[str, str]:
    deleter = ground.deleter()
    states = deleter.absent({ref: parts})[ref]
    deleter.close()
    return {each.part.name: each.state for each in states if each.state != "gone"}


def all_refs(ground: ChatwootGround) -> list[str]:
    reader = ground.reader()
    refs = [listed.ref for listed in everything(reader)]
    reader.close()
    return refs


def parts_of(ground: ChatwootGround, refs: Sequence[str]) -> dict[str, Sequence[Part]]:
    deleter = ground.deleter()
    parts = dict(deleter.parts(refs))
    deleter.close()
    return parts


def count(ground: ChatwootGround, query: str, *values: object) -> int:
    with ground.owner() as owner:
        row = owner.execute(query.encode(), values).fetchone()
        assert row is not None
        return int(row[0])


def test_rows_go_from_every_table_that_hangs_on_the_conversation(ground: ChatwootGround) -> None:
    (ref,) = case(ground, "everything_hangs_on_it")
    parts = parts_of(ground, [ref])[ref]
    assert {part.name.partition(":")[0] for part in parts if part.kind == "row"} >= TABLES - {
        "active_storage_variant_records"
    }
    before = ground.picture()
    assert delete(ground, [ref])[ref].outcome == "deleted"
    gone = before - ground.picture()
    assert {name for name, _ in gone if "/" not in name} >= TABLES - {"active_storage_variant_records"}
    rows = sum(part.name.count(",") + 1 for part in parts if part.kind == "row")
    files = sum(part.kind == "blob" for part in parts)
    assert gone.total() == rows + files
    assert left(ground, ref, parts) == {}


@pytest.mark.parametrize("together", [True, False])
def test_a_blob_that_serves_two_conversations_goes_with_the_last(ground: ChatwootGround, together: bool) -> None:
    one, other = case(ground, "shared_blob")
    parts = parts_of(ground, [one, other])
    (blob,) = {part.name for part in parts[one] if part.kind == "blob"}
    assert blob in {part.name for part in parts[other]}
    file = next(ground.storage.rglob(blob.partition(":")[2]))
    if together:
        assert {each.outcome for each in delete(ground, [one, other]).values()} == {"deleted"}
    else:
        assert delete(ground, [one])[one].outcome == "deleted"
        assert file.exists()
        deleter = ground.deleter()
        states = {each.part.name: each for each in deleter.absent(parts)[one]}
        assert states[blob].state == "gone"
        assert states[blob].shared
        assert not states[f"conversations:{one}"].shared
        deleter.finish({one: parts[one]})
        deleter.close()
        assert file.exists()
        assert left(ground, other, parts[other]) == {part.name: "present" for part in parts[other]}
        assert delete(ground, [other])[other].outcome == "deleted"
    assert not file.exists()
    assert left(ground, one, parts[one]) == left(ground, other, parts[other]) == {}


def test_a_shared_blob_of_a_conversation_that_changed_stays_with_it(ground: ChatwootGround) -> None:
    one, other = case(ground, "shared_blob")
    parts = parts_of(ground, [one, other])
    reader, deleter = ground.reader(), ground.deleter()
    expected = dict(reader.fingerprints([one, other])) | {other: b"\0" * 32}
    assert {each.ref: each.outcome for each in deleter.delete(expected)} == {one: "deleted", other: "changed"}
    assert left(ground, one, parts[one]) == {}
    assert len(left(ground, other, parts[other])) == len(parts[other])
    reader.close()
    deleter.close()


def test_previews_and_variants_go_with_their_picture_however_deep(ground: ChatwootGround) -> None:
    (ref,) = case(ground, "everything_hangs_on_it")
    blob = next(part for part in parts_of(ground, [ref])[ref] if part.name.startswith("active_storage_blobs:"))
    number = int(blob.name.partition(":")[2])
    with ground.owner() as owner:
        for step, (kind, root) in enumerate(
            (("ActiveStorage::Blob", number), ("ActiveStorage::VariantRecord", 900_000))
        ):
            new, key = 900_000 + step, f"zz{step}vpreview"
            (ground.storage / key[:2] / key[2:4]).mkdir(parents=True)
            (ground.storage / key[:2] / key[2:4] / key).write_bytes(b"small")
            owner.execute(
                "INSERT INTO active_storage_blobs (id, key, filename, byte_size, checksum, created_at, service_name) "
                "VALUES (%s, %s, 'p.png', 5, 'x', now(), 'local')",
                [new, key],
            )
            if kind == "ActiveStorage::VariantRecord":
                owner.execute(
                    "INSERT INTO active_storage_variant_records (id, blob_id, variation_digest) VALUES (77, %s, 'd')",
                    [root],
                )
            owner.execute(
                "INSERT INTO active_storage_attachments (id, name, record_type, record_id, blob_id, created_at) "
                "VALUES (%s, 'image', %s, %s, %s, now())",
                [new, kind, number if kind == "ActiveStorage::Blob" else 77, new],
            )
    parts = parts_of(ground, [ref])[ref]
    assert {"local:zz0vpreview", "local:zz1vpreview", "active_storage_variant_records:77"} <= {
        part.name for part in parts
    }
    assert delete(ground, [ref])[ref].outcome == "deleted"
    assert left(ground, ref, parts) == {}
    assert not list(ground.storage.rglob("zz*preview"))
    assert count(ground, "SELECT count(*) FROM active_storage_blobs WHERE id >= 900000") == 0


def test_a_conversation_that_somebody_works_on_is_left_for_later_and_the_others_go(ground: ChatwootGround) -> None:
    refs = all_refs(ground)[:6]
    with psycopg.connect(ground.server.dsn) as somebody:
        somebody.execute("UPDATE conversations SET priority = 1 WHERE id = %s", [refs[2]])
        answers = delete(ground, refs)
        somebody.rollback()
    busy = answers[refs[2]]
    assert (busy.outcome, busy.retryable) == ("failed", True)
    assert busy.problem is not None
    assert busy.problem.code == "busy"
    assert {answers[ref].outcome for ref in refs if ref != refs[2]} == {"deleted"}
    assert delete(ground, [refs[2]])[refs[2]].outcome == "deleted"


def test_a_message_that_somebody_edits_just_now_stops_only_its_conversation(ground: ChatwootGround) -> None:
    refs = all_refs(ground)[:6]
    with psycopg.connect(ground.server.dsn) as somebody:
        somebody.execute("UPDATE messages SET content = 'x' WHERE conversation_id = %s", [refs[3]])
        answers = delete(ground, refs)
        somebody.commit()
    assert {ref for ref, each in answers.items() if each.outcome == "failed" and each.retryable} == {refs[3]}
    assert {answers[ref].outcome for ref in refs if ref != refs[3]} == {"deleted"}


def test_a_message_that_arrives_while_its_conversation_is_taken_saves_it(ground: ChatwootGround) -> None:
    refs = all_refs(ground)[:4]
    with ground.owner() as owner:  # the customer writes in the very moment
        owner.execute(
            "CREATE FUNCTION writes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO messages (content, "
            "account_id, inbox_id, conversation_id, message_type, created_at, updated_at) VALUES "
            f"('Halo?', 1, 1, {int(refs[1])}, 0, now(), now()); RETURN NULL; END $$; "
            "CREATE TRIGGER writes AFTER DELETE ON messages FOR EACH STATEMENT EXECUTE FUNCTION writes(); "
            "GRANT INSERT ON messages TO PUBLIC; GRANT USAGE ON SEQUENCE messages_id_seq TO PUBLIC;"
        )
    before = parts_of(ground, [refs[1]])
    answers = delete(ground, refs)
    assert answers[refs[1]].outcome == "changed"
    assert {answers[ref].outcome for ref in refs if ref != refs[1]} == {"deleted"}
    rows = {part.name.partition(":")[0] for part in parts_of(ground, [refs[1]])[refs[1]]}
    assert rows == {part.name.partition(":")[0] for part in before[refs[1]]}


def test_a_message_of_a_session_that_ends_later_is_told_although_nobody_listed_it(ground: ChatwootGround) -> None:
    ref = all_refs(ground)[0]
    parts = parts_of(ground, [ref])[ref]
    with psycopg.connect(ground.server.dsn) as customer:
        customer.execute(
            "INSERT INTO messages (content, account_id, inbox_id, conversation_id, message_type, created_at, "
            "updated_at) VALUES ('Halo?', 1, 1, %s, 0, now(), now())",
            [ref],
        )
        assert delete(ground, [ref])[ref].outcome == "deleted"
        assert left(ground, ref, parts) == {}
        customer.commit()
    (name,) = left(ground, ref, parts)
    assert name.startswith("messages:")


def test_a_look_alone_never_moves_a_fingerprint_but_an_edit_without_a_date_does(ground: ChatwootGround) -> None:
    one, other = all_refs(ground)[:2]
    reader, deleter = ground.reader(), ground.deleter()
    expected = dict(reader.fingerprints([one, other]))
    with ground.owner() as owner:
        owner.execute("UPDATE conversations SET agent_last_seen_at = now(), updated_at = now() WHERE id = %s", [one])
        owner.execute("UPDATE conversations SET custom_attributes = '{\"a\": 1}' WHERE id = %s", [other])
    assert {each.ref: each.outcome for each in deleter.delete(expected)} == {one: "deleted", other: "changed"}
    reader.close()
    deleter.close()


def test_another_clients_conversation_is_never_touched(ground: ChatwootGround) -> None:
    with ground.owner() as owner:
        theirs = [str(ref) for (ref,) in owner.execute("SELECT id FROM conversations WHERE account_id = 2").fetchall()]
    assert theirs
    deleter = ground.deleter()
    before = ground.picture()
    assert {each.outcome for each in deleter.delete(dict.fromkeys(theirs, b"\0" * 32))} == {"already_absent"}
    assert deleter.parts(theirs) == {}
    assert ground.picture() == before
    deleter.close()


def test_files_that_a_dead_worker_left_are_taken_away_by_the_next(ground: ChatwootGround) -> None:
    """The rows are committed, the files not yet unlinked: here because this worker could not reach the storage."""
    (ref,) = case(ground, "everything_hangs_on_it")
    parts = parts_of(ground, [ref])
    blobs = [part for part in parts[ref] if part.kind == "blob"]
    answer = delete(ground, [ref], storage_services="elsewhere")[ref]
    assert (answer.outcome, answer.retryable) == ("failed", True)
    assert answer.problem is not None
    assert sentence(answer.problem)
    assert left(ground, ref, parts[ref]) == {part.name: "present" for part in blobs}
    assert delete(ground, [ref]) == {}  # there is no conversation any more
    deleter = ground.deleter()
    (again,) = deleter.delete({ref: b"\0" * 32})
    assert again.outcome == "already_absent"
    deleter.finish(parts)
    deleter.close()
    assert left(ground, ref, parts[ref]) == {}


def test_a_storage_that_is_not_mounted_is_never_taken_for_an_empty_one(ground: ChatwootGround) -> None:
    (ref,) = case(ground, "everything_hangs_on_it")
    parts = parts_of(ground, [ref])[ref]
    blobs = {part.name for part in parts if part.kind == "blob"}
    assert delete(ground, [ref])[ref].outcome == "deleted"
    assert left(ground, ref, parts) == {}
    away = ground.storage.with_name("away")
    for step in (lambda: ground.storage.rename(away), ground.storage.mkdir):
        step()
        assert left(ground, ref, parts) == dict.fromkeys(blobs, "cannot_see")
    ground.storage.rmdir()
    away.rename(ground.storage)
    shutil.rmtree(ground.storage / next(iter(blobs)).partition(":")[2][:2])
    assert "cannot_see" in left(ground, ref, parts).values()


@pytest.mark.parametrize("kind", ["link to a file", "link to a folder", "folder"])
def test_what_is_no_plain_file_of_the_storage_is_never_followed(
    ground: ChatwootGround, tmp_path_factory: pytest.TempPathFactory, kind: str
) -> None:
    (ref,) = case(ground, "everything_hangs_on_it")
    parts = parts_of(ground, [ref])
    blob = next(part for part in parts[ref] if part.kind == "blob")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    key = blob.name.partition(":")[2]
    folder = ground.storage / key[:2] / key[2:4]
    if kind == "link to a folder":
        shutil.copytree(folder, elsewhere / "copy")
        shutil.rmtree(folder)
        folder.symlink_to(elsewhere / "copy")
    else:
        (folder / key).rename(elsewhere / key)
        (folder / key).mkdir() if kind == "folder" else (folder / key).symlink_to(elsewhere / key)
    answer = delete(ground, [ref])[ref]
    assert answer.outcome == "failed"
    assert answer.problem is not None
    assert answer.problem.code == "file_outside"
    assert list(elsewhere.rglob(key))
    assert left(ground, ref, parts[ref])


def test_a_role_without_the_right_is_refused_and_told_how_to_grant_it(ground: ChatwootGround) -> None:
    refs = all_refs(ground)[:3]
    role = ground.config["delete_user"]
    before = ground.picture()
    with ground.owner() as owner:
        owner.execute(
            f"REVOKE DELETE ON mentions FROM {role}; REVOKE UPDATE (metadata) ON active_storage_blobs FROM {role}"
        )
        answers = delete(ground, refs)
        assert {each.outcome for each in answers.values()} == {"refused"}
        assert {each.problem.code for each in answers.values() if each.problem} == {"no_right_to_delete"}
        assert ground.picture() == before
        deleter = ground.deleter()
        (problem,) = deleter.probe().problems
        assert problem.facts["tables"] == "active_storage_blobs, mentions"
        for command in str(problem.facts["command"]).split("; "):
            owner.execute(command.encode())
        assert deleter.probe().problems == []
        owner.execute(f"GRANT INSERT ON messages TO {role}")
        assert [each.code for each in deleter.probe().warnings] == ["may_do_more"]
        deleter.close()
    assert {each.outcome for each in delete(ground, refs).values()} == {"deleted"}


def test_the_number_of_statements_does_not_grow_with_the_conversations(ground: ChatwootGround) -> None:
    refs = all_refs(ground)
    asked = []
    for some in (refs[:3], refs[3:]):
        reader, deleter = ground.reader(), ground.deleter()
        expected = dict(reader.fingerprints(some))
        assert isinstance(deleter, sql_deleter.SqlDeleter)
        assert {each.outcome for each in deleter.delete(expected)} == {"deleted"}
        asked.append(deleter.queries)
        reader.close()
        deleter.close()
    assert len(refs) > 30
    assert asked[1] <= asked[0] + 5 <= 30  # the five of blobs, where there are any


def test_a_source_that_is_gone_is_one_clear_error_and_the_next_attempt_goes_on(ground: ChatwootGround) -> None:
    refs = all_refs(ground)[:4]
    reader, deleter = ground.reader(), ground.deleter()
    expected = dict(reader.fingerprints(refs))
    list(deleter.delete({"987654321": b"\0" * 32}))
    with ground.owner() as owner:
        owner.execute(f"GRANT {ground.config['delete_user']}, {ground.config['user']} TO CURRENT_USER")
        owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
            "AND application_name = 'kendali'"
        )
    with pytest.raises(SourceError) as raised:
        list(deleter.delete(expected))
    assert raised.value.code == "connection_lost"
    assert {each.outcome for each in deleter.delete(expected)} == {"deleted"}
    reader.close()
    deleter.close()


def test_many_batches_at_once_while_somebody_writes_end_with_exactly_what_was_told(ground: ChatwootGround) -> None:
    """Two workers and a busy application on the same conversations: every row is of a conversation that is there."""
    refs = all_refs(ground)
    reader = ground.reader()
    expected = dict(reader.fingerprints(refs))
    reader.close()
    told: dict[str, list[str]] = {ref: [] for ref in refs}

    def work(order: list[str]) -> None:
        deleter = ground.deleter()
        for start in range(0, len(order), 7):
            for each in deleter.delete({ref: expected[ref] for ref in order[start : start + 7]}):
                told[each.ref].append(each.outcome)
        deleter.close()

    def write() -> None:
        with ground.owner() as owner:
            for ref in refs[::2]:
                owner.execute("UPDATE messages SET content = content || '!' WHERE conversation_id = %s", [ref])
                owner.execute("UPDATE conversations SET priority = 2 WHERE id = %s", [ref])

    threads = [Thread(target=work, args=(refs,)), Thread(target=work, args=(refs[::-1],)), Thread(target=write)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    there = set(all_refs(ground))
    assert all(outcomes.count("deleted") == (ref not in there) for ref, outcomes in told.items())
    orphans = (
        "SELECT count(*) FROM messages m WHERE NOT EXISTS (SELECT FROM conversations c WHERE c.id = m.conversation_id)"
    )
    assert count(ground, orphans) == 0
