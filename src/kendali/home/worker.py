"""`kendali worker`: carries out jobs until told to stop. Any number of them, on any number of machines."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys

import django

from kendali.home import installation

GRACE_SECONDS = 8.0  # then running jobs are left to another worker: each is a row that says how far it came

log = logging.getLogger("kendali.worker")


def main(arguments: list[str]) -> None:
    argparse.ArgumentParser(prog="kendali worker", epilog="settings: docs/operations.md").parse_args(arguments)
    installation.adopt()
    django.setup()
    from kendali.home import start_checks

    start_checks.insist()
    asyncio.run(work())
    logging.shutdown()
    # A job that did not end within the grace sits in a thread that nothing can stop; it must not hold up the exit.
    os._exit(0)


async def work() -> None:
    from django.conf import settings
    from procrastinate.contrib.django import app

    heartbeat = settings.KENDALI_HEARTBEAT_SECONDS
    log.info("worker starts", extra={"jobs_at_once": settings.KENDALI_WORKER_JOBS, "pid": os.getpid()})
    with app.replace_connector(app.connector.get_worker_connector()):
        async with app.open_async():
            await app.run_worker_async(
                name=f"{os.uname().nodename}-{os.getpid()}",
                concurrency=settings.KENDALI_WORKER_JOBS,
                shutdown_graceful_timeout=GRACE_SECONDS,
                update_heartbeat_interval=heartbeat,
                stalled_worker_timeout=3 * heartbeat,
                fetch_job_polling_interval=min(5, heartbeat),
                delete_jobs="never",
                install_signal_handlers=True,
            )
    log.info("worker stops")


if __name__ == "__main__":
    main(sys.argv[1:])
