"""A month that is ready to be planned: the small floor, callers, and a material and scenarios of each kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from kendali.accounts.models import User
from kendali.documents.models import Document, Revision
from kendali.mystery.actions import cycles, plan
from kendali.mystery.actions.forms import ship_default
from kendali.mystery.models import Caller, Cycle, Material, MaterialCite, Persona, Sample, Scenario, ScenarioVersion
from kendali.mystery.queries import planning
from kendali.mystery.rules import plain
from kendali.mystery.rules.cycle import KINDS
from kendali.mystery.rules.quotas import Request, with_reserve
from kendali.mystery.rules.scenario import Question
from kendali.mystery.rules.scenario import Scenario as Content
from kendali.mystery.tests.roster_rows import Floor, callers, floor
from tests.cast import Cast

MONTH = date(2026, 12, 1)
AT = datetime(2026, 11, 20, 8, 40, tzinfo=UTC)  # Friday; December is ready on Monday 30 November
VALID = date(2026, 10, 1), date(2027, 12, 31)


@dataclass
class Ready:
    cast: Cast
    floor: Floor
    callers: dict[str, Caller]
    materials: list[Material]
    versions: list[ScenarioVersion]
    at: datetime = AT

    def cycle(self, month: date = MONTH, *, minimum: int = 6) -> Cycle:
        """Begun, everything chosen; small quotas, so that a test is quick. Its number of national calls is closed."""
        self.floor.national.active = False
        self.floor.national.save()
        row = cycles.begin_cycle(user=self.cast.qanita, at=self.at, month=month)
        Cycle.objects.filter(pk=row.pk).update(minimum=minimum)
        row.refresh_from_db()
        cycles.choose(user=self.cast.qanita, at=self.at, row=row, materials=self.materials, versions=self.versions)
        there = planning.read(row.request)
        small = planning.written(Request(with_reserve(minimum, 10), there.margins))
        Cycle.objects.filter(pk=row.pk).update(request=small)
        row.refresh_from_db()
        return row

    def drawn(self, *, minimum: int = 6, seed: str = "benih") -> Cycle:
        row = self.cycle(minimum=minimum)
        plan.draw(user=self.cast.qanita, at=self.at, row=row, seed=seed)
        return row

    def frozen(self, *, minimum: int = 6) -> Cycle:
        row = self.drawn(minimum=minimum)
        plan.freeze_plan(user=self.cast.qanita, at=self.at, row=row)
        row.refresh_from_db()
        return row


def samples(row: Cycle) -> list[Sample]:
    return list(Sample.objects.filter(cycle=row).order_by("slot", "pk"))


def article(code: str = "PSL-0001") -> Revision:
    document = Document.objects.create(kind="article", code=code, title="Biaya administrasi", created_at=AT)
    return Revision.objects.create(
        document=document, version=1, title="Biaya administrasi", body="Rp 15.000", digest="0" * 64,
        valid_from=VALID[0], created_at=AT, status="effective", effective_at=AT,
    )  # fmt: skip


def scenario(author: User, approver: User, code: str, kind: str) -> ScenarioVersion:
    content = Content(
        code=code, version=1, kind=kind, goal="Ketepatan jawaban", situation="Menanyakan biaya",
        opening="{salam}, saya {nama}.", questions=(Question("q1", "Berapa?", "Rp 15.000", "PSL-0001", 1),),
        closing="Terima kasih.", author=author.pk, valid_from=VALID[0], valid_until=VALID[1],
    )  # fmt: skip
    return ScenarioVersion.objects.create(
        scenario=Scenario.objects.create(code=code), version=1, kind=kind, content=plain.write(content),
        status="approved", valid_from=VALID[0], valid_until=VALID[1], author=author, created_at=AT,
        approved_by=approver, approved_at=AT,
    )  # fmt: skip


def ready(cast: Cast) -> Ready:
    ship_default(AT)
    cited = article()
    materials = [
        Material.objects.create(code=f"B-{kind}", kind=kind, title=f"Bahan {kind}", created_at=AT, changed_at=AT)
        for kind in KINDS
    ]
    MaterialCite.objects.bulk_create([MaterialCite(material=one, revision=cited) for one in materials])
    versions = [
        scenario(cast.qadri, cast.qanita, f"SKN-{kind.upper()}-{number}", kind) for kind in KINDS for number in (1, 2)
    ]
    Persona.objects.bulk_create(
        Persona(code=f"P-{one:02d}", name=f"Tamu {one}", caller_number=f"0811000000{one:02d}") for one in range(40)
    )
    return Ready(cast, floor(cast), callers(cast), materials, versions)
