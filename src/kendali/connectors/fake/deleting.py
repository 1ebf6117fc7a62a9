"""Deleting at the fake source: honest by default, and every lie and failure that was ever reported, one by one.

    source = FakeSource(conversations(20))
    source.deleting.does["000003"] = "keeps"
    deleter = FakeDeleter(source)          # or registry.open_deleter("fake", …) inside `as_kind(source)`

`source.deleting.does` {ref: what happens when it is to be deleted}; everything not named is deleted at once:

- "keeps" says deleted (or that its job is finished) and does nothing: it can still be read
- "rows_only" says deleted; the text is gone, the files are still there
- "queues" says queued; gone at the `looks`-th look (`absent` or `parts` that asks for it)
- "queues_forever" says queued and never does anything
- "gone_before" somebody else deletes it just before our call: already_absent
- "changes" gets another content just before our call: changed, untouched
- "too_many" 429 with `retry_after`, `times` times, then it is deleted · "transient" fails `times` times, then likewise
- "fails" always, not to be retried · "refuses" · "holds"
- "answer_lost" deletes it, and then the source is gone: SourceError instead of an answer
- "gone_first" the source is gone before anything is deleted: SourceError
- "unseen" deletes it, and cannot be looked at: cannot_see
- "reappears" deletes it, and shows it again from the (`looks`+1)-th look on, as a restored backup does
- "hides" keeps it out of every look (parts, absent, fingerprints, listing) for 48 hours by `source.now`
- "grows" deletes it; a message that came meanwhile hangs on it afterwards: a part nobody listed

`gone_after` n deletions in one life: SourceError until `come_back()`. `stale`: ids that make a bulk call fail whole;
the deleter then asks one by one. `before` is called with each ref just before the source is told to delete it, `after`
when its content is really gone: a test looks there whether that was right. `told` counts the calls to delete by ref,
`taken` lists what is really gone, in order. Nothing depends on chance or on the order of sets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from kendali.connectors.base import (
    Capabilities,
    Deletion,
    Part,
    PartState,
    Probe,
    Problem,
    SourceError,
    require_time,
)

if TYPE_CHECKING:
    from kendali.connectors.fake.source import FakeSource

Does = Literal[
    "deletes", "keeps", "rows_only", "queues", "queues_forever", "gone_before", "changes", "too_many", "transient",
    "fails", "refuses", "holds", "answer_lost", "gone_first", "unseen", "reappears", "hides", "grows",
]  # fmt: skip
HIDDEN_FOR = timedelta(hours=48)


def _nothing(_ref: str) -> None:
    return


@dataclass
class Deleting:
    """How the source behaves when it is to delete, and what was really done there."""

    does: dict[str, Does] = field(default_factory=dict)
    looks: int = 2
    times: int = 1
    retry_after: float = 30.0
    gone_after: int | None = None
    stale: set[str] = field(default_factory=set)
    before: Callable[[str], None] = _nothing
    after: Callable[[str], None] = _nothing
    told: Counter[str] = field(default_factory=Counter)
    taken: list[str] = field(default_factory=list)
    bulk_calls: list[tuple[str, ...]] = field(default_factory=list)
    waiting: dict[str, int] = field(default_factory=dict)  # queued ref → looks still to come
    seen: Counter[str] = field(default_factory=Counter)  # looks since it was taken
    unlisted: set[str] = field(default_factory=set)


class _StaleId(Exception):
    """The bulk call of this application fails as a whole for one id it does not know."""


class FakeDeleter:
    until: float | None = None

    def __init__(self, source: FakeSource) -> None:
        self.source, self.way = source, source.deleting

    def capabilities(self) -> Capabilities:
        return self.source.capabilities()

    def probe(self) -> Probe:
        return self.source.probe()

    def close(self) -> None:
        self.source.close()

    def parts(self, refs: Sequence[str]) -> Mapping[str, Sequence[Part]]:
        self._call("parts")
        found: dict[str, Sequence[Part]] = {}
        for ref in refs:
            self._look(ref)
            if ref in self.source.records_there and not self.source.hidden(ref):
                found[ref] = self.source.parts_of(ref)
        return found

    def delete(self, expected: Mapping[str, bytes], *, dry_run: bool = False) -> Iterator[Deletion]:
        """One bulk call as the application offers it; where that fails whole, one call per record."""
        self._call("delete")
        refs = list(expected)
        if len(refs) > 1 and not dry_run:
            self.way.bulk_calls.append(tuple(refs))
        try:
            if len(refs) > 1:
                self._bulk(refs)
        except _StaleId:
            pass  # nothing was done; from here on each record has its own call
        for ref in refs:
            yield self._one(ref, expected[ref], dry_run)

    def _bulk(self, refs: Sequence[str]) -> None:
        if any(ref in self.way.stale or ref not in self.source.records_there for ref in refs):
            raise _StaleId

    def _one(self, ref: str, expected: bytes, dry_run: bool) -> Deletion:
        does = self.way.does.get(ref, "deletes")
        if not dry_run:
            self._meanwhile(ref, does)
        found = self.source.fingerprint_of(ref)
        if found is None:
            return Deletion(ref, "already_absent")
        if found != expected:
            return Deletion(ref, "changed", problem=Problem("changed_at_source", ref))
        if dry_run:
            return Deletion(ref, "queued" if does in {"queues", "queues_forever"} else "deleted")
        require_time(self.until)
        self.way.before(ref)
        self.way.told[ref] += 1
        return self._told(ref, does)

    def _meanwhile(self, ref: str, does: Does) -> None:
        """What others do at the source between our last look and our call, once."""
        if does == "gone_first" or (self.way.gone_after is not None and len(self.way.taken) >= self.way.gone_after):
            raise SourceError("connection_lost", reason="the source is gone.", host="fake")
        if ref in self.source.records_there and not self.way.told[ref]:
            if does == "gone_before":
                self.source.take(ref)
            elif does == "changes":
                self.source.change(ref, customer_name=f"{self.source.records_there[ref].customer_name} *")

    def _told(self, ref: str, does: Does) -> Deletion:
        match does:
            case "keeps":
                return Deletion(ref, "deleted")
            case "queues" | "queues_forever":
                self.way.waiting.setdefault(ref, self.way.looks if does == "queues" else -1)
                return Deletion(ref, "queued")
            case "too_many" if self.way.told[ref] <= self.way.times:
                problem = Problem("api_too_many", ref)
                return Deletion(ref, "failed", retryable=True, retry_after=self.way.retry_after, problem=problem)
            case "transient" if self.way.told[ref] <= self.way.times:
                return Deletion(ref, "failed", retryable=True, problem=Problem("busy", ref))
            case "fails":
                return Deletion(ref, "failed", problem=Problem("api_failed", ref, facts={"status": 400}))
            case "refuses":
                return Deletion(ref, "refused", problem=Problem("api_refused", ref, facts={"status": 403}))
            case "holds":
                return Deletion(ref, "held", problem=Problem("held_at_source", ref))
            case "hides":
                self.source.hidden_until[ref] = self.source.now() + HIDDEN_FOR
                return Deletion(ref, "deleted")
        if not self._take(ref, files=does != "rows_only"):
            return Deletion(ref, "already_absent")
        if does == "answer_lost":
            raise SourceError("connection_lost", reason="the answer was lost.", host="fake")
        if does == "grows":
            self.way.unlisted.add(ref)
        return Deletion(ref, "deleted")

    def _take(self, ref: str, *, files: bool = True) -> bool:
        if not self.source.take(ref, files=files):
            return False
        self.way.taken.append(ref)
        self.way.after(ref)
        return True

    def finish(self, parts: Mapping[str, Sequence[Part]]) -> None:
        self._call("finish")
        require_time(self.until)
        for ref in parts:
            if ref not in self.source.records_there and self.way.does.get(ref) != "rows_only":
                self.source.left_files.pop(ref, None)

    def absent(self, parts: Mapping[str, Sequence[Part]]) -> Mapping[str, Sequence[PartState]]:
        self._call("absent")
        answer: dict[str, Sequence[PartState]] = {}
        for ref, listed in parts.items():
            self._look(ref)
            answer[ref] = [self._state(ref, part) for part in listed]
            if ref in self.way.unlisted:
                answer[ref] = [*answer[ref], PartState(Part("row", f"messages:{ref}:new"), "present")]
        return answer

    def _state(self, ref: str, part: Part) -> PartState:
        if self.way.does.get(ref) == "unseen":
            return PartState(part, "cannot_see")
        there = ref in self.source.records_there and part in self.source.parts_of(ref)
        left = part.kind == "file" and part.name.partition("/")[2] in self.source.left_files.get(ref, {})
        hidden = self.source.hidden(ref)
        return PartState(part, "present" if (there or left) and not hidden else "gone")

    def _look(self, ref: str) -> None:
        """Each look lets time pass for what is queued and for what will be back."""
        if self.way.waiting.get(ref, -1) >= 0:
            self.way.waiting[ref] -= 1
            if self.way.waiting[ref] <= 0:
                del self.way.waiting[ref]
                if ref in self.source.records_there:
                    self._take(ref)
        elif self.way.does.get(ref) == "reappears" and ref in self.way.taken and ref not in self.source.records_there:
            self.way.seen[ref] += 1
            if self.way.seen[ref] > self.way.looks:
                self.source.bring_back(ref)

    def _call(self, name: str) -> None:
        self.source.call(name)
