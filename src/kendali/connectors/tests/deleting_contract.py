"""What every deleter must hold to, whatever it deletes from. One function per promise; test_deleting.py runs all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from kendali.connectors.base import Connector, Deleter, Deletion, Part, TooLate
from kendali.connectors.problems import sentence
from kendali.connectors.tests.contract import everything

Picture = Counter[tuple[str, bytes]]


@dataclass
class Ground:
    """A real source that may be spoilt: each promise has its own.

    `picture`: everything that is there, rows and files with their content. `change`: gives one record another content.
    `settle`: lets what was queued happen. `answers`: deleted or queued. `put_back`: a part that is gone is there again.
    `finishes`: left files are taken away by `finish`.
    """

    name: str
    reader: Callable[[], Connector]
    deleter: Callable[[], Deleter]
    picture: Callable[[], Picture]
    change: Callable[[str], None]
    settle: Callable[[Sequence[str]], None]
    answers: str
    put_back: Callable[[Part], None] | None = None
    finishes: bool = False
    secrets: Sequence[str] = ()


def refs_of(ground: Ground) -> list[str]:
    reader = ground.reader()
    refs = [listed.ref for listed in everything(reader)]
    reader.close()
    assert len(refs) > 8
    return refs


def prints(ground: Ground, refs: Sequence[str]) -> dict[str, bytes]:
    reader = ground.reader()
    found = dict(reader.fingerprints(refs))
    reader.close()
    return found


def delete(ground: Ground, expected: Mapping[str, bytes]) -> dict[str, Deletion]:
    """Exactly one answer per record."""
    deleter = ground.deleter()
    answers = list(deleter.delete(expected))
    deleter.close()
    assert sorted(each.ref for each in answers) == sorted(expected)
    for each in answers:
        assert each.problem is None or (each.problem.ref == each.ref and sentence(each.problem))
        assert each.retry_after is None or each.retryable
    return {each.ref: each for each in answers}


def left(ground: Ground, parts: Mapping[str, Sequence[Part]]) -> dict[str, list[str]]:
    """ref → names of its parts that a look finds."""
    deleter = ground.deleter()
    states = deleter.absent(parts)
    deleter.close()
    assert set(states) == set(parts)
    for ref, listed in parts.items():
        assert [each.part for each in states[ref]][: len(listed)] == list(listed)
    return {ref: [each.part.name for each in found if each.state != "gone"] for ref, found in states.items()}


def parts_of(ground: Ground, refs: Sequence[str]) -> dict[str, Sequence[Part]]:
    deleter = ground.deleter()
    found = dict(deleter.parts(refs))
    deleter.close()
    return found


def with_a_file(ground: Ground) -> tuple[list[str], str, Part]:
    """Some records, one of them with a file that no other uses, and that file."""
    refs = refs_of(ground)
    parts = parts_of(ground, refs)
    users = Counter(part.name for listed in parts.values() for part in listed)
    ref, file = next((ref, part) for ref in refs for part in parts[ref] if part.kind != "row" and users[part.name] == 1)
    return [ref, *[other for other in refs if other != ref][:8]], ref, file


def what_was_deleted_is_gone_part_by_part_and_nothing_else(ground: Ground) -> None:
    refs = refs_of(ground)
    chosen, neighbours = refs[::3], [ref for ref in refs if ref not in refs[::3]]
    parts, theirs = parts_of(ground, chosen), parts_of(ground, neighbours)
    expected, kept = prints(ground, chosen), prints(ground, neighbours)
    assert set(parts) == set(chosen)
    assert left(ground, parts) == {ref: [part.name for part in listed] for ref, listed in parts.items()}
    before = ground.picture()
    answers = delete(ground, expected)
    assert {each.outcome for each in answers.values()} == {ground.answers}
    ground.settle(chosen)
    assert set().union(*left(ground, parts).values()) == set()
    after = ground.picture()
    assert after - before == Counter()  # nothing was added or changed
    assert (before - after).total() > len(chosen)
    assert prints(ground, refs) == kept
    assert parts_of(ground, neighbours) == theirs
    assert left(ground, theirs) == {ref: [part.name for part in listed] for ref, listed in theirs.items()}
    reader = ground.reader()
    assert [listed.ref for listed in everything(reader)] == neighbours
    reader.close()


def all_of_it_can_be_deleted(ground: Ground) -> None:
    refs = refs_of(ground)
    parts, expected = parts_of(ground, refs), prints(ground, refs)
    deletable = {ref for ref, each in delete(ground, expected).items() if each.outcome == ground.answers}
    ground.settle(sorted(deletable))
    assert set().union(*left(ground, {ref: parts[ref] for ref in deletable}).values()) == set()
    assert set(prints(ground, refs)) == set(refs) - deletable
    assert len(deletable) >= len(refs) - 3


def nothing_is_deleted_when_the_fingerprint_differs(ground: Ground) -> None:
    refs = refs_of(ground)[:8]
    expected = prints(ground, refs)
    ground.change(refs[2])
    expected[refs[5]] = b"\0" * 32
    parts = parts_of(ground, refs)
    before = prints(ground, refs)
    answers = delete(ground, expected)
    assert {ref for ref, each in answers.items() if each.outcome == "changed"} == {refs[2], refs[5]}
    assert all(each.outcome == ground.answers for ref, each in answers.items() if ref not in {refs[2], refs[5]})
    ground.settle([ref for ref in refs if ref not in {refs[2], refs[5]}])
    assert prints(ground, refs) == {ref: before[ref] for ref in (refs[2], refs[5])}
    found = left(ground, parts)
    assert {ref for ref, names in found.items() if names} == {refs[2], refs[5]}
    assert found[refs[2]] == [part.name for part in parts[refs[2]]]


def when_all_differ_the_source_stays_as_it_is(ground: Ground) -> None:
    refs = refs_of(ground)[:6]
    before = ground.picture()
    answers = delete(ground, dict.fromkeys(refs, b"\1" * 32))
    assert {each.outcome for each in answers.values()} == {"changed"}
    assert ground.picture() == before


def what_is_absent_before_is_never_deleted_by_us(ground: Ground) -> None:
    refs = refs_of(ground)[:3]
    expected = prints(ground, refs)
    parts = parts_of(ground, refs)
    assert {each.outcome for each in delete(ground, expected).values()} == {ground.answers}
    ground.settle(refs)
    before = ground.picture()
    assert {each.outcome for each in delete(ground, expected).values()} == {"already_absent"}
    assert ground.picture() == before
    assert parts_of(ground, refs) == {}
    assert set().union(*left(ground, parts).values()) == set()


def one_stale_id_does_not_stop_the_others(ground: Ground) -> None:
    refs = refs_of(ground)[:5]
    stale = ("987654321", "'; drop table x; --", "", "99999999999999999999")
    found = prints(ground, refs)
    expected = {refs[0]: found[refs[0]], stale[0]: b"\2" * 32, stale[1]: b"\2" * 32}
    expected |= {ref: found[ref] for ref in refs[1:]} | dict.fromkeys(stale[2:], b"\2" * 32)
    answers = delete(ground, expected)
    assert {answers[ref].outcome for ref in refs} == {ground.answers}
    assert {answers[ref].outcome for ref in stale} == {"already_absent"}
    assert parts_of(ground, stale) == {}


def a_dry_run_answers_the_same_and_changes_nothing(ground: Ground) -> None:
    refs = refs_of(ground)[:6]
    expected = prints(ground, refs) | {"987654321": b"\0" * 32}
    expected[refs[1]] = b"\3" * 32
    before = ground.picture()
    deleter = ground.deleter()
    dry = {each.ref: each.outcome for each in deleter.delete(expected, dry_run=True)}
    deleter.close()
    ground.settle([])
    assert ground.picture() == before
    assert dry == {ref: each.outcome for ref, each in delete(ground, expected).items()}


def a_part_that_is_back_is_seen(ground: Ground) -> None:
    if ground.put_back is None:
        return
    refs, ref, file = with_a_file(ground)
    parts, expected = parts_of(ground, refs), prints(ground, refs)
    delete(ground, expected)
    ground.settle(refs)
    assert set().union(*left(ground, parts).values()) == set()
    for part in (parts[ref][0], file):
        ground.put_back(part)
        assert part.name in left(ground, parts)[ref]
    assert {each for each, names in left(ground, parts).items() if names} == {ref}


def finishing_takes_only_the_files_of_rows_that_are_gone(ground: Ground) -> None:
    refs, ref, file = with_a_file(ground)
    parts, expected = parts_of(ground, refs), prints(ground, refs)
    before = ground.picture()
    deleter = ground.deleter()
    deleter.finish(parts)
    assert ground.picture() == before
    delete(ground, {ref: expected[ref]})
    ground.settle([ref])
    after = ground.picture()
    if ground.finishes:
        assert ground.put_back is not None
        ground.put_back(file)
        assert left(ground, parts)[ref] == [file.name]
        deleter.finish(parts)
    deleter.finish(parts)
    deleter.close()
    assert ground.picture() == after


def a_look_at_the_rights_deletes_nothing_and_tells_no_secret(ground: Ground) -> None:
    before = ground.picture()
    deleter = ground.deleter()
    probe = deleter.probe()
    assert list(probe.problems) == []
    assert probe.rights
    assert probe.clock_skew is None or abs(probe.clock_skew) < timedelta(seconds=30)
    for secret in ground.secrets:
        assert secret not in f"{probe} {deleter!r} {vars(deleter)}"
    able = deleter.capabilities()
    assert able.deletes_by != "none"
    assert able.delete_is_async == (ground.answers == "queued")
    deleter.close()
    deleter.close()
    assert ground.picture() == before


def two_workers_at_once_delete_each_record_once(ground: Ground) -> None:
    refs = refs_of(ground)[:10]
    parts, expected = parts_of(ground, refs), prints(ground, refs)
    backwards = dict(reversed(expected.items()))
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(lambda wanted: delete(ground, wanted), (expected, backwards))
    for ref in refs:
        outcomes = {one[ref].outcome, other[ref].outcome}
        assert outcomes <= {ground.answers, "already_absent", "failed", "changed"}, ref
        assert one[ref].outcome != "failed" or one[ref].retryable
    if ground.answers == "deleted":
        assert all([one[ref].outcome, other[ref].outcome].count("deleted") <= 1 for ref in refs)
    again = delete(ground, {ref: value for ref, value in expected.items() if ref in prints(ground, refs)})
    assert {each.outcome for each in again.values()} <= {ground.answers}
    ground.settle(refs)
    assert set().union(*left(ground, parts).values()) == set()


def nothing_asked_is_nothing_done(ground: Ground) -> None:
    before = ground.picture()
    deleter = ground.deleter()
    assert list(deleter.delete({})) == []
    assert not deleter.parts([])
    assert not deleter.absent({})
    deleter.finish({})
    deleter.close()
    assert ground.picture() == before


def when_its_time_is_over_nothing_goes_and_all_can_be_asked_again(ground: Ground) -> None:
    refs = refs_of(ground)[:4]
    expected, before = prints(ground, refs), ground.picture()
    deleter = ground.deleter()
    deleter.until = 0.0
    with suppress(TooLate):
        list(deleter.delete(expected))
    assert ground.picture() == before
    deleter.until = None
    assert {each.outcome for each in deleter.delete(expected)} == {ground.answers}
    deleter.close()


PROMISES = (
    what_was_deleted_is_gone_part_by_part_and_nothing_else,
    all_of_it_can_be_deleted,
    nothing_is_deleted_when_the_fingerprint_differs,
    when_all_differ_the_source_stays_as_it_is,
    what_is_absent_before_is_never_deleted_by_us,
    one_stale_id_does_not_stop_the_others,
    a_dry_run_answers_the_same_and_changes_nothing,
    a_part_that_is_back_is_seen,
    finishing_takes_only_the_files_of_rows_that_are_gone,
    a_look_at_the_rights_deletes_nothing_and_tells_no_secret,
    two_workers_at_once_delete_each_record_once,
    nothing_asked_is_nothing_done,
    when_its_time_is_over_nothing_goes_and_all_can_be_asked_again,
)
