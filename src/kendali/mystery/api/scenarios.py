"""Scenarios, for machines: the same draft, the same problems, the same steps as on the pages."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from django.http import HttpRequest, QueryDict
from django.utils import timezone
from ninja import Field, Query, Router, Schema, Status

from kendali import keyset
from kendali.accounts import access
from kendali.accounts.access import signed_in
from kendali.accounts.permissions import RuleRefused
from kendali.civil_time import EARLIEST, LATEST
from kendali.mystery.actions import scenarios as actions
from kendali.mystery.api.prepare import Code, Kind, PreparationProblem, Short, Text, Version, told
from kendali.mystery.models import Scenario, ScenarioVersion
from kendali.mystery.queries import scenarios as queries
from kendali.mystery.queries.prepared import scenario_of
from kendali.mystery.rules import scenario_diff
from kendali.mystery.rules.scenario import Branch, Question
from kendali.mystery.rules.scenario import Scenario as Content
from kendali.mystery.rules.scenario_rules import ScenarioEvent
from kendali.verdict import no

router = Router(tags=["mystery calling"])
Day = Annotated[date, Field(ge=EARLIEST, le=LATEST)]


class ScenarioQuestion(Schema):
    id: Annotated[str, Field(min_length=1, max_length=40)]
    text: Text
    expected: Text
    article: Annotated[str, Field(max_length=60)] = ""
    article_version: Version = 0
    must_say: Annotated[list[Short], Field(max_length=50)] = []
    must_not_say: Annotated[list[Short], Field(max_length=50)] = []
    tolerance: Text = ""


class ScenarioBranch(Schema):
    after: Annotated[str, Field(max_length=40)]
    when: Text
    go_to: Annotated[str, Field(max_length=40)]


class ScenarioIn(Schema):
    """What the caller says and asks; `seen`: digest of the draft that was read, against overwriting."""

    kind: Kind
    goal: Text = ""
    situation: Text = ""
    opening: Text = ""
    questions: Annotated[list[ScenarioQuestion], Field(max_length=30)] = []
    closing: Text = ""
    branches: Annotated[list[ScenarioBranch], Field(max_length=60)] = []
    personas: Annotated[list[Annotated[str, Field(max_length=30)]], Field(max_length=200)] = []
    test_data: Annotated[list[Short], Field(max_length=50)] = []
    preset_na: Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=200)] = []
    time_limit: Annotated[int, Field(ge=0, le=999_999)] = 600
    answer_within: Annotated[int, Field(ge=0, le=999_999)] | None = None
    valid_from: Day
    valid_until: Day
    seen: Annotated[str, Field(max_length=64)] = ""

    def content(self, before: Content) -> Content:
        return Content(
            code=before.code, version=before.version, kind=self.kind, goal=self.goal, situation=self.situation,
            opening=self.opening, closing=self.closing, author=before.author, valid_from=self.valid_from,
            valid_until=self.valid_until, personas=tuple(self.personas), test_data=tuple(self.test_data),
            preset_na=tuple(self.preset_na), time_limit=self.time_limit, answer_within=self.answer_within,
            questions=tuple(
                Question(one.id, one.text, one.expected, one.article.upper(), one.article_version,
                         tuple(one.must_say), tuple(one.must_not_say), one.tolerance)
                for one in self.questions
            ),
            branches=tuple(Branch(one.after, one.when, one.go_to) for one in self.branches),
        )  # fmt: skip


class ScenarioBegin(Schema):
    code: Code
    kind: Kind
    goal: Text = ""


class ScenarioReason(Schema):
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


class ScenarioRow(Schema):
    code: str
    version: int
    kind: str
    goal: str
    status: str
    valid_from: date
    valid_until: date


class ScenarioPage(Schema):
    scenarios: list[ScenarioRow]
    next: str | None = Field(description="pass as `after` for the next page; null at the end")


class ScenarioOut(ScenarioRow):
    situation: str
    opening: str
    questions: list[ScenarioQuestion]
    closing: str
    branches: list[ScenarioBranch]
    personas: list[str]
    test_data: list[str]
    preset_na: list[str]
    time_limit: int
    answer_within: int | None
    digest: str
    author: str
    approved_by: str | None
    approved_at: datetime | None
    reason: str
    problems: list[PreparationProblem]
    marks: list[PreparationProblem] = Field(description="articles it rests on that changed or ended")


class ScenarioSearch(Schema):
    kind: Literal["", "informasi", "permintaan", "komplain"] = ""
    status: Literal["", "draft", "submitted", "approved", "marked", "expired", "retired"] = ""
    search: Annotated[str, Field(max_length=100)] = ""
    after: Annotated[str, Field(max_length=100)] = ""


class DifferentFrom(Schema):
    since: Version = 0


class ScenarioChange(Schema):
    question: str
    part: str
    before: str | None
    after: str | None


def _out(row: ScenarioVersion) -> ScenarioOut:
    content, at = scenario_of(row), timezone.now()
    found = queries.problems(content, at) if row.status in ("draft", "submitted") else []
    return ScenarioOut(
        code=row.scenario.code, version=row.version, kind=row.kind, goal=row.goal, status=row.status,
        valid_from=row.valid_from, valid_until=row.valid_until, situation=content.situation, opening=content.opening,
        closing=content.closing, personas=list(content.personas), test_data=list(content.test_data),
        preset_na=list(content.preset_na), time_limit=content.time_limit, answer_within=content.answer_within,
        questions=[
            ScenarioQuestion(id=one.id or "-", text=one.text, expected=one.expected, article=one.article,
                       article_version=one.article_version, must_say=list(one.must_say),
                       must_not_say=list(one.must_not_say), tolerance=one.tolerance)
            for one in content.questions
        ],
        branches=[ScenarioBranch(after=one.after, when=one.when, go_to=one.go_to) for one in content.branches],
        digest=queries.digest(content), author=row.author.name,
        approved_by=row.approved_by.name if row.approved_by else None, approved_at=row.approved_at, reason=row.reason,
        problems=told(found), marks=told(queries.marks([row], at).get(row.pk, [])),
    )  # fmt: skip


def _version(request: HttpRequest, code: str, version: int, action: str) -> ScenarioVersion:
    rows = ScenarioVersion.objects.select_related("scenario", "author", "approved_by")
    return access.load(rows, signed_in(request), action, scenario__code=code.upper(), version=version)


@router.get("/scenarios", response=ScenarioPage)
def list_scenarios(request: HttpRequest, asked: Query[ScenarioSearch]) -> ScenarioPage:
    """The newest version of each."""
    access.require(signed_in(request), "scenario.view")
    rows = queries.chosen(kind=asked.kind, status=asked.status, text=asked.search, at=timezone.now())
    args = QueryDict(mutable=True)
    if asked.after:
        args["after"] = asked.after
    page = keyset.page(rows, ("code", "id"), args)
    versions = ScenarioVersion.objects.filter(scenario__in=page.rows).select_related("scenario").order_by("version")
    newest = {row.scenario_id: row for row in versions}
    following = QueryDict(page.older.removeprefix("?")).get("after") if page.older else None
    found = [newest[one.pk] for one in page.rows if one.pk in newest]
    return ScenarioPage(scenarios=[_row(row) for row in found], next=following)


def _row(row: ScenarioVersion) -> ScenarioRow:
    return ScenarioRow(
        code=row.scenario.code, version=row.version, kind=row.kind, goal=row.goal, status=row.status,
        valid_from=row.valid_from, valid_until=row.valid_until,
    )  # fmt: skip


@router.post("/scenarios", response={201: ScenarioOut})
def begin_scenario(request: HttpRequest, data: ScenarioBegin) -> Status[ScenarioOut]:
    row = actions.begin(
        user=signed_in(request), at=timezone.now(), code=data.code.upper(), kind=data.kind, goal=data.goal
    )
    return Status(201, _out(row))


@router.get("/scenarios/{str:code}/{int:version}", response=ScenarioOut)
def show_scenario(request: HttpRequest, code: str, version: int) -> ScenarioOut:
    return _out(_version(request, code, version, "scenario.view"))


@router.put("/scenarios/{str:code}/{int:version}", response=ScenarioOut)
def save_scenario(request: HttpRequest, code: str, version: int, data: ScenarioIn) -> ScenarioOut:
    """A draft is saved whatever is wrong with it; `problems` says what is."""
    row = _version(request, code, version, "scenario.edit")
    content = data.content(scenario_of(row))
    return _out(actions.save(user=signed_in(request), at=timezone.now(), version=row, content=content, seen=data.seen))


@router.post("/scenarios/{str:code}/{int:version}/check", response=list[PreparationProblem])
def check_scenario(request: HttpRequest, code: str, version: int, data: ScenarioIn) -> list[PreparationProblem]:
    """What would be wrong with these words; nothing is saved."""
    row = _version(request, code, version, "scenario.edit")
    return told(queries.problems(data.content(scenario_of(row)), timezone.now()))


@router.delete("/scenarios/{str:code}/{int:version}", response={204: None})
def discard_scenario(request: HttpRequest, code: str, version: int) -> Status[None]:
    row = _version(request, code, version, "scenario.edit")
    actions.discard(user=signed_in(request), at=timezone.now(), version=row)
    return Status(204, None)


@router.post("/scenarios/{str:code}/next-version", response={201: ScenarioOut})
def next_scenario_version(request: HttpRequest, code: str) -> Status[ScenarioOut]:
    user = signed_in(request)
    scenario = access.load(Scenario, user, "scenario.edit", code=code.upper())
    return Status(201, _out(actions.next_version(user=user, at=timezone.now(), scenario=scenario)))


def _moved(request: HttpRequest, code: str, version: int, event: ScenarioEvent, reason: str = "") -> ScenarioOut:
    row = _version(request, code, version, actions.RIGHTS[event])
    moved = actions.move(event, user=signed_in(request), at=timezone.now(), version=row, reason=reason)
    return _out(moved)


@router.post("/scenarios/{str:code}/{int:version}/submit", response=ScenarioOut)
def submit_scenario(request: HttpRequest, code: str, version: int) -> ScenarioOut:
    return _moved(request, code, version, ScenarioEvent.SUBMIT)


@router.post("/scenarios/{str:code}/{int:version}/approve", response=ScenarioOut)
def approve_scenario(request: HttpRequest, code: str, version: int) -> ScenarioOut:
    return _moved(request, code, version, ScenarioEvent.APPROVE)


@router.post("/scenarios/{str:code}/{int:version}/return", response=ScenarioOut)
def return_scenario(request: HttpRequest, code: str, version: int, data: ScenarioReason) -> ScenarioOut:
    return _moved(request, code, version, ScenarioEvent.RETURN, data.reason)


@router.post("/scenarios/{str:code}/{int:version}/withdraw", response=ScenarioOut)
def withdraw_scenario(request: HttpRequest, code: str, version: int, data: ScenarioReason) -> ScenarioOut:
    return _moved(request, code, version, ScenarioEvent.RETIRE, data.reason)


@router.get("/scenarios/{str:code}/{int:version}/changes", response=list[ScenarioChange])
def list_scenario_changes(
    request: HttpRequest, code: str, version: int, asked: Query[DifferentFrom]
) -> list[ScenarioChange]:
    """Against the version `since`; 0: the one before."""
    row = _version(request, code, version, "scenario.view")
    others = row.scenario.versions.select_related("scenario").exclude(pk=row.pk).order_by("-version")
    other = next(
        (one for one in others if one.version == asked.since or (asked.since == 0 and one.version < version)), None
    )
    if other is None:
        raise RuleRefused(no("There is no such version to compare with."))
    found = scenario_diff.changes(scenario_of(other), scenario_of(row))
    return [ScenarioChange(question=one.question, part=one.part, before=one.before, after=one.after) for one in found]
