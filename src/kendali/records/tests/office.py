"""A small contact centre with real files: an export folder as source, a store, keys; for tests of actions."""

from __future__ import annotations

import csv
import json
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from kendali.accounts.models import Client
from kendali.accounts.permissions import RuleRefused
from kendali.archive import slots
from kendali.audit.actor import SYSTEM
from kendali.records.actions import backup, escalations, policies, scan, sources
from kendali.records.models import Escalation, Source
from kendali.terms.rules import Periods
from kendali.vault import actions as vault
from tests.cast import Cast

COLUMNS = [
    "id", "started_at", "ended_at", "channel", "agent", "customer_name", "customer_phone", "display", "state",
    "modified_at", "file",
]  # fmt: skip


@dataclass
class Office:
    cast: Cast
    folder: Path
    rows: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)  # source folder → id → row
    found: dict[str, Source] = field(default_factory=dict)

    def policy(self, client: Client, record_class: str, **changes: int) -> None:
        periods = {
            "backup_after_years": 1,
            "lead_days": 30,
            "delete_after_years": 2,
            "backup_copy_months": 24,
        } | changes
        policies.save(
            user=self.cast.maya,
            at=self.cast.now,
            client=client,
            record_class=record_class,
            terms=policies.Terms(zone="Asia/Jakarta", periods=Periods(**periods)),
            reason="Kontrak",
        )

    def source(self, name: str, *, client: Client, record_class: str) -> Source:
        """A vendor's export folder, with a policy where the client has none yet."""
        if policies.effective(client, record_class) is None:
            self.policy(client, record_class)
        folder = self.folder / "export" / name
        folder.mkdir(parents=True)
        self.rows[name] = {}
        self.found[name] = sources.connect(
            user=self.cast.adi,
            at=self.cast.now,
            client=client,
            kind="folder_drop",
            record_class=record_class,
            name=name,
            zone="Asia/Jakarta",
            config={"folder": str(folder)},
            secret={},
        )
        self.write(name)
        return self.found[name]

    def call(self, name: str, ref: str, started: datetime, *, seconds: int = 1, file: bool = True) -> Path:
        """One recording: a real WAV file and its row; `file` False: the row names a file that is not there."""
        path = self.folder / "export" / name / f"{ref}.wav"
        if file:
            tone(path, seconds, ref)
        self.rows[name][ref] = {
            "id": ref,
            "started_at": started.isoformat(),
            "ended_at": started.isoformat(),
            "channel": "telepon",
            "agent": "Agus Setiawan",
            "customer_name": f"Nasabah {ref}",
            "customer_phone": "0812-0000-" + ref[-4:].rjust(4, "0"),
            "file": path.name,
        }
        self.write(name)
        return path

    def chat(self, name: str, ref: str, messages: list[tuple[datetime, str]], *, state: str = "resolved") -> None:
        started, ended = messages[0][0], messages[-1][0]
        self.rows[name][ref] = {
            "id": ref,
            "started_at": started.isoformat(),
            "ended_at": ended.isoformat(),
            "channel": "WhatsApp",
            "agent": "Agus Setiawan",
            "customer_name": f"Nasabah {ref}",
            "customer_phone": "",
            "state": state,
            "messages": json.dumps([(at.isoformat(), text) for at, text in messages]),
        }
        self.write(name)

    def write(self, name: str) -> None:
        rows = self.rows[name].values()
        with (self.folder / "export" / name / "records.csv").open("w", newline="") as file:
            table = csv.DictWriter(file, COLUMNS, extrasaction="ignore", restval="")
            table.writeheader()
            table.writerows(rows)
        if not any("messages" in row for row in rows):
            return
        with (self.folder / "export" / name / "messages.csv").open("w", newline="") as file:
            lines = csv.writer(file)
            lines.writerow(["record_id", "sent_at", "sender", "text"])
            for row in rows:
                lines.writerows([row["id"], at, "nasabah", text] for at, text in json.loads(row["messages"]))

    def scan(self, name: str) -> None:
        found = scan.scan_now(self.found[name], at=self.cast.now)
        assert found is not None
        assert found.status == "done", found.problem

    def raised(self, name: str, *, cut_off: datetime | None = None) -> Escalation:
        self.scan(name)
        source = self.found[name]
        last = cut_off.date() if cut_off else escalations.proposed_cut_off(source, self.cast.now.date())
        return escalations.raise_escalation(user=self.cast.tari, at=self.cast.now, source=source, cut_off=last)

    def running(self, name: str) -> Escalation:
        order = self.raised(name)
        escalations.accept(user=self.cast.indra, at=self.cast.now, order=order)
        escalations.begin(user=self.cast.indra, at=self.cast.now, order=order)
        return order

    def keys(self) -> None:
        """The first epoch in two slots; once."""
        places = [slots.Place(slots.KEYFILE, str(self.folder / f"slot-{n}")) for n in (1, 2)]
        vault.set_up(at=self.cast.now, actor=SYSTEM, slots=places)

    def backed_up(self, name: str) -> Escalation:
        """From the source to the verified backup, in this process."""
        self.keys()
        order = self.running(name)
        backup.run(order.pk, worker="test")
        order.refresh_from_db()
        return order


@contextmanager
def refused(words: str) -> Iterator[None]:
    """A rule says no, with these words in its (English) reason, facts filled in."""
    with pytest.raises(RuleRefused) as caught:
        yield
    verdict = caught.value.verdict
    assert words in verdict.reason % dict(verdict.facts)


def tone(path: Path, seconds: int, seed: str) -> None:
    """A WAV file of its own: 8 kHz, 16 bit, mono."""
    step = 1 + sum(seed.encode()) % 97
    samples = bytes(value for n in range(8000 * seconds) for value in ((n * step) & 0xFF, (n * step >> 8) & 0x3F))
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(samples)
