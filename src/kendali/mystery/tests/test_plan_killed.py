"""A drawing that is ended in the middle leaves no half plan, and the next worker makes the very same one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import connection

from kendali.mystery.actions import plan
from kendali.mystery.models import Cycle
from kendali.mystery.tests.month_rows import Ready, ready, samples
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)
# A second process that draws, and stops for ever in the phase that is named: from outside it is simply a worker.
WORKER = """
import sys, time
import django
django.setup()
from datetime import datetime
from kendali.mystery.actions import plan
from kendali.mystery.models import Sample
cycle_id, ticket, at, stop = sys.argv[1:]
written = plan._write
def slow(row, found, when):
    if stop == "before":
        print("here", flush=True); time.sleep(600)
    written(row, found, when)
    print("here", flush=True); time.sleep(600)
plan._write = slow
plan.carry_out(int(cycle_id), ticket=ticket, at=datetime.fromisoformat(at))
"""


@pytest.fixture
def it(cast: Cast) -> Ready:
    return ready(cast)


@pytest.mark.parametrize("stop", ["before", "after"])
def test_a_killed_drawing_leaves_nothing_and_the_next_one_draws_the_same(
    it: Ready, process_environment: dict[str, str], tmp_path: Path, stop: str
) -> None:
    row = it.cycle()
    ticket = plan.ask(user=it.cast.qanita, at=it.at, row=row, seed="benih")
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(row.pk), ticket, it.at.isoformat(), stop],
        env=process_environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    _until_nobody_holds(row)
    assert samples(row) == []
    row.refresh_from_db()
    assert row.drawing["ticket"] == ticket  # still ordered: the page says so
    assert plan.carry_out(row.pk, ticket=ticket, at=it.at)
    row.refresh_from_db()
    first = [(one.opens, one.kind, one.executor_id) for one in samples(row)]
    digest = row.plan_digest
    plan.draw(user=it.cast.qanita, at=it.at, row=row, seed="benih")
    assert ([(one.opens, one.kind, one.executor_id) for one in samples(row)], row.plan_digest) == (first, digest)


def _until_nobody_holds(row: Cycle) -> None:
    """The server notices that a client is gone only when it looks."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND state LIKE 'idle in transaction%%'"
            )
            if not cursor.fetchone()[0]:
                return
        time.sleep(0.05)
    raise AssertionError("the killed worker still holds its transaction")
