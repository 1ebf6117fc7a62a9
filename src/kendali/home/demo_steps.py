"""The scenes of `kendali demo`, each with what must hold."""

from __future__ import annotations

import shutil
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from kendali import civil_time
from kendali.archive import export, stores
from kendali.archive.age import Identity
from kendali.archive.reader import Package as OpenPackage
from kendali.audit import sentences
from kendali.audit.models import Entry
from kendali.audit.verify import verify
from kendali.connectors.base import Snapshot
from kendali.home import demo_deletion, demo_destruction, demo_paper, demo_sink
from kendali.home.demo_people import person
from kendali.records.actions import backup, escalations, scan, sources
from kendali.records.models import Escalation, Package, Record, Source
from kendali.records.queries.radar import radar
from kendali.vault import actions as vault

if TYPE_CHECKING:
    from kendali.home.demo import Stage

CLIENT = "Bank Nusantara"


def play(stage: Stage, conversations: int, recordings: int) -> None:
    stage.step(_("The sample organisation and its omni-channel application are made (Chatwoot, Asterisk)"))
    call_command("sample", conversations=conversations, recordings=recordings, no_past=True)
    found = list(Source.objects.filter(client__name=CLIENT).select_related("client").order_by("pk"))
    look(stage, found)
    orders = [order_backup(stage, source) for source in found]
    for order in orders:
        confirm(stage, order)
    restore_conversation(stage, found[0])
    restore_recording(stage, found[1])
    open_with_tools(stage, orders[1])
    chats, calls = demo_deletion.play(stage, found[0], found[1])
    certificates = demo_paper.certify(stage, [chats, calls])
    demo_paper.show_register(stage, calls, "not_wholly_destroyed")
    demo_paper.prove_one(stage, certificates[0])
    copies = demo_destruction.play(stage, calls)
    demo_paper.certify(stage, [copies])
    demo_paper.show_register(stage, copies, "destroyed")
    trail(stage)


def look(stage: Stage, found: list[Source]) -> None:
    stage.step(_("Tari (Team Leader) looks at the radar: what is older than a year and has no backup?"), "/radar/")
    gaps = radar([found[0].client], timezone.now()).gaps
    for gap in gaps:
        facts = {"source": gap.source.name, "overdue": gap.overdue, "due": gap.due}
        stage.say(_("%(source)s: %(overdue)s older than a year, %(due)s to be backed up soon") % facts)
    stage.expect(all(gap.overdue for gap in gaps), _("what is older than a year is seen"))


def order_backup(stage: Stage, source: Source) -> Escalation:
    tari, indra = person("tari"), person("indra")
    today = civil_time.local_date(timezone.now(), source.zone)
    last = escalations.proposed_cut_off(source, today)
    order = escalations.raise_escalation(user=tari, at=timezone.now(), source=source, cut_off=last)
    facts = {"number": order.number, "source": source.name, "day": f"{last:%d-%m-%Y}"}
    stage.step(_("Tari raises %(number)s: %(source)s until %(day)s") % facts, f"/eskalasi/{order.pk}/")
    frozen = {"count": order.list_count, "digest": order.list_digest[:16]}
    stage.say(_("the list is frozen: %(count)s records, digest %(digest)s…") % frozen)
    escalations.accept(user=indra, at=timezone.now(), order=order)
    escalations.begin(user=indra, at=timezone.now(), order=order)
    stage.say(_("Indra (Team IT) accepts and runs it"))
    _run_with_bar(stage, order)
    order.refresh_from_db()
    for item in order.items.filter(outcome="problem").select_related("record")[:5]:
        codes = ", ".join(problem["code"] for problem in item.problems)
        stage.say(_("shortcoming: %(record)s: %(codes)s") % {"record": item.record, "codes": codes})
    packages = order.packages.filter(status=Package.Status.VERIFIED)
    drilled = sum(packages.values_list("drill_records", flat=True))
    written = _("%(packages)s packages written, every byte read back, %(records)s records restored as a drill")
    stage.say(written % {"packages": packages.count(), "records": drilled})
    known = order.items.filter(outcome__in=["backed_up", "unchanged", "problem"]).count()
    stage.expect(
        known == order.list_count,
        _("every record is accounted for: %(status)s") % {"status": order.get_status_display()},
    )
    return order


def _run_with_bar(stage: Stage, order: Escalation) -> None:
    def work() -> None:
        backup.run(order.pk, worker="demo")
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    while worker.is_alive():
        worker.join(1)
        progress = Escalation.objects.values_list("progress", flat=True).get(pk=order.pk)
        stage.bar(progress.get("done", 0), order.list_count, str(progress.get("package", "")))
    print()


