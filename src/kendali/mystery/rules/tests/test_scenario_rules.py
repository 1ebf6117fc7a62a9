"""Scenarios and materials: their parts, the articles they are bound to, who approves. No database."""

from __future__ import annotations

import dataclasses
from datetime import date, time, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kendali.documents.rules import in_force
from kendali.mystery.rules import plain
from kendali.mystery.rules.default_form import default_form
from kendali.mystery.rules.machine import Person, Role
from kendali.mystery.rules.scenario import (
    ArticleVersion,
    Branch,
    Material,
    Question,
    Scenario,
    ScenarioStatus,
    TestIdentity,
)
from kendali.mystery.rules.scenario_rules import (
    LEADS_TO,
    ScenarioEvent,
    marked,
    marks,
    material_problems,
    may_edit,
    may_move,
    problems,
    salam,
    spoken_opening,
    usable,
)

TODAY = date(2026, 11, 20)
ARTICLES = (
    ArticleVersion("WP-1", 1, date(2026, 1, 1), date(2026, 6, 30)),
    ArticleVersion("WP-1", 2, date(2026, 7, 1)),
    ArticleVersion("WP-2", 1, date(2026, 1, 1), date(2026, 12, 31)),
    ArticleVersion("WP-3", 1, date(2026, 1, 1), date(2026, 11, 19)),
    ArticleVersion("WP-4", 1, date(2026, 12, 1)),
    ArticleVersion("WP-5", 1, date(2026, 1, 1), withdrawn=True),
)
RINA = TestIdentity("P-RINA", "Rina Uji", ("081200001111", "3171015508900001"))
Q1 = Question("biaya", "Berapa biaya transfer?", "Rp 2.500 dengan BI-FAST", "WP-1", 2,
              ("BI-FAST",), ("Gratis",), "Pembulatan boleh")  # fmt: skip
Q2 = Question("waktu", "Kapan sampai?", "Saat itu juga", "WP-2", 1)
Q3 = Question("limit", "Berapa batasnya?", "Rp 250 juta", "WP-1", 2)
GOOD = Scenario(
    code="SK-01", version=1, kind="informasi", goal="Ketepatan biaya transfer", situation="Ingin transfer ke bank lain",
    opening="{salam}, saya {nama}, mau bertanya biaya transfer.", questions=(Q1, Q2, Q3),
    closing="Terima kasih, itu saja.", author=7, valid_from=date(2026, 11, 1), valid_until=date(2026, 12, 31),
    branches=(Branch("biaya", "agent menawarkan RTGS", "limit"), Branch("waktu", "agent tidak tahu", "closing")),
    personas=("P-RINA",), test_data=("Rina Uji", "0812-0000-1111"), preset_na=("transfer",), answer_within=20,
    status=ScenarioStatus.APPROVED,
)  # fmt: skip


def changed(**fields: Any) -> Scenario:
    return dataclasses.replace(GOOD, **fields)


def asked(**fields: Any) -> Scenario:
    """With another first question."""
    return changed(questions=(dataclasses.replace(Q1, **fields), Q2, Q3))


def told(scenario: Scenario) -> list[str]:
    found = problems(scenario, articles=ARTICLES, identities=[RINA], form=default_form(), on=TODAY)
    return [str(one) for one in found]


