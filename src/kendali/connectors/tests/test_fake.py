"""The fake source lies and fails exactly as it is told; other tests rely on that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kendali.connectors.base import Cut, SourceError
from kendali.connectors.fake import FakeRecord, FakeSource, as_kind, conversations, recordings
from kendali.connectors.registry import KINDS
from kendali.connectors.registry import open as open_connector
from kendali.connectors.tests.contract import everything
from kendali.connectors.tests.sinks import MemorySink

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def test_the_same_seed_gives_the_same_records() -> None:
    assert conversations(20, seed=3) == conversations(20, seed=3) != conversations(20, seed=4)
    assert [len(record.files) for record in recordings(5)] == [1] * 5


def test_new_records_may_appear_late_twice_too_early_or_never() -> None:
    records = conversations(10)
    refs = [record.ref for record in records]
    clock = [NOW]
    source = FakeSource(
        records,
        hidden_until={refs[0]: NOW + timedelta(hours=48)},
        listed_twice={refs[1]},
        never_listed={refs[2]},
        listed_too_early={refs[9]},
        now=lambda: clock[0],
    )
    listed = [each.ref for each in source.due(None, "", 100)]
    assert listed == [refs[1], *refs[1:2], *refs[3:]]
    assert [each.ref for each in source.due(Cut(datetime(2000, 1, 1, tzinfo=UTC)), "", 9)] == [refs[9]]
    clock[0] += timedelta(hours=49)
    assert source.due(None, "", 1)[0].ref == refs[0]


def test_it_can_be_gone_in_the_middle_and_come_back() -> None:
    source = FakeSource(conversations(10), gone_after=4)
    refs = [listed.ref for listed in everything(source)]
    copied = source.snapshot(refs, MemorySink())
    assert [next(copied).ref for _ in range(4)] == refs[:4]
    with pytest.raises(SourceError, match="connection_lost"):
        next(copied)
    source.come_back()
    assert len(list(source.snapshot(refs, MemorySink()))) == 10


def test_a_record_can_change_between_two_looks() -> None:
    source = FakeSource(conversations(3), changes_on_read={"000002"})
    first, second = source.fingerprints(["000001", "000002"]), source.fingerprints(["000001", "000002"])
    assert first["000001"] == second["000001"]
    assert first["000002"] != second["000002"]
    source.change("000001", customer_name="Lain")
    assert source.fingerprints(["000001"])["000001"] != first["000001"]


def test_failures_come_one_by_one_and_slowness_is_asked_of_the_clock() -> None:
    waited: list[float] = []
    source = FakeSource(conversations(3), failures=[SourceError("too_slow", seconds=1)], slow=2.5, wait=waited.append)
    with pytest.raises(SourceError, match="too_slow"):
        source.due(None, "", 1)
    assert len(source.due(None, "", 9)) == 3
    list(source.snapshot(["000001", "000002"], MemorySink()))
    assert waited == [2.5, 2.5]
    assert source.calls["due"] == 2


def test_a_record_without_a_date_or_unreadable_is_told() -> None:
    source = FakeSource([FakeRecord("1", None, None), FakeRecord("2", NOW, NOW)], unreadable={"2"})
    assert [each.ref for each in everything(source)] == ["1", "2"]
    assert everything(source, Cut(NOW + timedelta(days=9)))[0].ref == "2"
    codes = [[problem.code for problem in each.problems] for each in source.snapshot(["1", "2"], MemorySink())]
    assert codes == [[], ["record_unreadable"]]


def test_the_registry_knows_it_only_while_it_is_asked_to() -> None:
    source = FakeSource(conversations(1))
    with as_kind(source) as (config,):
        assert open_connector("fake", "conversation", config, {}) is source
    assert "fake" not in KINDS
