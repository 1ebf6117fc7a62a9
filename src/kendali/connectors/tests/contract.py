"""What every connector must hold to, whatever it reads. One function per promise; test_contract.py runs all on all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import pairwise

import pytest

from kendali import fingerprint
from kendali.connectors.base import Connector, Cut, FileDigest, Listed, Problem, SourceError, UnitResult
from kendali.connectors.problems import SENTENCES, sentence
from kendali.connectors.tests.sinks import MemorySink

FIELDS = ("started_at", "last_activity_at")


@dataclass
class Source:
    """A real source with content, for the suite.

    `open`: a new connector. `wrong`: the same source with a wrong setting → the problem's code. `broken`: ref → the
    codes that a snapshot of it must name, and no other record may have problems. `queries`: how often this connector
    has asked its source so far. `word`: a text in exactly the content of `word_in`.
    """

    name: str
    open: Callable[[], Connector]
    wrong: Mapping[str, tuple[Callable[[], Connector], str]] = field(default_factory=dict)
    broken: Mapping[str, set[str]] = field(default_factory=dict)
    queries: Callable[[Connector], int] | None = None
    word: str = ""
    word_in: Sequence[str] = ()


def everything(connector: Connector, cut: Cut | None = None, limit: int = 50) -> list[Listed]:
    found: list[Listed] = []
    after = ""
    while page := connector.due(cut, after, limit):
        assert len(page) <= limit
        found += page
        after = page[-1].ref
    return found


def pages_are_complete_whatever_their_size(source: Source) -> None:
    connector = source.open()
    whole = everything(connector, limit=10_000)
    assert len(whole) == len({listed.ref for listed in whole}) > 5
    for limit in (1, 7):
        assert everything(connector, limit=limit) == whole
    middle = whole[len(whole) // 2].ref
    assert connector.due(None, middle, 10_000) == whole[len(whole) // 2 + 1 :]
    assert connector.due(None, whole[-1].ref, 10) == []
    connector.close()


def the_cut_is_strict_in_both_fields(source: Source) -> None:
    connector = source.open()
    whole = everything(connector, limit=10_000)
    for name in FIELDS:
        instants = sorted({at for listed in whole if (at := getattr(listed, name)) is not None})
        for instant in (
            instants[0],
            instants[len(instants) // 2],
            instants[-1],
            instants[-1] + timedelta(microseconds=1),
        ):
            expected = [each for each in whole if (at := getattr(each, name)) is not None and at < instant]
            assert everything(connector, Cut(instant, name), 9) == expected  # type: ignore[arg-type]
    connector.close()


def instants_are_aware_utc_and_in_order(source: Source) -> None:
    connector = source.open()
    for listed in everything(connector):
        for at in (listed.started_at, listed.last_activity_at, listed.modified_at):
            assert at is None or at.tzinfo is UTC
        if listed.started_at and listed.last_activity_at:
            assert listed.started_at <= listed.last_activity_at
    connector.close()


def a_copy_has_the_fingerprint_that_the_source_tells(source: Source) -> None:
    connector, again = source.open(), source.open()
    refs = [listed.ref for listed in everything(connector)]
    sink = MemorySink()
    snapshots = list(connector.snapshot(refs, sink))
    assert [snapshot.ref for snapshot in snapshots] == refs
    prints = {snapshot.ref: snapshot.fingerprint for snapshot in snapshots}
    assert all(len(value) == 32 for value in prints.values())
    assert len(set(prints.values())) == len(refs)
    assert prints == connector.fingerprints(refs) == again.fingerprints(refs[::-1])
    some = refs[::-3]
    assert {each.ref: each.fingerprint for each in again.snapshot(some, MemorySink(late=0))} == {
        ref: prints[ref] for ref in some
    }
    connector.close()
    again.close()


def what_was_copied_is_enough_to_make_the_fingerprint_again(source: Source) -> None:
    connector = source.open()
    refs = [listed.ref for listed in everything(connector) if listed.ref not in source.broken]
    sink = MemorySink()
    prints = {snapshot.ref: snapshot.fingerprint for snapshot in connector.snapshot(refs, sink)}
    if connector.capabilities().record_class == "conversation":
        assert fingerprint.conversations(sink.tables, refs) == prints
        for table in sink.tables.values():
            order = [refs.index(ref) for ref in table.column("_ref").to_pylist()]
            assert all(one <= other for one, other in pairwise(order))
    else:
        for unit in sink.units_seen:
            contents = [(file.name, sink.contents[unit.ref, unit.part, file.name]) for file in unit.files]
            digests = [FileDigest(name, len(content), sha256(content).digest()) for name, content in contents]
            assert fingerprint.unit(unit.facts, digests) == prints[unit.ref]
    connector.close()


def every_problem_is_named_and_no_other(source: Source) -> None:
    connector = source.open()
    refs = [listed.ref for listed in everything(connector)]
    found: dict[str, set[str]] = {}
    for snapshot in connector.snapshot(refs, MemorySink()):
        for problem in snapshot.problems:
            assert problem.ref == snapshot.ref
            assert sentence(problem)
            found.setdefault(snapshot.ref, set()).add(problem.code)
    assert found == dict(source.broken)
    connector.close()


def an_absent_record_is_a_problem_and_has_no_fingerprint(source: Source) -> None:
    connector = source.open()
    there = connector.due(None, "", 1)[0].ref
    absent = "987654321"
    assert set(connector.fingerprints([absent, there])) == {there}
    first, second = connector.snapshot([absent, there], MemorySink())
    assert (first.ref, first.fingerprint, [each.code for each in first.problems]) == (absent, b"", ["record_missing"])
    assert len(second.fingerprint) == 32
    assert list(connector.snapshot([], MemorySink())) == []
    assert connector.fingerprints(["'; drop table x; --", ""]) == {}
    connector.close()


def a_copy_covers_the_newest_content(source: Source) -> None:
    connector = source.open()
    listed = {each.ref: each for each in everything(connector)}
    covered = {}
    for snapshot in connector.snapshot(list(listed), MemorySink()):
        known = listed[snapshot.ref].last_activity_at
        assert snapshot.covered_until is None or known is None or snapshot.covered_until <= known
        if snapshot.modified_at and listed[snapshot.ref].modified_at:
            assert snapshot.modified_at == listed[snapshot.ref].modified_at
        if snapshot.covered_until:
            covered[snapshot.ref] = snapshot.covered_until
    assert len(covered) > len(listed) // 2
    assert set(connector.oldest_uncovered(covered).values()) == {None}
    long_ago = dict.fromkeys(covered, datetime(2000, 1, 1, tzinfo=UTC))
    oldest = connector.oldest_uncovered(long_ago)
    assert sum(at is not None for at in oldest.values()) > len(covered) // 2
    assert all(at <= covered[ref] for ref, at in oldest.items() if at)
    assert connector.oldest_uncovered({}) == {}
    connector.close()


def a_look_never_raises_and_finds_the_source_usable(source: Source) -> None:
    connector = source.open()
    probe = connector.probe()
    assert list(probe.problems) == []
    assert sum(probe.counts.values()) > 0
    assert probe.clock_skew is None or abs(probe.clock_skew) < timedelta(seconds=30)
    assert all(sentence(each) for each in probe.warnings)
    assert connector.capabilities().record_class in {"conversation", "recording"}
    connector.close()


def a_wrong_setting_is_one_clear_problem_in_the_look_and_an_error_in_the_work(source: Source) -> None:
    for what, (opened, code) in source.wrong.items():
        connector = opened()
        probe = connector.probe()
        assert code in {problem.code for problem in probe.problems}, what
        for problem in probe.problems:
            text = sentence(problem)
            assert "%" not in text
            assert "password=" not in text
        if code not in {"folder_missing", "clock_skew", "account_missing", "no_records"}:
            with pytest.raises(SourceError) as raised:
                list(connector.snapshot(["1"], MemorySink()))
            assert raised.value.code == code, what
            assert sentence(raised.value)
        connector.close()
        connector.close()


def the_number_of_questions_does_not_grow_with_the_records(source: Source) -> None:
    if source.queries is None:
        return
    asked = []
    for count in (5, 40):
        connector = source.open()
        refs = [listed.ref for listed in connector.due(None, "", count)]
        before = source.queries(connector)
        list(connector.snapshot(refs, MemorySink()))
        asked.append(source.queries(connector) - before)
        connector.close()
    assert 0 < asked[1] <= asked[0] + 1
    assert asked[1] < 40


def text_is_found_where_the_source_has_text(source: Source) -> None:
    connector = source.open()
    if source.word:
        assert sorted(connector.search(source.word, 100)) == sorted(source.word_in)
        assert sorted(connector.search(source.word.upper(), 100)) == sorted(source.word_in)
        assert len(connector.search(source.word, 1)) == 1
    assert list(connector.search("no such text 100% \\ _ '", 10)) == []
    connector.close()


def a_sink_that_cannot_read_a_file_is_believed(source: Source) -> None:
    """Its problem ends in the snapshot of that record and of no other."""

    class Refusing(MemorySink):
        def _sealed(self, unit):  # type: ignore[no-untyped-def]
            result = super()._sealed(unit)
            if unit.ref != chosen:
                return result
            return UnitResult(
                unit.ref, unit.part, (), (Problem("file_unreadable", unit.ref, unit.part, {"reason": "x"}),)
            )

    connector = source.open()
    refs = [listed.ref for listed in everything(connector) if listed.ref not in source.broken]
    sink = MemorySink()
    list(connector.snapshot(refs, sink))
    chosen = sink.units_seen[len(sink.units_seen) // 2].ref
    wrong = {each.ref for each in connector.snapshot(refs, Refusing()) if each.problems}
    assert wrong == {chosen}
    connector.close()


def closing_in_the_middle_leaves_it_usable(source: Source) -> None:
    connector = source.open()
    refs = [listed.ref for listed in everything(connector)]
    running = connector.snapshot(refs, MemorySink())
    next(running)
    running.close()  # type: ignore[attr-defined]
    assert set(connector.fingerprints(refs[:3])) == set(refs[:3])
    connector.close()
    assert len(connector.due(None, "", 3)) == 3
    connector.close()


PROMISES = (
    pages_are_complete_whatever_their_size,
    the_cut_is_strict_in_both_fields,
    instants_are_aware_utc_and_in_order,
    a_copy_has_the_fingerprint_that_the_source_tells,
    what_was_copied_is_enough_to_make_the_fingerprint_again,
    every_problem_is_named_and_no_other,
    an_absent_record_is_a_problem_and_has_no_fingerprint,
    a_copy_covers_the_newest_content,
    a_look_never_raises_and_finds_the_source_usable,
    a_wrong_setting_is_one_clear_problem_in_the_look_and_an_error_in_the_work,
    the_number_of_questions_does_not_grow_with_the_records,
    text_is_found_where_the_source_has_text,
    a_sink_that_cannot_read_a_file_is_believed,
    closing_in_the_middle_leaves_it_usable,
)
assert all(code for code in SENTENCES)