def test_a_good_scenario_has_no_problems_and_can_be_called() -> None:
    assert told(GOOD) == []
    assert usable(GOOD, ARTICLES, TODAY)
    assert GOOD.cites == (("WP-1", 2), ("WP-2", 1))
    assert plain.read(Scenario, plain.write(GOOD)) == GOOD


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (changed(code="sk 01"), "code.code: A code has capital letters"),
        (changed(kind="pujian"), "pujian is none of informasi, permintaan, komplain"),
        (changed(goal=" "), "goal.goal: This part is missing"),
        (changed(situation=""), "situation.situation: This part is missing"),
        (changed(opening=""), "opening.opening: This part is missing"),
        (changed(closing=""), "closing.closing: This part is missing"),
        (changed(closing="x" * 4001), "closing.text: This text is longer"),
        (changed(time_limit=0), "The time limit is 1 to 3600 seconds"),
        (changed(time_limit=3601), "The time limit is 1 to 3600 seconds"),
        (changed(answer_within=0), "The service level is 1 to 3600 seconds"),
        (changed(valid_until=date(2026, 10, 1)), "ends before it begins"),
        (changed(valid_until=date(2026, 11, 19)), "expired on 2026-11-19"),
        (changed(opening="{salam}, saya {pelanggan}"), "{pelanggan} is not known"),
        (changed(opening="{salam, saya"), "A brace is open or closed"),
        (changed(questions=()), "at least one core question"),
        (changed(questions=(Q1, Q1, Q2, Q3)), "an id of its own"),
        (asked(id="closing"), "none is called closing"),
        (asked(text=" "), "biaya.text: This part is missing"),
        (asked(expected=""), "biaya.expected: This part is missing"),
        (asked(article=""), "has to be bound to an article"),
        (asked(must_not_say=("bi-fast ",)), "bi-fast  must be said and must not be said"),
        (asked(must_say=("",)), "An entry of this list is empty"),
        (asked(article="WP-9"), "biaya.article: Article WP-9 is not in force"),
        (asked(article_version=1), "in force as version 2; the answer rests on version 1"),
        (asked(article_version=3), "in force as version 2; the answer rests on version 3"),
        (asked(article="WP-3", article_version=1), "Article WP-3 expired on 2026-11-19"),
        (asked(article="WP-4", article_version=1), "Article WP-4 is not in force"),
        (asked(article="WP-5", article_version=1), "Article WP-5 is not in force"),
        (changed(branches=(Branch("biaya", " ", "limit"),)), "branch/biaya.when: This part is missing"),
        (changed(branches=(Branch("biaya", "ya", "mana"),)), "no question mana"),
        (changed(branches=(Branch("apa", "ya", "limit"),)), "no question apa"),
        (changed(branches=(Branch("limit", "ya", "biaya"),)), "A branch leads forward"),
        (changed(branches=(Branch("limit", "ya", "limit"),)), "A branch leads forward"),
        (changed(branches=(Branch("closing", "ya", "limit"),)), "A branch leads forward"),
        (changed(branches=(Branch("biaya", "ya", "limit"), Branch("biaya", "Ya ", "waktu"))), "leads to two places"),
        (changed(preset_na=("lain",)), "no item lain"),
        (changed(preset_na=("secret_asked",)), "secret_asked can never be N/A"),
        (changed(test_data=("Budi Santoso",)), "registered test identity only"),
        (changed(test_data=("081398765432",)), "registered test identity only"),
        (changed(test_data=("081200001111 Budi",)), "registered test identity only"),
        (changed(test_data=("",)), "registered test identity only"),
        (changed(personas=("P-BUDI",)), "P-BUDI is no registered test identity"),
        (changed(situation="Nomor saya 081398765432"), "situation.text: A phone number"),
        (asked(expected="NIK 3174091203850001"), "biaya.text: A national identity number"),
        (changed(closing="Kartu 4111 1111 1111 1111"), "closing.text: A card number"),
        (changed(opening="PIN saya 123456"), "opening.text: What looks like an OTP"),
    ],
)
def test_a_scenario_is_refused_where_and_why(bad: Scenario, says: str) -> None:
    assert any(says in one for one in told(bad)), told(bad)


@pytest.mark.parametrize(
    "good",
    [
        changed(situation="Nomor saya +62 812-0000-1111, NIK 3171015508900001"),
        changed(test_data=("rina  uji", "+6281200001111", "3171 0155 0890 0001")),
        changed(branches=(), personas=(), preset_na=(), test_data=(), answer_within=None),
        changed(valid_until=TODAY),
        changed(opening="Halo."),
    ],
)
def test_a_scenario_is_taken(good: Scenario) -> None:
    assert told(good) == []


# --- articles


