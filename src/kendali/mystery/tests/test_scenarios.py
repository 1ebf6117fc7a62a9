"""Scenarios: written, submitted, approved by somebody else; marked when an article ends or changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kendali.accounts.models import Deputy, RoleGrant
from kendali.accounts.permissions import Refused, RuleRefused
from kendali.audit.actions import StaleState
from kendali.audit.history import history
from kendali.documents import actions as articles
from kendali.documents import dependents
from kendali.documents.models import Document
from kendali.mystery.actions import marking, materials, scenarios
from kendali.mystery.models import Material, Scenario, ScenarioVersion
from kendali.mystery.queries import scenarios as queries
from kendali.mystery.queries.prepared import scenario_of
from kendali.mystery.queries.waiting_prepare import lines
from kendali.mystery.rules.scenario_rules import ScenarioEvent as E
from kendali.mystery.tests import prepared_rows as rows
from kendali.notices.models import Notice
from tests.cast import Cast


def moved(cast: Cast, event: E, version: ScenarioVersion, who: str, reason: str = "") -> ScenarioVersion:
    return scenarios.move(event, user=cast.people[who], at=rows.now(), version=version, reason=reason)


# --- written and approved


def test_a_draft_is_kept_whatever_is_wrong_with_it(cast: Cast) -> None:
    row = scenarios.begin(user=cast.qanita, at=rows.now(), code="SKN-1", kind="komplain")
    told = {one.place for one in queries.problems(scenario_of(row), rows.now())}
    assert {"goal", "situation", "closing", "questions"} <= told
    with pytest.raises(RuleRefused):
        moved(cast, E.SUBMIT, row, "qanita")
    assert ScenarioVersion.objects.get().status == "draft"


def test_a_draft_in_which_two_questions_have_one_id_is_kept_too(cast: Cast) -> None:
    rows.article(cast)
    row = scenarios.begin(user=cast.qanita, at=rows.now(), code="SKN-1", kind="komplain")
    twice = replace(scenario_of(row), questions=(rows.Q1, replace(rows.Q1, text="Berapa lama?")))
    kept = scenarios.save(user=cast.qanita, at=rows.now(), version=row, content=twice)
    assert "id" in {one.part for one in queries.problems(scenario_of(kept), rows.now()) if one.place == "q1"}


def test_another_qa_approves_and_the_writer_hears_of_it(cast: Cast) -> None:
    row = rows.scenario(cast, "submitted")
    assert [one.user for one in Notice.objects.filter(kind="scenario.to_approve")] == [cast.qadri]
    assert [one.url for one in lines(cast.qadri, rows.now())] == [f"/mystery/skenario/{row.pk}/"]
    assert lines(cast.qanita, rows.now()) == []
    with pytest.raises(RuleRefused):
        moved(cast, E.APPROVE, row, "qanita")
    done = moved(cast, E.APPROVE, row, "qadri")
    assert (done.status, done.approved_by) == ("approved", cast.qadri)
    assert Notice.objects.filter(user=cast.qanita, kind="scenario.approved").exists()
    assert queries.usable(done, rows.now())


def test_who_wrote_in_a_version_does_not_approve_it(cast: Cast) -> None:
    row = rows.scenario(cast, "draft")
    other = replace(scenario_of(row), goal="Diubah QA lain")
    scenarios.save(user=cast.qadri, at=rows.now(), version=row, content=other)
    moved(cast, E.SUBMIT, row, "qadri")
    row.refresh_from_db()
    for who in ("qanita", "qadri"):
        with pytest.raises(RuleRefused):
            moved(cast, E.APPROVE, row, who)
    assert moved(cast, E.APPROVE, row, "kirana").approved_by == cast.kirana  # no other QA is there


def test_a_deputy_does_not_approve_what_the_principal_wrote(cast: Cast) -> None:
    row = rows.scenario(cast, "submitted")
    day = rows.day()
    Deputy.objects.create(
        principal=cast.qanita, deputy=cast.qadri, role="qa", starts=day, ends=day, named_at=rows.now()
    )
    with pytest.raises(RuleRefused):
        moved(cast, E.APPROVE, row, "qadri")


def test_the_coordinator_approves_only_where_no_other_qa_is(cast: Cast) -> None:
    row = rows.scenario(cast, "submitted")
    with pytest.raises(RuleRefused):
        moved(cast, E.APPROVE, row, "kirana")
    assert lines(cast.kirana, rows.now()) == []
    RoleGrant.objects.filter(user=cast.qadri).update(ended_at=rows.now())
    assert [one.number for one in lines(cast.kirana, rows.now())] == ["SKN-TRANSFER"]
    assert moved(cast, E.APPROVE, row, "kirana").status == "approved"


def test_what_is_returned_goes_back_with_its_reason(cast: Cast) -> None:
    row = rows.scenario(cast, "submitted")
    with pytest.raises(RuleRefused):
        moved(cast, E.RETURN, row, "qadri")
    back = moved(cast, E.RETURN, row, "qadri", "Pertanyaan kedua kurang jelas")
    assert (back.status, back.reason) == ("draft", "Pertanyaan kedua kurang jelas")
    assert [one.url for one in lines(cast.qanita, rows.now())] == [f"/mystery/skenario/{row.pk}/ubah/"]
    moved(cast, E.SUBMIT, back, "qanita")
    assert lines(cast.qanita, rows.now()) == []


@pytest.mark.parametrize("who", ["qori", "surya", "maya", "aulia", "dewi", "clara"])
def test_only_qa_writes(cast: Cast, who: str) -> None:
    row = rows.scenario(cast, "draft")
    with pytest.raises(Refused):
        scenarios.begin(user=cast.people[who], at=rows.now(), code="SKN-2", kind="informasi")
    with pytest.raises(Refused):
        scenarios.save(user=cast.people[who], at=rows.now(), version=row, content=scenario_of(row))


def test_who_looked_at_an_older_draft_overwrites_nothing(cast: Cast) -> None:
    row = rows.scenario(cast, "draft")
    seen = queries.digest(scenario_of(row))
    mine, yours = (replace(scenario_of(row), goal=text) for text in ("Milik saya", "Milik orang lain"))
    scenarios.save(user=cast.qadri, at=rows.now(), version=row, content=yours, seen=seen)
    with pytest.raises(StaleState):
        scenarios.save(user=cast.qanita, at=rows.now(), version=row, content=mine, seen=seen)
    row.refresh_from_db()
    assert row.goal == "Milik orang lain"


def test_a_new_version_leaves_the_approved_one_in_use(cast: Cast) -> None:
    second = rows.second_version(cast)
    first = queries.in_use([second.scenario_id])[second.scenario_id]
    assert (first.version, second.version, second.status) == (1, 2, "draft")
    with pytest.raises(RuleRefused):
        scenarios.next_version(user=cast.qanita, at=rows.now(), scenario=second.scenario)
    rows.onward(cast, second, "approved")
    assert queries.in_use([second.scenario_id])[second.scenario_id].version == 2
    first.refresh_from_db()
    with pytest.raises(RuleRefused):
        scenarios.save(user=cast.qanita, at=rows.now(), version=first, content=scenario_of(second))


def test_a_discarded_first_draft_takes_its_code_with_it(cast: Cast) -> None:
    second = rows.second_version(cast)
    scenarios.discard(user=cast.qanita, at=rows.now(), version=second)
    assert [one.version for one in ScenarioVersion.objects.all()] == [1]
    fresh = rows.scenario(cast, "draft", code="SKN-LAIN")
    scenarios.discard(user=cast.qanita, at=rows.now(), version=fresh)
    assert not Scenario.objects.filter(code="SKN-LAIN").exists()


def test_every_step_is_told(cast: Cast) -> None:
    row = rows.scenario(cast, "retired")
    sentences = [one.sentence for one in reversed(history(row))]
    assert [one.split("skenario")[0].strip() for one in sentences] == [
        "Qanita Putri memulai", "Qanita Putri mengubah draf", "Qanita Putri mengajukan", "Qadri Maulana menyetujui",
        "Qanita Putri menarik",
    ]  # fmt: skip
    assert sentences[-1].endswith("Diganti")


# --- the articles it rests on


def test_an_article_that_changes_or_ends_marks_every_scenario_that_rests_on_it(cast: Cast) -> None:
    rows.article(cast, "PSL-0002")
    marked, other = rows.scenario(cast), rows.scenario(
        cast, code="SKN-LAIN", questions=(replace(rows.Q1, article="PSL-0002"),)
    )  # fmt: skip
    assert queries.marked_scenarios(rows.now()) == set()
    rows.article(cast, body="Rp 3.000", valid_from=rows.day())
    assert queries.marked_scenarios(rows.now()) == {marked.scenario_id}
    assert not queries.usable(marked, rows.now())
    second = rows.article(cast, "PSL-0002", body="Baru", valid_from=rows.day(3))
    assert other.scenario_id not in queries.marked_scenarios(rows.now())
    assert other.scenario_id in queries.marked_scenarios(rows.now() + timedelta(days=4))
    articles.retire(user=cast.qanita, at=rows.now(), revision=second, reason="Keliru")
    assert other.scenario_id not in queries.marked_scenarios(rows.now() + timedelta(days=4))


def test_an_article_says_what_rests_on_it_and_what_holds_no_more(cast: Cast) -> None:
    scenario, material = rows.scenario(cast), rows.material(cast)
    key = Document.objects.get(code="PSL-0001").pk
    before = dependents.of([key])[key]
    assert {(one.name, bool(one.standing)) for one in before} == {(str(scenario), True), (str(material), True)}
    rows.article(cast, body="Rp 3.000", valid_from=rows.day())
    assert not any(one.standing for one in dependents.of([key])[key])
    page = cast.web(cast.qanita).get(f"/pansol/{key}/").content.decode()
    assert f"/mystery/skenario/{scenario.pk}/" in page
    assert "berlaku dalam versi 2" in page
    seen = cast.web(cast.qori).get(f"/pansol/{key}/").content.decode()  # a QC Officer does not see scenarios
    assert f"/mystery/skenario/{scenario.pk}/" not in seen
    assert f"/mystery/bahan/{material.pk}/" in seen


def test_qa_is_told_once_in_the_night(cast: Cast) -> None:
    scenario, material = rows.scenario(cast), rows.material(cast)
    assert marking.tell(rows.now()) == 0
    now = rows.article(cast, body="Rp 3.000", valid_from=rows.day())
    assert marking.tell(rows.now()) == 2
    assert marking.tell(rows.now()) == 0
    told = Notice.objects.get(user=cast.qanita, kind="scenario.marked")
    assert told.facts["scenarios"] == [str(scenario)]
    assert told.facts["materials"] == [material.code]
    assert any("ditandai" in one.sentence or "menandai" in one.sentence for one in history(scenario))
    articles.retire(user=cast.qanita, at=rows.now(), revision=now, reason="Keliru")
    assert marking.tell(rows.now()) == 0
    material.refresh_from_db()
    assert material.marked == []
    rows.article(cast, body="Rp 4.000", valid_from=rows.day())
    assert marking.tell(rows.now()) == 2  # another change: told again


# --- materials


def test_the_kinds_that_are_missing_are_named(cast: Cast) -> None:
    assert queries.materials(rows.now()).missing == ("informasi", "permintaan", "komplain")
    for kind in ("informasi", "komplain"):
        rows.material(cast, kind)
    assert queries.materials(rows.now()).missing == ("permintaan",)
    Material.objects.filter(kind="komplain").update(active=False)
    assert queries.materials(rows.now()).missing == ("permintaan", "komplain")
    rows.article(cast, body="Rp 3.000", valid_from=rows.day())
    assert "informasi" in queries.materials(rows.now()).missing


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ({"code": "bhn 1"}, "code"),
        ({"title": " "}, "title"),
        ({"cites": []}, "cites"),
        ({"cites": [("PSL-0001", 9)]}, "cites"),
        ({"text": "Nomor nasabah 081398765432"}, "text"),
    ],
)
def test_a_material_that_cannot_be_kept_says_why(cast: Cast, fields: dict[str, object], part: str) -> None:
    given: dict[str, Any] = {"code": "BHN-1", "title": "Biaya", "cites": [("PSL-0001", 1)]} | fields
    text = given.pop("text", "")
    rows.cited(cast)
    with pytest.raises(RuleRefused) as refused:
        materials.save_material(
            user=cast.qanita, at=rows.now(), kind="informasi", text=text, **given
        )  # fmt: skip
    assert refused.value.verdict.facts["part"] == part


@pytest.mark.parametrize("count", [2, 12])
def test_lists_ask_no_more_with_more_rows(cast: Cast, count: int) -> None:
    for number in range(count):
        rows.scenario(cast, code=f"SKN-{number}")
        rows.material(cast, code=f"BHN-{number}")
    web = cast.web(cast.qanita)
    for page in ("/mystery/skenario/", "/mystery/skenario/?status=marked", "/mystery/bahan/", "/pansol/"):
        with CaptureQueriesContext(connection) as asked:
            assert web.get(page).status_code == 200
        assert len(asked) < 30, page
