"""A worker that ends in the middle of a destruction, epoch change included; see `doomed`.

`python -m tests.faults.doomed_destruction ORDER SIGNAL POINT`
"""

from __future__ import annotations

import os
import signal
import sys

import django

from tests.faults.doomed import Points


def main() -> None:
    order, number, last = int(sys.argv[1]), signal.Signals[sys.argv[2]], int(sys.argv[3])
    django.setup()
    from django.db import connection

    from kendali.records.actions import destruction

    points = Points(last, number)
    sys.addaudithook(points.on_audit)
    with connection.execute_wrapper(points.on_statement):
        points.counting = True
        destruction.run(order, worker=f"doomed-{os.getpid()}")
        points.counting = False
    print(points.count)


if __name__ == "__main__":
    main()