@pytest.mark.parametrize(
    ("scenario", "on", "says"),
    [
        (changed(status=ScenarioStatus.SUBMITTED), TODAY, "not approved"),
        (changed(status=ScenarioStatus.RETIRED), TODAY, "not approved"),
        (GOOD, date(2026, 10, 31), "valid from 2026-11-01 to 2026-12-31 only"),
        (GOOD, date(2027, 1, 1), "valid from 2026-11-01 to 2026-12-31 only"),
        (changed(valid_until=date(2027, 12, 31)), date(2027, 1, 1), "WP-2 expired on 2026-12-31"),
        (GOOD, date(2026, 12, 31), None),
        (GOOD, date(2026, 11, 1), None),
    ],
)
def test_whether_a_call_can_be_made_with_it(scenario: Scenario, on: date, says: str | None) -> None:
    verdict = usable(scenario, ARTICLES, on)
    assert bool(verdict) is (says is None)
    assert (says or "") in verdict.reason % dict(verdict.facts)


days = st.integers(0, 30).map(lambda n: TODAY + timedelta(days=n))
article_versions = st.builds(
    lambda code, version, begin, length, withdrawn: ArticleVersion(
        code, version, begin, None if length is None else begin + timedelta(days=length), withdrawn
    ),
    st.sampled_from(["WP-1", "WP-2"]), st.integers(1, 4), days, st.sampled_from([None, 0, 3, 10]), st.booleans(),
)  # fmt: skip
article_lists = st.lists(article_versions, max_size=8, unique_by=lambda one: (one.code, one.version))


def reliable(code: str, version: int, articles: list[ArticleVersion], on: date) -> bool:
    """Slow oracle: the cited version exists, is not withdrawn, holds on this day, and no newer one has begun."""
    for one in articles:
        if one.code == code and one.version == version and not one.withdrawn:
            holds = one.valid_from <= on and (one.valid_until is None or on <= one.valid_until)
            newer = [
                other for other in articles
                if other.code == code and other.version > version and not other.withdrawn and other.valid_from <= on
            ]  # fmt: skip
            return holds and not newer
    return False


@given(article_lists, days, st.lists(st.tuples(st.sampled_from(["WP-1", "WP-2"]), st.integers(1, 4)), max_size=4))
def test_an_article_that_does_not_hold_marks_every_scenario_that_depends_on_it_and_no_other(
    articles: list[ArticleVersion], on: date, cites: list[tuple[str, int]]
) -> None:
    scenarios = [
        changed(code=f"SK-{n}", questions=(dataclasses.replace(Q1, article=code, article_version=version),))
        for n, (code, version) in enumerate(cites)
    ]
    bad = {(f"SK-{n}", 1) for n, cited in enumerate(cites) if not reliable(*cited, articles, on)}
    assert marked(scenarios, articles, on).keys() == bad
    together = changed(questions=tuple(one.questions[0] for one in scenarios))
    assert len(marks(together, articles, on)) == len(bad)


@given(article_lists, days, st.randoms(use_true_random=False))
def test_the_order_of_the_articles_does_not_matter(articles: list[ArticleVersion], on: date, chance: Any) -> None:
    assert in_force(articles, on) == in_force(chance.sample(articles, len(articles)), on)


# --- materials

MATERIALS = [
    Material("B-1", "informasi", "Biaya transfer", (("WP-1", 2),)),
    Material("B-2", "permintaan", "Ganti kartu", (("WP-2", 1),)),
    Material("B-3", "komplain", "Transfer gagal", (("WP-1", 2), ("WP-2", 1))),
]


def test_all_three_kinds_of_material_are_there() -> None:
    assert material_problems(MATERIALS, ARTICLES, TODAY) == []


@pytest.mark.parametrize("kind", ["informasi", "permintaan", "komplain"])
def test_a_kind_of_material_that_is_missing_is_named(kind: str) -> None:
    some = [one for one in MATERIALS if one.kind != kind]
    assert f"no material of the kind {kind}" in str(material_problems(some, ARTICLES, TODAY)[0])


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"kind": "pujian"}, "pujian is none of"),
        ({"title": " "}, "This part is missing"),
        ({"cites": ()}, "cites at least one article"),
        ({"cites": (("WP-3", 1),)}, "WP-3 expired"),
        ({"cites": (("WP-1", 2), ("WP-1", 1))}, "rests on version 1"),
    ],
)
def test_a_material_that_does_not_hold_does_not_count(fields: dict[str, Any], says: str) -> None:
    some = [dataclasses.replace(MATERIALS[0], **fields), *MATERIALS[1:]]
    found = [str(one) for one in material_problems(some, ARTICLES, TODAY)]
    assert says in found[0]
    assert "no material of the kind informasi" in found[-1]


