"""Server time of the list pages with a million catalogue rows, as the program's own role."""

from __future__ import annotations

import time
from statistics import median

import psycopg
from django.conf import settings
from django.db import connection
from django.test import Client as Browser
from django.utils import timezone

from benchmarks import pages_paper
from benchmarks.bench import Bench
from benchmarks.report import Line, at_most
from kendali.accounts.models import Client, User
from kendali.home.database_roles import connect_arguments
from kendali.home.models import Installation
from kendali.records.actions import counts
from kendali.records.models import Record, Source

TITLE = "Pages"
ROWS = 1_000_000
REGISTER_ROWS = 20_000
LIMIT = 150
TIMES = 7
WHY = "See the query of this page."
FILL = """
INSERT INTO records_record (source_id, ref, display, channel, agent, source_state, parts, started_at, last_activity_at,
  modified_at, backup_clock, first_seen_at)
SELECT %(source)s, g::text, g::text, (ARRAY['WhatsApp','Web','E-mail','Telegram'])[1 + g %% 4], 'Agent ' || g %% 200,
  'resolved', 3, t, t + interval '2 hours', t, t, now()
FROM (SELECT g, now() - (%(rows)s - g) * (interval '1095 days' / %(rows)s) AS t
  FROM generate_series(1, %(rows)s) g) rows
"""


def measure(bench: Bench) -> None:
    sample_organisation()
    rows = bench.amount(ROWS, 5_000)
    source, filling = _fill(rows)
    began = time.monotonic()
    order = _raise(source)
    raising = time.monotonic() - began
    paper = pages_paper.fill(source, order, bench.amount(REGISTER_ROWS, 100))
    vacuum()
    lines = []
    for what, path, person in (*_pages(source, order.pk), *_disposal_pages(source, paper)):
        spent = time_page(person, path)
        lines.append(at_most(what, spent, LIMIT, f"{spent:.0f} ms", "ms", WHY))
    lines.append(Line(f"Escalation of {order.list_count:,} records raised: the list frozen with its digest",
                      f"{raising:.1f} s"))  # fmt: skip
    intro = (
        f"{rows:,} rows in one source ({filling:.0f} s with all indexes), {paper.order.list_count:,} of them in a "
        f"finished order and {paper.asked.list_count:,} on a list that waits for the client; Django's test client in "
        "this process, signed in as the Team Leader or as whose page it is, database role "
        f"{connection.settings_dict['USER']}; median of {TIMES} after a first one."
    )
    bench.write(TITLE, intro, lines)


def sample_organisation() -> None:
    if not Installation.objects.exists():
        from django.core.management import call_command

        call_command("sample", conversations=400, recordings=40, no_past=True)


def _fill(rows: int) -> tuple[Source, float]:
    model = Source.objects.filter(record_class="conversation").order_by("pk")[0]
    source = Source.objects.create(
        client=model.client, kind=model.kind, record_class=model.record_class, name="Sejuta", zone=model.zone,
        config=model.config, secret=model.secret, created_at=timezone.now(),
    )  # fmt: skip
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(FILL, {"source": source.pk, "rows": rows})
    filling = time.monotonic() - began
    vacuum()
    counts.refresh(source, at=timezone.now())
    return source, filling


def _raise(source: Source):  # type: ignore[no-untyped-def]
    from benchmarks.order import raise_order

    order = raise_order(source)
    vacuum()
    return order


def vacuum() -> None:
    with psycopg.connect(**connect_arguments(settings.DATABASE_OWNER), autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE")


def _pages(source: Source, order: int) -> list[tuple[str, str, str]]:
    middle = Record.objects.filter(source=source, ref=str(Record.objects.filter(source=source).count() // 2)).first()
    assert middle is not None
    assert middle.backup_clock is not None
    after = f"{middle.backup_clock.isoformat().replace('+', '%2B')}~{middle.pk}"
    records = f"/radar/catatan/?sumber={source.pk}"
    pages = [
        ("Menunggu saya `/`", "/"),
        ("Radar `/radar/`", "/radar/"),
        ("Catalogue list `/radar/catatan/`", records),
        ("… overdue", f"{records}&status=overdue"),
        ("… overdue, from the middle", f"{records}&status=overdue&after={after}"),
        ("… backed up", f"{records}&status=backed_up"),
        ("… changed (none is)", f"{records}&status=changed"),
        ("… of one month", f"{records}&dari=2025-01-01&sampai=2025-02-01"),
        ("Escalations `/eskalasi/`", "/eskalasi/"),
        ("One escalation with its list `/eskalasi/N/`", f"/eskalasi/{order}/"),
        ("Search `/catatan/`", "/catatan/"),
        ("… by the source's number", f"/catatan/?nomor={middle.ref}"),
        ("… by agent", "/catatan/?agen=Agent+7"),
        ("Source `/sumber/N/`", f"/sumber/{source.pk}/"),
    ]
    return [(what, path, "tari") for what, path in pages]


def _disposal_pages(source: Source, paper: pages_paper.Paper) -> list[tuple[str, str, str]]:
    client, approver = source.client, _approver(source.client)
    return [
        ("Radar with line (b), both classes `/radar/?klien=…`", f"/radar/?klien={client.pk}", "maya"),
        ("Lists of a client `/usulan/`", "/usulan/", "tari"),
        ("One list that waits, with its lines `/usulan/N/`", f"/usulan/{paper.asked.pk}/", "tari"),
        ("… as the client decides on it `/keputusan/N/`", f"/keputusan/{paper.asked.pk}/", approver),
        ("What the client is asked `/keputusan/`", "/keputusan/", approver),
        ("What was deleted, for the client `/sudah-dihapus/`", "/sudah-dihapus/", approver),
        ("Orders of deletion `/penghapusan/`", "/penghapusan/", "tari"),
        ("One finished order with its lines `/penghapusan/N/`", f"/penghapusan/{paper.order.pk}/", "tari"),
        ("Holds `/penangguhan/`", "/penangguhan/", "tari"),
        ("Certificates `/berita-acara/`", "/berita-acara/", "dewi"),
        ("Daftar Catatan `/daftar-catatan/`", "/daftar-catatan/", "dewi"),
        ("… of one client", f"/daftar-catatan/?klien={client.pk}", "dewi"),
        ("The client's page `/terbackup/`", "/terbackup/", approver),
    ]


def _approver(client: Client) -> str:
    return str(User.objects.filter(grants__role="client", grants__client=client)[0].email.split("@")[0])


def time_page(person: str, path: str) -> float:
    """Milliseconds, median."""
    browser = Browser(SERVER_NAME="localhost")
    user = User.objects.get(email__startswith=f"{person}@")
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    spent = []
    for _ in range(TIMES + 1):
        began = time.perf_counter()
        answer = browser.get(path)
        spent.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 200:
            raise SystemExit(f"{path} answered {answer.status_code}")
    return median(spent[1:])
