"""Deletion at the source: an order of 100 000 conversations with every guard, beside a plain SQL script; its paper.

How each figure is made: a client of its own gets the sample's application, filled with conversations two to five years
old, scans it and backs up as much as is proposed. Two lists go through the actions that the pages call, by the people
of the sample: 10 000 for the memory beside it, and 100 000. Before the second is carried out both databases are copied
inside the server and the attachments' files linked; every round starts from these copies, ours and the script in turns.
*Ours* is a worker's process, from its start to the end of the order; every conversation then has the verdict "deleted",
an intent and an outcome, or there is no figure. *The script* (plain_delete.py) is psql and rm. The certificate is made
from the last round's order in another process; so are register rows and dossier.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db.models import QuerySet
from django.utils import timezone
from psycopg.conninfo import conninfo_to_dict

from benchmarks import deleting, peers, plain_delete
from benchmarks.bench import Bench, owner_url, source_address
from benchmarks.measure import Cost, Task, paired, ratio, run, wall
from benchmarks.report import Line, at_least, at_most
from benchmarks.snapshot import Snapshot
from kendali import civil_time
from kendali.accounts import actions as accounts
from kendali.home.database_roles import connect_arguments
from kendali.home.models import Installation
from kendali.home.postgres_tools import tool
from kendali.records import secrets
from kendali.records.actions import backup, escalations, policies, scan, sources
from kendali.records.models import DisposalItem, JournalEntry, Record, Source
from kendali.terms.rules import Periods

TITLE = "Deletion"
CONVERSATIONS = 220_000  # of two accounts; the larger one has six tenths, and some of them are still open
SMALL, LARGE = 10_000, 100_000
MIB = 1 << 20


class Deletion:
    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.storage = Path(settings.HOME) / "omnichannel" / "storage"
        self.begin = deleting.working_day()
        if not Installation.objects.exists():
            call_command("sample", conversations=400, recordings=40, no_past=True)
        past = civil_time.add_years(timezone.localdate(), -2)
        self.amount = bench.amount(CONVERSATIONS, 4_000)
        call_command("sample", conversations=self.amount, recordings=40, replace=True, until=past)
        self.source = _source(self.storage)
        scan.scan_now(self.source, at=timezone.now())
        self._back_up()
        self.names = [str(conninfo_to_dict(url)["dbname"]) for url in (owner_url(), os.environ["DATABASE_URL"])]

    def _back_up(self) -> None:
        tari, indra = deleting.person("tari"), deleting.person("indra")
        wanted = (self.bench.amount(SMALL, 20) + self.bench.amount(LARGE, 200)) * 5 // 4
        cut_off = self._day_of(wanted, Record.objects.filter(source=self.source))
        order = escalations.raise_escalation(user=tari, at=timezone.now(), source=self.source, cut_off=cut_off)
        escalations.accept(user=indra, at=timezone.now(), order=order)
        escalations.begin(user=indra, at=timezone.now(), order=order)
        backup.run(order.pk, worker="bench")
        order.refresh_from_db()
        self.bench.say(f"{order.list_count} conversations backed up: {order.status}")

    def propose(self, count: int) -> tuple[dict[str, Any], Cost]:
        """The oldest `count` that nobody proposed yet, by whole days; approved, ordered and started."""
        self.begin += timedelta(days=2)
        cost = run(self.bench.ours("propose", self.bench.job("propose", {
            "at": self.begin.isoformat(), "cut_off": self._cut_off(count).isoformat(),
        })))  # fmt: skip
        return self.bench.answer(cost), cost

    def _cut_off(self, count: int) -> date:
        rows = Record.objects.filter(
            source=self.source, deleted_at=None, source_state="resolved", backup_clock=None, version__isnull=False
        )
        return self._day_of(count, rows)

    def _day_of(self, count: int, rows: QuerySet[Record]) -> date:
        """The day by which so many of these had ended; two years ago at the latest."""
        instants = rows.exclude(last_activity_at=None).order_by("last_activity_at")
        last = instants.values_list("last_activity_at", flat=True)[min(count, instants.count()) - 1]
        assert last is not None
        newest = civil_time.add_years(civil_time.local_date(timezone.now(), deleting.ZONE), -2) - timedelta(days=1)
        return min(civil_time.local_date(last, deleting.ZONE), newest)

    def delete(self, order: int) -> Sequence[str]:
        at = (self.begin + timedelta(hours=24)).isoformat()
        return self.bench.ours("delete", self.bench.job("delete", {"order": order, "at": at}))

    # --- beside a plain script

    def beside(self, order: int) -> dict[str, list[Cost]]:
        script, keys = self.bench.folder / "delete.sql", self.bench.folder / "keys"
        script.write_text(plain_delete.script(_refs(order), self.storage, keys))
        kept = Snapshot(self.storage, self.storage.with_name("storage-saved"), self.names)
        psql: list[str | Path] = [
            tool("psql", 18),
            "--dbname",
            owner_url(),
            "-qX",
            "-v",
            "ON_ERROR_STOP=1",
            "-f",
            script,
        ]
        files: list[str | Path] = ["xargs", "-a", keys, "rm", "-f"]
        plain = Task("psql", lambda _: peers.shell(psql, files), lambda _: kept.restore(self.names[0]))
        ours = Task("ours", lambda _: self.delete(order), lambda _: kept.restore(*self.names))
        try:
            return paired([plain, ours], self.bench.rounds)
        finally:
            kept.drop(*self.names)
            shutil.rmtree(kept.saved, ignore_errors=True)


def _refs(order: int) -> list[str]:
    return list(DisposalItem.objects.filter(order=order, outcome="waiting").values_list("record__ref", flat=True))


def _source(storage: Path) -> Source:
    """A client of its own, with the sample's first account, whose periods and people are as the sample's."""
    now, adi = timezone.now(), deleting.person("adi")
    client = accounts.create_client(user=None, at=now, code=deleting.CLIENT, name="Bank Seratus Ribu",
                                    customer_word="nasabah", zone=deleting.ZONE)  # fmt: skip
    approver = accounts.create_user(user=None, at=now, email="sita@seratus.example", name="Sita Lestari",
                                    position="Contact Centre Head", employee_number="", language="id",
                                    zone=deleting.ZONE, password=os.urandom(12).hex())  # fmt: skip
    accounts.grant_role(user=None, at=now, person=approver, role="client", client=client)
    policies.save(
        user=deleting.person("maya"), at=now, client=client, record_class="conversation",
        terms=policies.Terms(zone=deleting.ZONE, periods=Periods(1, 30, 2, 24)), reason="Kontrak layanan",
    )  # fmt: skip
    source = sources.connect(
        user=adi, at=now, client=client, kind="chatwoot", record_class="conversation", name="Omni-channel",
        zone=deleting.ZONE, config={**source_address(), "account": "1", "storage": str(storage)}, secret={},
    )  # fmt: skip
    role = conninfo_to_dict(os.environ["KENDALI_SAMPLE_DELETER_URL"])["user"]
    source.deleting = {"delete_by": "sql", "delete_user": role}
    source.deleting_secret = secrets.seal_deleting_secret(source.pk, {})
    source.deleting_from = now - timedelta(days=1)
    source.save()
    return source


def _vacuum() -> None:
    """Both databases, as autovacuum does between the evening's answer and the next day's deletion."""
    with psycopg.connect(**connect_arguments(settings.DATABASE_OWNER), autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE")
    with psycopg.connect(owner_url(), autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE")


def _all_deleted(asked: Mapping[str, Any]) -> None:
    """Every line was read back as gone, with an intent and an outcome in the journal."""
    found = deleting.outcomes(asked["order"])
    if found != {"deleted": asked["count"]}:
        raise SystemExit(f"of {asked['count']} conversations: {found}")
    entries = JournalEntry.objects.filter(order=asked["order"])
    kinds = {kind: entries.filter(kind=kind).count() for kind in ("intent", "outcome")}
    if set(kinds.values()) != {asked["count"]}:
        raise SystemExit(f"journal of {asked['count']} conversations: {kinds}")


def _deleting_lines(
    small: Mapping[str, Any], large: Mapping[str, Any], few: Cost, costs: Mapping[str, Sequence[Cost]], bench: Bench
) -> list[Line]:
    ours, plain, count = costs["ours"], costs["psql"], int(large["count"])
    spent = median(bench.answer(cost)["seconds"] for cost in ours)
    cpu = median(cost.cpu for cost in ours)
    memory, before = max(cost.memory for cost in ours) / MIB, few.memory / MIB
    figure = (
        f"{count / spent:,.0f} conversations/s ({spent:.1f} s; {wall(ours):.1f} s with the worker's start; "
        f"{cpu:.1f} s of processor time of ours, the databases' beside it)"
    )
    slower = 1 / ratio(ours, plain)
    return [
        at_least(f"{count:,} conversations deleted in one order, each guarded, journalled, read back",
                 count / spent, 2_000, figure, "conversations/s", WHY_RATE),
        Line("… time beside a plain `DELETE … WHERE id = ANY` script, one transaction in psql, then `rm`",
             f"{slower:.2f} × ({wall(plain):.1f} s, {count / wall(plain):,.0f} conversations/s; it asks nothing, "
             "proves nothing, and locks every row until its end)"),
        at_most(f"Worker's peak memory, beside that for {small['count']:,}", memory / before, 1.1,
                f"{memory:.0f} MiB; {before:.0f} MiB for {small['count']:,}: {memory / before:.2f} ×", why=WHY_MEMORY),
    ]  # fmt: skip


def _paper_lines(large: Mapping[str, Any], asked: Cost, paper: Cost, bench: Bench) -> list[Line]:
    count, before, after = int(large["count"]), large["seconds"], bench.answer(paper)
    certificate = after["seconds"]["draft"] + after["seconds"]["annex"]
    seconds = after["seconds"]
    return [
        Line(f"Before it: {count:,} proposed, each compared with the source, frozen with its digest",
             f"{before['draft'] + before['freeze']:.1f} s; peak memory {asked.memory / MIB:.0f} MiB"),
        Line("… the client's Ya; the order raised from it",
             f"{before['decide']:.1f} s; {before['order']:.1f} s"),
        at_most(f"After it: Berita Acara over {count:,} lines, PDF/A and annex as CSV and XLSX, read back",
                certificate, 60, f"{certificate:.1f} s (lines {seconds['draft']:.1f} s, annex, root, PDF "
                f"{seconds['annex']:.1f} s); peak memory {paper.memory / MIB:.0f} MiB, with the lines below", "s",
                WHY_CERTIFICATE),
        Line("… five more signatures and the seal (PAdES)", f"{seconds['sign']:.1f} s"),
        Line("… the rows of the Daftar Catatan counted again", f"{seconds['register']:.1f} s"),
        Line("… berkas bukti as one ZIP", f"{seconds['dossier']:.1f} s, {after['dossier'] / 1e6:.0f} MB"),
    ]  # fmt: skip


WHY_RATE = (
    "Half the processor time is the worker's (the fingerprint before the call and again inside the deleting "
    "transaction, the lists of parts before and after it), half the two databases'; each batch waits for its commits."
)
WHY_MEMORY = "Batches of at most 2,000 conversations; a longer order has more of them, not larger ones."
WHY_CERTIFICATE = "Lines by COPY, then one pass that writes CSV and XLSX and computes the leaves."


def measure(bench: Bench) -> None:
    made = Deletion(bench)
    lines: list[Line] = []
    small, _ = made.propose(bench.amount(SMALL, 20))
    few = run(made.delete(small["order"]))
    _all_deleted(small)
    large, asked = made.propose(bench.amount(LARGE, 200))
    _vacuum()
    costs = made.beside(large["order"])
    _all_deleted(large)
    lines += _deleting_lines(small, large, few, costs, bench)
    at = (made.begin + timedelta(hours=30)).isoformat()
    paper = run(bench.ours("certify", bench.job("certify", {"order": large["order"], "at": at})))
    lines += _paper_lines(large, asked, paper, bench)
    intro = (
        f"{made.amount:,} conversations of two clients, two to five years old; {bench.rounds} rounds, each from the "
        "same copies of both databases and of the files, on a durable server (fsync on) that both databases share, as "
        f"they share the {os.cpu_count()} cores with the worker. PostgreSQL 18."
    )
    bench.write(TITLE, intro, lines)
