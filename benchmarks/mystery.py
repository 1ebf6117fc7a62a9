"""Server time of the pages of a month with 5 000 samples and 20 000 findings, as the program's own role."""

from __future__ import annotations

from benchmarks import mystery_rows
from benchmarks.bench import Bench
from benchmarks.pages import LIMIT, TIMES, WHY, sample_organisation, time_page, vacuum
from benchmarks.report import at_most

TITLE = "Mystery calling"
SAMPLES, FINDINGS = 5_000, 20_000


def measure(bench: Bench) -> None:
    sample_organisation()
    month = mystery_rows.fill(bench.amount(SAMPLES, 20), bench.amount(FINDINGS, 80))
    vacuum()
    lines = []
    for what, path, person in _pages(month):
        spent = time_page(person, path)
        lines.append(at_most(what, spent, LIMIT, f"{spent:.0f} ms", "ms", WHY))
    intro = (
        f"{month.samples:,} samples of one month, each verified with its form of 36 items, {month.findings:,} "
        f"findings, three quarters of them open, each with its clocks; median of {TIMES} after a first one."
    )
    bench.write(TITLE, intro, lines)


def _pages(month: mystery_rows.Month) -> list[tuple[str, str, str]]:
    code = f"{month.cycle.month:%Y-%m}"
    return [
        ("Menunggu saya of QA `/`", "/", "qanita"),
        ("Menunggu saya of a Supervisor `/`", "/", "surya"),
        ("The cycle `/mystery/siklus/YYYY-MM/`", f"/mystery/siklus/{code}/", "qanita"),
        ("Its plan `/mystery/siklus/YYYY-MM/rencana/`", f"/mystery/siklus/{code}/rencana/", "qanita"),
        ("Its samples `/mystery/siklus/YYYY-MM/sampel/`", f"/mystery/siklus/{code}/sampel/", "qanita"),
        ("One sample with its form `/mystery/sampel/N/`", f"/mystery/sampel/{month.sample.pk}/", "qanita"),
        ("To verify `/mystery/verifikasi/`", "/mystery/verifikasi/", "qanita"),
        ("The day of a QC Officer `/mystery/panggilan/`", "/mystery/panggilan/", "qori"),
        ("Findings that wait `/mystery/temuan/`", "/mystery/temuan/", "qanita"),
        ("… all of them", "/mystery/temuan/?tampil=semua", "kirana"),
        ("… mine", "/mystery/temuan/?milik=saya", "qanita"),
        ("… late", "/mystery/temuan/?jam=terlambat", "kirana"),
        ("… for a Supervisor", "/mystery/temuan/", "surya"),
        ("One finding `/mystery/temuan/N/`", f"/mystery/temuan/{month.finding.pk}/", "surya"),
        ("Register F-22 `/mystery/f22/YYYY-MM/`", f"/mystery/f22/{code}/", "dewi"),
        ("… late ones of a shift", f"/mystery/f22/{code}/?temuan=late&shift=siang", "dewi"),
        ("One sheet `/mystery/f22/sampel/N/`", f"/mystery/f22/sampel/{month.sample.pk}/", "dewi"),
        ("Roster `/mystery/roster/`", "/mystery/roster/", "qanita"),
    ]
