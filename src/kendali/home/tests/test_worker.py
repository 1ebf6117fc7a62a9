"""Workers are killed, told to stop, and start beside each other; every job ends."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from kendali.home.tests import counting_job

Start = Callable[[], "subprocess.Popen[bytes]"]

counting_job.register()


@pytest.fixture
def start(process_environment: dict[str, str]) -> Iterator[Start]:
    started: list[subprocess.Popen[bytes]] = []

    def one() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "kendali.home.tests.counting_job"]
        process = subprocess.Popen(command, env=process_environment)
        started.append(process)
        return process

    yield one
    for process in started:
        process.kill()
        process.wait()


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


def job() -> ProcrastinateJob:
    found: ProcrastinateJob = ProcrastinateJob.objects.get(task_name="wait_for_file")
    return found


def test_another_worker_finishes_the_job_of_a_killed_one(start: Start, tmp_path: Path) -> None:
    app.configure_task("wait_for_file").defer(folder=str(tmp_path))
    first = start()
    wait_for(lambda: list(tmp_path.glob("began-*")))
    first.kill()
    first.wait()
    start()
    wait_for(lambda: len(list(tmp_path.glob("began-*"))) == 2)
    (tmp_path / "go").touch()
    wait_for(lambda: job().status == "succeeded")
    assert job().attempts >= 2, "the killed attempt and the one that finished"


def test_a_worker_told_to_stop_ends_its_job_first(start: Start, tmp_path: Path) -> None:
    app.configure_task("wait_for_file").defer(folder=str(tmp_path))
    worker = start()
    wait_for(lambda: list(tmp_path.glob("began-*")))
    worker.send_signal(signal.SIGTERM)
    (tmp_path / "go").touch()
    assert worker.wait(60) == 0
    assert job().status == "succeeded"


def test_a_worker_told_to_stop_does_not_wait_long_for_a_job_that_goes_on(start: Start, tmp_path: Path) -> None:
    app.configure_task("wait_for_file").defer(folder=str(tmp_path))
    worker = start()
    wait_for(lambda: list(tmp_path.glob("began-*")))
    worker.send_signal(signal.SIGTERM)
    worker.wait(60)  # the job itself would go on for ever
    start()
    wait_for(lambda: len(list(tmp_path.glob("began-*"))) == 2)


def test_ready_says_what_is_missing_and_is_200_once_a_worker_runs(start: Start, client: Client) -> None:
    assert client.get("/health/live").status_code == 200
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["worker"]) == (503, "none seen")
    start()
    answers = []

    def is_ready() -> bool:
        answers.append(client.get("/health/ready"))
        return answers[-1].status_code == 200

    wait_for(is_ready)
    found = answers[-1].json()
    found.pop("mail_server")  # at the full minute the worker may note its own, which is not the one of this process
    assert found == {"ok": True, "database": "ok", "migrations": "ok", "store": "ok", "worker": "ok"}


@pytest.mark.django_db
def test_ready_answers_even_without_its_tables() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL search_path TO nowhere")
    answer = Client().get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["worker"] == "no database"
