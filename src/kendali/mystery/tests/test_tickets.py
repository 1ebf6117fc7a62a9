"""The ticket that an agent opened for a test call: tagged as a test and closed, before its month is frozen."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from kendali.accounts.models import ApiToken, Deputy, User
from kendali.accounts.permissions import SCOPES, Refused, RuleRefused
from kendali.audit.models import Entry
from kendali.home.waiting import told
from kendali.mystery.actions import cycles, filling, tickets
from kendali.mystery.models import Cycle, Sample
from kendali.mystery.queries import f22, waiting_calls, waiting_plan
from kendali.mystery.tests.house import CALLED, TALKED, House
from kendali.records.queries.waiting_line import Waiting

pytestmark = pytest.mark.django_db
AFTER = CALLED + timedelta(hours=2)
DAY_10 = datetime(2026, 12, 14, 3, tzinfo=UTC)
OPEN: dict[str, Any] = {"ticket_closed_at": None, "ticket_closed_by": None}


def left_open(house: House, state: str = "submitted", **columns: Any) -> Sample:
    return house.sample(state, **OPEN | columns)


def say(user: User, sample: Sample, *, closed: bool = True, at: datetime = AFTER) -> Sample:
    return tickets.say(user=user, at=at, sample=sample, closed=closed)


def refused(user: User, sample: Sample) -> object:
    with pytest.raises(RuleRefused) as found:
        say(user, sample)
    return found.value.verdict.facts["code"]


# --- the rule and the act


def test_who_called_says_it_with_time_and_name_and_takes_it_back(house: House) -> None:
    sample = left_open(house)
    said = say(house.cast.qori, sample)
    assert (said.ticket_closed_at, said.ticket_closed_by) == (AFTER, house.cast.qori)
    assert say(house.cast.qori, sample, at=AFTER + timedelta(hours=1)).ticket_closed_at == AFTER  # a second click
    say(house.cast.qori, sample, closed=False)
    row = Sample.objects.get()
    assert (row.ticket_closed_at, row.ticket_closed_by, row.state) == (None, None, "submitted")
    trail = Entry.objects.filter(verb__startswith="sample.ticket").order_by("pk")
    assert [one.verb for one in trail] == ["sample.ticket_closed", "sample.ticket_open"]
    assert trail[0].facts["ticket"] == "TKT-0812"


def test_qa_and_a_deputy_of_who_called_may_say_it_and_nobody_else(house: House) -> None:
    assert refused(house.cast.surya, left_open(house)) == "person"
    with pytest.raises(Refused):
        say(house.cast.maya, left_open(house))
    assert say(house.cast.qanita, left_open(house)).ticket_closed_by == house.cast.qanita
    always = {"starts": AFTER.date() - timedelta(days=9999), "ends": AFTER.date() + timedelta(days=9999)}
    Deputy.objects.create(principal=house.cast.qori, deputy=house.cast.indra, role="qc_officer", named_at=CALLED,
                          **always)  # fmt: skip
    assert say(house.cast.indra, left_open(house)).ticket_closed_by == house.cast.indra


def test_without_a_number_or_after_the_freeze_there_is_nothing_to_say(house: House) -> None:
    sample = left_open(house, ticket="")
    assert refused(house.cast.qori, sample) == "ticket"
    other = left_open(house, "void", ticket="TKT-9", called_at=CALLED)
    Cycle.objects.update(status="frozen", frozen_at=AFTER, frozen_by=house.cast.qanita)
    assert refused(house.cast.qori, other) == "locked"


def test_another_ticket_number_is_another_ticket(house: House) -> None:
    sample = house.sample("scoring")
    kept = filling.describe(user=house.cast.qori, at=AFTER, sample=sample, ticket="TKT-0812", agent_said="Agus")
    assert kept.ticket_closed_at == CALLED + TALKED
    changed = filling.describe(user=house.cast.qori, at=AFTER, sample=sample, ticket="TKT-0813", agent_said="Agus")
    assert (changed.ticket_closed_at, changed.ticket_closed_by) == (None, None)
    assert Sample.objects.get().ticket_closed_at is None


# --- what it keeps back


def test_a_month_is_not_frozen_while_a_test_ticket_is_open_and_no_digest_knows_of_it(house: House) -> None:
    counted, void = left_open(house, "verified"), left_open(house, "void", ticket="TKT-9", called_at=CALLED)
    Cycle.objects.update(status="closed", shortfall_reason="Gangguan jaringan", closed_at=AFTER)
    row = Cycle.objects.get()
    digest = f22.register_digest(row, DAY_10)
    for part, person in (("made", "qori"), ("checked", "qanita"), ("acknowledged", "kirana")):
        cycles.sign(user=getattr(house.cast, person), at=DAY_10, row=row, part=part, digest=digest)
    for still, sample in ((2, counted), (1, void)):
        with pytest.raises(RuleRefused) as found:
            cycles.freeze(user=house.cast.qanita, at=DAY_10, row=row)
        assert found.value.verdict.facts == {"code": "tickets", "count": still}
        say(house.cast.qori, sample, at=DAY_10)
    assert f22.register_digest(row, DAY_10) == digest  # the signatures hold
    cycles.freeze(user=house.cast.qanita, at=DAY_10, row=row)
    assert Cycle.objects.get().frozen_digest == digest


def sentences(lines: list[Waiting]) -> list[str]:
    return [told(one).sentence for one in lines]


def test_it_waits_for_who_called_and_at_the_end_for_qa(house: House) -> None:
    left_open(house)
    left_open(house, executor=house.cast.tari)
    house.sample("submitted")
    left_open(house, "scoring")  # its form waits already
    mine = sentences(waiting_calls.lines(house.cast.qori, house.cast.now))
    assert mine[-1] == "Tiket uji yang harus ditandai uji dan ditutup: 1"
    assert len(mine) == 2
    assert sentences(waiting_calls.lines(house.cast.tari, house.cast.now)) == []  # a helper: QA says it
    Cycle.objects.update(status="closed", closed_at=AFTER)
    at_the_end = sentences(waiting_plan.lines(house.cast.qanita, DAY_10))
    assert "Tiket uji November 2026 yang belum dinyatakan ditutup: 3" in at_the_end
    Sample.objects.update(ticket_closed_at=AFTER, ticket_closed_by=house.cast.qori)
    assert not [one for one in sentences(waiting_plan.lines(house.cast.qanita, DAY_10)) if "Tiket" in one]
    assert waiting_calls.lines(house.cast.tari, house.cast.now) == []


# --- pages and API


def test_it_is_said_on_the_page_of_the_sample_and_of_the_call(house: House) -> None:
    sample = left_open(house)
    web = house.cast.web(house.cast.qori)
    assert "Tiket uji untuk ditutup" in web.get("/mystery/panggilan/").content.decode()
    for page, origin in ((f"/mystery/sampel/{sample.pk}/", ""), (f"/mystery/panggilan/{sample.pk}/", "panggilan")):
        assert "belum dinyatakan ditutup" in web.get(page).content.decode()
        address = f"/mystery/sampel/{sample.pk}/tiket/"
        answer = web.post(address, {"keadaan": "ditutup", "dari": origin}, follow=True)
        assert answer.redirect_chain == [(page, 302)]
        text = answer.content.decode()
        assert "ditandai uji, ditutup" in text
        assert "dinyatakan oleh Qori Amelia" in text
        assert "tiket uji TKT-0812" in text  # the history
        web.post(address, {"keadaan": "terbuka", "dari": origin})
    say(house.cast.qori, sample)
    assert "Tiket uji untuk ditutup" not in web.get("/mystery/panggilan/").content.decode()


def test_the_page_of_the_month_leads_to_the_samples_whose_ticket_is_open(house: House) -> None:
    sample, closed = left_open(house), house.sample("submitted")
    web = house.cast.web(house.cast.qanita)
    text = web.get("/mystery/siklus/2026-11/").content.decode()
    assert "1 tiket uji belum dinyatakan ditandai uji dan ditutup" in text
    listed = web.get("/mystery/siklus/2026-11/sampel/?tiket=terbuka").content.decode()
    assert (sample.number in listed, closed.number in listed) == (True, False)
    say(house.cast.qanita, sample)
    assert "belum dinyatakan ditandai uji" not in web.get("/mystery/siklus/2026-11/").content.decode()


def test_a_machine_says_it_by_the_same_act(house: House) -> None:
    sample, secret = left_open(house), "kdl_t_tickets"
    ApiToken.objects.create(
        user=house.cast.qori, name="tickets", prefix="t", secret_hash=hashlib.sha256(secret.encode()).digest(),
        scopes=SCOPES, created_at=house.cast.now,
    )  # fmt: skip
    address, heads = f"/api/v1/mystery/samples/{sample.pk}", {"Authorization": f"Bearer {secret}"}
    said = Browser().put(f"{address}/ticket", {"closed": True}, content_type="application/json", headers=heads)
    assert said.status_code == 200, said.content
    assert said.json()["ticket_closed_at"]
    assert Browser().get(address, headers=heads).json()["ticket_closed_by"] == house.cast.qori.email
    Browser().put(f"{address}/ticket", {"closed": False}, content_type="application/json", headers=heads)
    assert Sample.objects.get().ticket_closed_at is None