def confirm(stage: Stage, order: Escalation) -> None:
    stage.step(_("Tari looks at %(number)s and confirms it") % {"number": order.number}, f"/eskalasi/{order.pk}/")
    escalations.confirm(user=person("tari"), at=timezone.now(), order=order)
    scan.scan_now(order.source, at=timezone.now())
    gap = next(gap for gap in radar([order.client], timezone.now()).gaps if gap.source == order.source)
    listed = order.items.filter(outcome="problem").count()
    stage.expect(
        gap.overdue <= listed,
        _("radar: %(left)s older than a year are left (%(listed)s shortcomings)")
        % {"left": gap.overdue, "listed": listed},
    )


def restore_conversation(stage: Stage, source: Source) -> None:
    record = _backed_up(source).order_by("-parts")[0]
    stage.step(
        _("One conversation is restored from its package: %(record)s") % {"record": record}, f"/catatan/{record.pk}/"
    )
    assert record.version is not None
    restored = _opened(record).conversation(record.ref)
    copied = demo_sink.Rows()
    with sources.connected(source) as connector:
        (snapshot,) = list(connector.snapshot([record.ref], copied))
    stage.say(
        _("%(messages)s messages, %(tables)s tables, package %(package)s")
        % {"messages": restored["messages"].num_rows, "tables": len(restored), "package": record.version.package}
    )
    stage.expect(_same(restored, copied, snapshot), _("the package holds what the source has, cell by cell"))


def _same(restored: dict[str, pa.Table], copied: demo_sink.Rows, snapshot: Snapshot) -> bool:
    tables = copied.tables()
    return not snapshot.problems and all(
        restored[name].select(table.column_names).to_pylist() == table.to_pylist() for name, table in tables.items()
    )


def restore_recording(stage: Stage, source: Source) -> None:
    record = _backed_up(source).order_by("-size")[0]
    stage.step(
        _("One recording is restored from its package: %(record)s") % {"record": record}, f"/catatan/{record.pk}/"
    )
    assert record.version is not None
    assert record.version.slot is not None
    unit = _opened(record).unit(record.version.slot)
    for name, stream in unit.files:
        (original,) = Path(str(source.config["monitor"])).rglob(name)
        content = stream.read()
        stage.expect(
            content == original.read_bytes(),
            _("%(name)s: %(size)s bytes, the same as at the source") % {"name": name, "size": len(content)},
        )


def _backed_up(source: Source) -> QuerySet[Record]:
    return Record.objects.filter(source=source, version__isnull=False).select_related("version__package")


def _opened(record: Record) -> OpenPackage:
    assert record.version is not None
    store = stores.open_store(settings.KENDALI_STORE)
    return OpenPackage(store, record.version.package.path, vault.package_key(record.version.package_id))


def open_with_tools(stage: Stage, order: Escalation) -> None:
    package = order.packages.filter(status=Package.Status.VERIFIED).order_by("-records")[0]
    stage.step(
        _("Package %(package)s is exported for a receiver and opened with ordinary tools") % {"package": package},
        f"/paket/{package.pk}/",
    )
    identity, into = Identity.generate(), Path(settings.HOME) / "export"
    store = stores.open_store(settings.KENDALI_STORE)
    export.export_package(
        store, package.path, vault.package_key(package.pk), recipient=str(identity.recipient()), into=into
    )
    for manifest in ("tagmanifest-sha256.txt", "manifest-sha256.txt"):
        stage.expect(_tool("sha256sum", "-c", "--quiet", manifest, cwd=into), f"sha256sum -c {manifest}")
    pack = next(into.rglob("*.tar"))
    stage.expect(_tool("tar", "xf", str(pack), cwd=into), f"tar xf {pack.name}")
    member = next(into.glob("*.age"))
    if shutil.which("age") is None:
        stage.say(_("age is not installed here (apt-get install age): left out"))
        return
    key = into / "identity.txt"
    key.write_text(identity.secret_text() + "\n")
    command = f"age -d -i identity.txt {member.name} | tar x"
    stage.expect(_tool("sh", "-c", command, cwd=into), command)
    stage.expect((into / "call.json").exists(), _("call.json and its audio files are in hand"))


def _tool(*command: str, cwd: Path) -> bool:
    return subprocess.run(command, cwd=cwd, stdout=subprocess.DEVNULL, check=False).returncode == 0


def trail(stage: Stage) -> None:
    stage.step(_("Aulia (auditor) reads the audit trail"), "/audit/")
    for entry in Entry.objects.order_by("-pk")[:8][::-1]:
        stage.say(f"{timezone.localtime(entry.at):%H.%M.%S}  {sentences.render(entry)}")
    checked = verify()
    stage.expect(checked.broken is None, _("the chain of %(count)s entries is whole") % {"count": checked.entries})
    stage.expect(not Record.objects.filter(source__client__name=CLIENT, version__package__status="damaged").exists(),
                 _("no package is damaged"))  # fmt: skip
    others = Escalation.objects.exclude(client__name=CLIENT).count()
    stage.expect(others == 0, _("nothing of the other client was touched"))
