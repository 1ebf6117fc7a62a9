"""Deleting through the application's API: what it answers, what it really does, and what is made of both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kendali.connectors.base import Deleter, Deletion, Part, SourceError
from kendali.connectors.chatwoot.api_deleter import ApiDeleter, retry_after
from kendali.connectors.problems import sentence
from kendali.connectors.tests.contract import everything
from kendali.connectors.tests.grounds import TOKEN, ChatwootGround, chatwoot_ground
from kendali.home.sample.chatwoot_api import ChatwootApi, Mode

NOW = datetime(2026, 11, 21, 3, 0, 0, tzinfo=UTC)


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[ChatwootGround]:
    with chatwoot_ground(tmp_path, conversations=40) as made:
        yield made


@pytest.fixture
def api(ground: ChatwootGround) -> Iterator[ChatwootApi]:
    with ground.api() as made:
        yield made


def opened(ground: ChatwootGround, api: ChatwootApi, timeout: float = 15) -> Deleter:
    config = {**ground.config, "delete_url": api.url}
    secret = {"delete_token": TOKEN}
    return ApiDeleter(config, ground.server.secret, secret, now=lambda: NOW, timeout=timeout)


def delete(
    ground: ChatwootGround, api: ChatwootApi, refs: Sequence[str], timeout: float = 15
) -> tuple[dict[str, Deletion], dict[str, Sequence[Part]]]:
    """The answers, and the parts as they were before."""
    reader, deleter = ground.reader(), opened(ground, api, timeout)
    parts = dict(deleter.parts(refs))
    answers = {each.ref: each for each in deleter.delete(dict(reader.fingerprints(refs)))}
    reader.close()
    deleter.close()
    for each in answers.values():
        assert each.problem is None or sentence(each.problem)
    return answers, parts


def left(ground: ChatwootGround, api: ChatwootApi, parts: dict[str, Sequence[Part]]) -> set[str]:
    deleter = opened(ground, api)
    found: set[str] = {
        each.part.kind for states in deleter.absent(parts).values() for each in states if each.state != "gone"
    }
    deleter.close()
    return found


def refs_of(ground: ChatwootGround) -> list[str]:
    reader = ground.reader()
    refs = [listed.ref for listed in everything(reader)]
    reader.close()
    return refs


def with_file(ground: ChatwootGround) -> str:
    with ground.owner() as owner:
        query = "SELECT id::text FROM conversations WHERE custom_attributes->>'sample_case' = 'everything_hangs_on_it'"
        row = owner.execute(query).fetchone()
        assert row is not None
        return str(row[0])


def test_queued_is_no_end_and_the_look_sees_when_it_is_one(ground: ChatwootGround, api: ChatwootApi) -> None:
    api.mode = "held"
    ref = with_file(ground)
    answers, parts = delete(ground, api, [ref])
    assert answers[ref].outcome == "queued"
    assert left(ground, api, parts) == {"row", "blob"}
    api.release()
    api.drain()
    assert left(ground, api, parts) == set()
    assert delete(ground, api, [ref])[0] == {}


def test_an_application_that_says_yes_and_does_nothing_is_found_out(ground: ChatwootGround, api: ChatwootApi) -> None:
    api.mode = "never"
    ref = with_file(ground)
    answers, parts = delete(ground, api, [ref])
    api.drain()
    assert answers[ref].outcome == "queued"
    assert left(ground, api, parts) == {"row", "blob"}


def test_text_that_is_gone_while_the_file_can_still_be_read_is_found_out(
    ground: ChatwootGround, api: ChatwootApi
) -> None:
    api.mode = "rows_only"
    ref = with_file(ground)
    answers, parts = delete(ground, api, [ref])
    api.drain()
    assert answers[ref].outcome == "queued"
    assert left(ground, api, parts) == {"blob"}


@pytest.mark.parametrize(
    ("mode", "outcome", "retryable", "code"),
    [
        ("broken", "failed", True, "api_failed"),
        ("unknown", "failed", False, "api_unknown_record"),
        ("refused", "refused", False, "api_refused"),
        ("forbidden", "refused", False, "api_refused"),
        ("too_many", "failed", True, "api_too_many"),
    ],
)
def test_a_status_is_never_taken_for_a_deletion(
    ground: ChatwootGround, api: ChatwootApi, mode: Mode, outcome: str, retryable: bool, code: str
) -> None:
    api.mode = mode
    ref = with_file(ground)
    before = ground.picture()
    answers, parts = delete(ground, api, [ref])
    answer = answers[ref]
    assert (answer.outcome, answer.retryable) == (outcome, retryable)
    assert answer.problem is not None
    assert answer.problem.code == code
    assert left(ground, api, parts) == {"row", "blob"}
    assert ground.picture() == before


def test_what_was_not_there_before_our_call_is_asked_of_nobody(ground: ChatwootGround, api: ChatwootApi) -> None:
    ref, other = refs_of(ground)[:2]
    reader, deleter = ground.reader(), opened(ground, api)
    expected = dict(reader.fingerprints([ref, other]))
    delete(ground, api, [ref])
    api.drain()
    ground.change(other)
    api.calls.clear()
    assert {each.ref: each.outcome for each in deleter.delete(expected)} == {ref: "already_absent", other: "changed"}
    assert api.calls == []
    reader.close()
    deleter.close()


def test_a_404_of_what_just_went_is_settled_by_looking(ground: ChatwootGround, api: ChatwootApi) -> None:
    """Somebody deletes it between our look and our call: the application no longer knows it, and it is gone."""
    ref = refs_of(ground)[0]
    reader, deleter = ground.reader(), opened(ground, api)
    expected = dict(reader.fingerprints([ref]))
    asked = api.asked

    def first_somebody_else(account: int, display: int) -> int:
        with ground.owner() as owner:
            owner.execute("DELETE FROM conversations WHERE id = %s", [ref])
        return asked(account, display)

    api.asked = first_somebody_else  # type: ignore[method-assign]
    (answer,) = deleter.delete(expected)
    assert answer.outcome == "already_absent"
    reader.close()
    deleter.close()


def test_after_429_nothing_more_is_asked_and_all_wait_as_long_as_it_says(
    ground: ChatwootGround, api: ChatwootApi
) -> None:
    api.mode = "too_many"
    refs = refs_of(ground)[:4]
    answers, _ = delete(ground, api, refs)
    assert len(api.calls) == 1
    assert {(each.outcome, each.retryable, each.retry_after) for each in answers.values()} == {("failed", True, 7.0)}
    api.retry_after = format_datetime(NOW + timedelta(seconds=90), usegmt=True)
    answers, _ = delete(ground, api, refs[:1])
    assert answers[refs[0]].retry_after == 90.0


def test_a_refused_token_is_asked_once_and_a_forbidden_record_alone(ground: ChatwootGround, api: ChatwootApi) -> None:
    refs = refs_of(ground)[:3]
    api.mode = "refused"
    assert {each.outcome for each in delete(ground, api, refs)[0].values()} == {"refused"}
    assert len(api.calls) == 1
    api.mode = "forbidden"
    assert {each.outcome for each in delete(ground, api, refs)[0].values()} == {"refused"}
    assert len(api.calls) == 4


def test_no_answer_in_time_is_tried_again_after_a_look(ground: ChatwootGround, api: ChatwootApi) -> None:
    """It may have been deleted nevertheless, as here."""
    api.mode = "silent"
    ref = with_file(ground)
    answers, parts = delete(ground, api, [ref], timeout=0.2)
    answer = answers[ref]
    assert (answer.outcome, answer.retryable) == ("failed", True)
    assert answer.problem is not None
    assert answer.problem.code == "api_no_answer"
    api.drain()
    assert left(ground, api, parts) == set()


def test_an_application_that_is_not_there_is_no_end_either(ground: ChatwootGround) -> None:
    with ground.api() as api:
        pass
    ref = refs_of(ground)[0]
    answers, parts = delete(ground, api, [ref])
    assert (answers[ref].outcome, answers[ref].retryable) == ("failed", True)
    assert "row" in left(ground, api, parts)
    deleter = opened(ground, api)
    assert [each.code for each in deleter.probe().problems] == ["host_unreachable"]
    deleter.close()


def test_the_right_to_delete_is_looked_up_and_not_tried(ground: ChatwootGround, api: ChatwootApi) -> None:
    deleter = opened(ground, api)
    probe = deleter.probe()
    # NOW is not the server's clock, and the server says which it is.
    assert [each.code for each in probe.problems] == ["clock_skew"]
    assert probe.rights == ["administrator by API"]
    api.role, api.version = "agent", "4.2.1"
    assert {"api_not_administrator", "api_too_old"} <= {each.code for each in deleter.probe().problems}
    assert all("%" not in sentence(each) for each in deleter.probe().problems)
    api.token = "another"
    assert "api_not_administrator" in {each.code for each in deleter.probe().problems}
    deleter.close()
    assert api.calls == []


@pytest.mark.parametrize("url", ["", "ftp://x", "https://", "https://u:p@host", "https://host/app", "file:///etc"])
def test_an_address_that_is_none_is_refused_at_once(ground: ChatwootGround, url: str) -> None:
    with pytest.raises(SourceError, match="bad_configuration"):
        ground.deleter(delete_by="api", delete_url=url)


@given(st.integers(0, 10**6))
def test_seconds_and_dates_of_retry_after_mean_the_same(seconds: int) -> None:
    assert retry_after(str(seconds), NOW) == seconds
    assert retry_after(format_datetime(NOW + timedelta(seconds=seconds), usegmt=True), NOW) == seconds
    assert retry_after(format_datetime(NOW - timedelta(seconds=seconds), usegmt=True), NOW) == 0


@given(st.none() | st.text())
def test_any_other_retry_after_is_no_time(text: str | None) -> None:
    found = retry_after(text, NOW)
    assert found is None or found >= 0
