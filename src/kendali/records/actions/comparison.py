"""The full fingerprint at proposal (records-control decision 4): before a list is frozen, every record that may be on
it is compared with the source once more. What differs is marked as changed, what is gone as vanished."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from kendali.archive.errors import ArchiveError
from kendali.connectors.base import Connector
from kendali.records.actions import counts, fingerprints, sources
from kendali.records.models import Record, RecordVersion, Source

BATCH = 1000
Progress = Callable[[int], None]


def compare(versions: Sequence[tuple[int, int]], *, at: datetime, progress: Progress | None = None) -> None:
    """(source, version) in the order of `eligible.to_compare`. What cannot be compared stays as it was, and is left out
    of the list for it. Raises SourceError: a source that does not answer is not the same as one without changes."""
    done = 0
    for source_id, keys in _by_source(versions):
        source = Source.objects.select_related("client").get(pk=source_id)
        if not source.active:
            continue
        with sources.connected(source) as connector:
            for start in range(0, len(keys), BATCH):
                _batch(keys[start : start + BATCH], connector, at)
                done += len(keys[start : start + BATCH])
                if progress is not None:
                    progress(done)
        counts.refresh(source, at=at)


def _by_source(versions: Sequence[tuple[int, int]]) -> Iterator[tuple[int, list[int]]]:
    grouped: dict[int, list[int]] = defaultdict(list)
    for source_id, version_id in versions:
        grouped[source_id].append(version_id)
    yield from grouped.items()


def _batch(keys: Sequence[int], connector: Connector, at: datetime) -> None:
    versions = list(RecordVersion.objects.filter(pk__in=keys).select_related("record", "package"))
    now = connector.fingerprints([version.record.ref for version in versions])
    here = [version for version in versions if version.record.ref in now]
    seen, changed = compared(here, now)
    gone = [version.record_id for version in versions if version.record.ref not in now]
    with transaction.atomic():
        RecordVersion.objects.filter(pk__in=seen).update(compared_at=at)
        Record.objects.filter(pk__in=changed, changed_at=None).update(changed_at=at, backup_clock=F("started_at"))
        Record.objects.filter(pk__in=gone, vanished_at=None).update(vanished_at=at)


def compared(versions: Sequence[RecordVersion], now: Mapping[str, bytes]) -> tuple[list[int], list[int]]:
    """Versions that could be compared, and records that differ. A package that cannot be opened compares nothing."""
    seen: list[int] = []
    changed: list[int] = []
    groups: dict[object, list[RecordVersion]] = defaultdict(list)
    for version in versions:
        groups[version.package_id].append(version)
    for group in groups.values():
        try:
            changed += fingerprints.differing(group, now)
        except ArchiveError:
            continue
        seen += [version.pk for version in group]
    return seen, changed
