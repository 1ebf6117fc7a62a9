"""`kendali worker`: carries out jobs until told to stop. Any number of them, on any number of machines."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Coroutine
from typing import Any

import django

from kendali.home import gate, installation

GRACE_SECONDS = 8.0  # then running jobs are left to another worker: each is a row that says how far it came

log = logging.getLogger("kendali.worker")


def main(arguments: list[str]) -> None:
    argparse.ArgumentParser(prog="kendali worker", epilog="settings: docs/operations.md").parse_args(arguments)
    installation.adopt()
    django.setup()
    from kendali.home import start_checks

    start_checks.insist()
    gate.wait()
    asyncio.run(work())


async def work() -> None:
    from django.conf import settings
    from procrastinate.contrib.django import app
    from procrastinate.contrib.django.django_connector import DjangoConnector

    connector = app.connector
    assert isinstance(connector, DjangoConnector)
    heartbeat = settings.KENDALI_HEARTBEAT_SECONDS
    log.info("worker starts", extra={"jobs_at_once": settings.KENDALI_WORKER_JOBS, "pid": os.getpid()})
    with app.replace_connector(connector.get_worker_connector()):
        async with app.open_async():
            await until_told_to_stop(
                app.run_worker_async(
                    name=f"{os.uname().nodename}-{os.getpid()}",
                    concurrency=settings.KENDALI_WORKER_JOBS,
                    shutdown_graceful_timeout=GRACE_SECONDS,
                    update_heartbeat_interval=heartbeat,
                    stalled_worker_timeout=3 * heartbeat,
                    fetch_job_polling_interval=min(5, heartbeat),
                    install_signal_handlers=False,
                )
            )
    log.info("worker stops")


async def until_told_to_stop(running: Coroutine[Any, Any, None]) -> None:
    """Run until SIGTERM or SIGINT; then take no new job and leave when the running ones have ended, or the grace has.

    A job that goes on sits in a thread that nothing can stop; it must not hold up the exit. Another worker takes it.
    """
    told = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, told.set)
    worker = asyncio.create_task(running)
    waiting = asyncio.create_task(told.wait())
    await asyncio.wait({worker, waiting}, return_when=asyncio.FIRST_COMPLETED)
    worker.cancel()
    _, unfinished = await asyncio.wait({worker}, timeout=GRACE_SECONDS + 1)
    if unfinished:
        log.warning("worker stops and leaves its jobs to another")
        logging.shutdown()
        os._exit(0)
    if not worker.cancelled():
        worker.result()  # raises what ended it


if __name__ == "__main__":
    main(sys.argv[1:])
