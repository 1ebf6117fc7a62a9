"""The house of the tests is one that the rules accept."""

from __future__ import annotations

import pytest

from kendali.mystery.actions.moving import sample_facts
from kendali.mystery.models import Evaluation
from kendali.mystery.queries.forms import form_of
from kendali.mystery.rules import answers as rules
from kendali.mystery.rules.sample_rules import SampleState
from kendali.mystery.tests.house import CALLED, TALKED, House

pytestmark = pytest.mark.django_db


def test_a_sample_of_the_house_may_be_in_every_state(house: House) -> None:
    for state in SampleState:
        assert sample_facts(house.sample(state.value)).state is state


def test_a_form_of_the_house_is_complete_and_fails_where_a_test_asks_for_it(house: House) -> None:
    form = form_of(house.form)
    call = rules.Call(CALLED, CALLED + TALKED, True, agent="A1", recording_seconds=600)
    assert rules.problems_of(form, house.answers().values(), call) == []
    failed = house.answers(verification="not_met", empathy="n/a")
    assert rules.problems_of(form, failed.values(), call) == []
    assert [line.item for line in rules.failed_lines(form, failed)] == ["verification"]
    assert Evaluation.objects.get(sample=house.sample("submitted")).final == 1
