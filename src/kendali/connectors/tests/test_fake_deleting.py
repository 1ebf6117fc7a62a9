"""The fake source lies and fails in deleting exactly as it is told; the tests of the engine rely on that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kendali.connectors.base import Deletion, Part, SourceError
from kendali.connectors.fake import Does, FakeDeleter, FakeSource, as_kind, conversations
from kendali.connectors.problems import sentence
from kendali.connectors.registry import open_deleter

REFS = [f"{number:06d}" for number in range(1, 9)]


def made(**does: Does) -> tuple[FakeSource, FakeDeleter]:
    """`r1="keeps"`: the first record; three messages and a file each."""
    source = FakeSource(conversations(8))
    for record in list(source.records_there.values()):
        source.change(record.ref, files={"bukti.txt": b"isi"})
    source.deleting.does.update({REFS[int(name[1:]) - 1]: what for name, what in does.items()})
    return source, FakeDeleter(source)


def delete(deleter: FakeDeleter, refs: Sequence[str] = REFS[:1]) -> dict[str, Deletion]:
    answers = {each.ref: each for each in deleter.delete(dict(deleter.source.fingerprints(refs)))}
    assert all(each.problem is None or sentence(each.problem) for each in answers.values())
    return answers


def left(deleter: FakeDeleter, parts: Mapping[str, Sequence[Part]]) -> list[str]:
    return [each.part.kind for states in deleter.absent(parts).values() for each in states if each.state == "present"]


def test_it_says_deleted_and_keeps_it_or_only_the_file() -> None:
    source, deleter = made(r1="keeps", r2="rows_only")
    parts = deleter.parts(REFS[:2])
    assert {each.outcome for each in delete(deleter, REFS[:2]).values()} == {"deleted"}
    assert left(deleter, parts) == ["row", "row", "file", "file"]
    assert source.deleting.taken == [REFS[1]]
    deleter.finish(parts)
    assert left(deleter, parts) == ["row", "row", "file", "file"]


def test_it_queues_until_the_second_look_or_forever() -> None:
    source, deleter = made(r1="queues", r2="queues_forever")
    parts = deleter.parts(REFS[:2])
    assert {each.outcome for each in delete(deleter, REFS[:2]).values()} == {"queued"}
    assert len(left(deleter, parts)) == 6
    assert len(left(deleter, parts)) == 3
    assert len(left(deleter, parts)) == 3
    assert source.deleting.taken == [REFS[0]]
    assert delete(deleter, [REFS[1]])[REFS[1]].outcome == "queued"


def test_others_delete_or_change_it_between_our_look_and_our_call() -> None:
    source, deleter = made(r1="gone_before", r2="changes")
    outcomes = {ref: each.outcome for ref, each in delete(deleter, REFS[:2]).items()}
    assert outcomes == {REFS[0]: "already_absent", REFS[1]: "changed"}
    assert not source.deleting.told
    assert delete(deleter, [REFS[1]])[REFS[1]].outcome == "changed"


def test_it_asks_for_a_pause_or_fails_some_times_and_then_deletes() -> None:
    source, deleter = made(r1="too_many", r2="transient", r3="fails")
    source.deleting.times = 2
    for attempt in range(3):
        answers = delete(deleter, [ref for ref in REFS[:3] if ref in source.records_there])
        assert (answers[REFS[2]].outcome, answers[REFS[2]].retryable) == ("failed", False)
        if attempt < 2:
            assert answers[REFS[0]].retry_after == 30
            assert answers[REFS[0]].retryable
            assert answers[REFS[1]].retryable
    assert source.deleting.taken == REFS[:2]


def test_it_refuses_holds_hides_and_cannot_be_looked_at() -> None:
    clock = [datetime(2026, 11, 21, tzinfo=UTC)]
    source, deleter = made(r1="refuses", r2="holds", r3="hides", r4="unseen")
    source.now = lambda: clock[0]
    parts = deleter.parts(REFS[:4])
    assert [each.outcome for each in delete(deleter, REFS[:4]).values()] == ["refused", "held", "deleted", "deleted"]
    states = deleter.absent(parts)
    assert {each.state for each in states[REFS[2]]} == {"gone"}  # and that is a lie
    assert {each.state for each in states[REFS[3]]} == {"cannot_see"}
    assert not deleter.parts([REFS[2]])
    assert not source.fingerprints([REFS[2]])
    clock[0] += timedelta(hours=49)
    assert len(left(deleter, {REFS[2]: parts[REFS[2]]})) == 3
    assert source.deleting.taken == [REFS[3]]


def test_it_is_gone_before_or_after_the_deletion_and_comes_back() -> None:
    source, deleter = made(r2="answer_lost", r4="gone_first")
    expected = dict(source.fingerprints(REFS[:5]))
    for taken in (REFS[:2], REFS[:3]):
        with pytest.raises(SourceError, match="connection_lost"):
            list(deleter.delete(expected))
        assert source.deleting.taken == taken
    source.deleting.does.clear()
    source.deleting.gone_after = 4
    with pytest.raises(SourceError, match="connection_lost"):
        list(deleter.delete(expected))
    source.come_back()
    assert delete(deleter, REFS[4:5])[REFS[4]].outcome == "deleted"
    assert source.deleting.taken == REFS[:5]


def test_it_is_seen_again_later_and_a_message_nobody_listed_hangs_on_it() -> None:
    source, deleter = made(r1="reappears", r2="grows")
    parts = deleter.parts(REFS[:2])
    delete(deleter, REFS[:2])
    looks = [left(deleter, parts) for _ in range(4)]
    assert looks[:2] == [["row"], ["row"]]
    assert looks[2] == looks[3] == ["row", "row", "file", "row"]
    assert set(source.fingerprints(REFS[:2])) == {REFS[0]}


def test_a_bulk_call_that_fails_whole_is_done_one_by_one() -> None:
    source, deleter = made()
    source.deleting.stale = {REFS[3]}
    expected = dict(source.fingerprints(REFS[:5])) | {"999999": b"\0" * 32}
    outcomes = {each.ref: each.outcome for each in deleter.delete(expected)}
    assert outcomes == dict.fromkeys(REFS[:5], "deleted") | {"999999": "already_absent"}
    assert source.deleting.bulk_calls == [(*REFS[:5], "999999")]


def test_a_test_may_look_at_the_moment_of_each_deletion() -> None:
    source, deleter = made(r2="keeps")
    seen: list[tuple[str, str, bool]] = []
    source.deleting.before = lambda ref: seen.append(("before", ref, ref in source.records_there))
    source.deleting.after = lambda ref: seen.append(("after", ref, ref in source.records_there))
    delete(deleter, REFS[:2])
    assert seen == [("before", REFS[0], True), ("after", REFS[0], False), ("before", REFS[1], True)]


def test_the_registry_opens_its_deleter_too() -> None:
    source = FakeSource(conversations(1))
    with as_kind(source) as (config,):
        deleter = open_deleter("fake", "conversation", {**config, "delete_by": "api"}, reading={}, deleting={})
        assert {each.outcome for each in deleter.delete(dict(source.fingerprints(["000001"])))} == {"deleted"}


@given(
    does=st.dictionaries(st.sampled_from(REFS), st.sampled_from(get_args(Does))),
    steps=st.lists(st.tuples(st.booleans(), st.sets(st.sampled_from(REFS), min_size=1)), max_size=6),
)
def test_nothing_goes_untold_and_nothing_changed_goes(
    does: Mapping[str, Does], steps: Sequence[tuple[bool, set[str]]]
) -> None:
    source, deleter = made()
    source.deleting.does.update(does)
    whole = dict(source.fingerprints(REFS))
    told: list[str] = []
    source.deleting.before = told.append
    for dry_run, refs in steps:
        was = (set(source.records_there), list(told))
        try:
            answers = [
                each.outcome for each in deleter.delete({ref: whole[ref] for ref in sorted(refs)}, dry_run=dry_run)
            ]
        except SourceError:
            continue
        assert len(answers) == len(refs)
        assert not dry_run or (set(source.records_there), told) == was
    assert set(source.deleting.taken) <= set(told)
    assert len(set(source.deleting.taken)) == len(source.deleting.taken)
    changed = {ref for ref, what in does.items() if what == "changes"}
    assert changed <= set(source.records_there)