# --- approval

ALLOWED = {
    (ScenarioEvent.SUBMIT, ScenarioStatus.DRAFT): {Role.QA},
    (ScenarioEvent.APPROVE, ScenarioStatus.SUBMITTED): {Role.QA, Role.COORDINATOR},
    (ScenarioEvent.RETURN, ScenarioStatus.SUBMITTED): {Role.QA, Role.COORDINATOR},
    (ScenarioEvent.RETIRE, ScenarioStatus.APPROVED): {Role.QA},
}


@pytest.mark.parametrize(("event", "status", "role"), list(product(ScenarioEvent, ScenarioStatus, Role)))
def test_every_step_in_every_status_by_every_role(event: ScenarioEvent, status: ScenarioStatus, role: Role) -> None:
    verdict = may_move(event, changed(status=status), Person(8, role), reason="Sudah tidak berlaku")
    assert bool(verdict) is (role in ALLOWED.get((event, status), set()))
    assert verdict or verdict.reason % dict(verdict.facts)


@pytest.mark.parametrize("role", [Role.QA, Role.COORDINATOR])
def test_nobody_approves_what_he_wrote(role: Role) -> None:
    sent = changed(status=ScenarioStatus.SUBMITTED)
    assert may_move(ScenarioEvent.APPROVE, sent, Person(7, role)).facts["code"] == "author"
    assert may_move(ScenarioEvent.RETURN, sent, Person(7, role), reason="Belum selesai")


@pytest.mark.parametrize("event", [ScenarioEvent.APPROVE, ScenarioEvent.RETURN])
def test_the_coordinator_steps_in_only_where_no_other_qa_is(event: ScenarioEvent) -> None:
    sent = changed(status=ScenarioStatus.SUBMITTED)
    told = {
        (role, other): bool(may_move(event, sent, Person(8, role), reason="Belum selesai", other_qa=other))
        for role in (Role.QA, Role.COORDINATOR)
        for other in (False, True)
    }
    assert [key for key, allowed in told.items() if not allowed] == [(Role.COORDINATOR, True)]


@pytest.mark.parametrize("event", ScenarioEvent)
def test_what_needs_a_reason_or_no_problems(event: ScenarioEvent) -> None:
    sources = dict(ALLOWED.keys())
    one, by = changed(status=sources[event]), Person(8, Role.QA)
    needs_reason = event in (ScenarioEvent.RETURN, ScenarioEvent.RETIRE)
    assert bool(may_move(event, one, by, reason=" ")) is not needs_reason
    bad = marks(asked(article="WP-9"), ARTICLES, TODAY)
    assert bool(may_move(event, one, by, found=bad, reason="Salah")) is needs_reason


def test_every_event_leads_somewhere_and_every_status_is_reached() -> None:
    assert set(LEADS_TO) == set(ScenarioEvent)
    assert {ScenarioStatus.DRAFT, *LEADS_TO.values()} == set(ScenarioStatus)


@pytest.mark.parametrize(("status", "role"), list(product(ScenarioStatus, Role)))
def test_only_a_draft_is_edited_and_only_by_qa(status: ScenarioStatus, role: Role) -> None:
    allowed = may_edit(changed(status=status), Person(7, role))
    assert bool(allowed) is (status is ScenarioStatus.DRAFT and role is Role.QA)


# --- on the card


@pytest.mark.parametrize(
    ("hour", "greeting"),
    [(0, "malam"), (3, "malam"), (4, "pagi"), (10, "pagi"), (11, "siang"), (14, "siang"), (15, "sore"), (17, "sore"),
     (18, "malam"), (23, "malam")],
)  # fmt: skip
def test_the_greeting_of_the_hour(hour: int, greeting: str) -> None:
    assert salam(time(hour, 59)) == f"Selamat {greeting}"


def test_the_opening_is_said_with_greeting_and_name() -> None:
    said = spoken_opening(GOOD, "Rina Uji", time(9, 0))
    assert said == "Selamat pagi, saya Rina Uji, mau bertanya biaya transfer."
