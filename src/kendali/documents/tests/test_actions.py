"""Articles: written, put in force, ended, withdrawn; by whom, and what others may rest on."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from kendali.accounts.permissions import Refused, RuleRefused
from kendali.audit.actions import StaleState
from kendali.audit.history import history
from kendali.documents import actions, queries
from kendali.documents.models import Document, Revision
from kendali.documents.rules import ArticleVersion, Standing
from tests.cast import Cast

TODAY = date(2026, 11, 20)


def written(cast: Cast, code: str = "PSL-0001", **more: Any) -> Revision:
    asked: dict[str, Any] = {"title": "Biaya transfer", "body": "Rp 2.500 dengan BI-FAST", "valid_from": TODAY}
    return actions.draft(user=cast.qanita, at=cast.now, code=code, **(asked | more))


def in_force(cast: Cast, code: str = "PSL-0001", **more: Any) -> Revision:
    return actions.put_in_force(user=cast.qanita, at=cast.now, revision=written(cast, code, **more))


def test_a_draft_is_seen_by_nobody_who_cites_until_it_is_in_force(cast: Cast) -> None:
    draft = written(cast)
    assert queries.article_versions() == []
    assert queries.article_in_force("PSL-0001", TODAY) is None
    actions.put_in_force(user=cast.dewi, at=cast.now, revision=draft)
    assert queries.article_versions() == [ArticleVersion("PSL-0001", 1, TODAY)]
    assert queries.article_in_force("PSL-0001", TODAY) == draft
    assert queries.article_in_force("PSL-0001", TODAY - timedelta(days=1)) is None
    assert list(queries.citable(TODAY)) == [draft]


def test_an_edit_of_what_is_in_force_is_a_new_version(cast: Cast) -> None:
    first = in_force(cast)
    again = written(cast, body="Rp 3.000")
    same = written(cast, body="Rp 3.500", title="Biaya")
    assert (again.pk, same.version) == (same.pk, 2)
    assert queries.article_in_force("PSL-0001", TODAY) == first
    second = actions.put_in_force(user=cast.qanita, at=cast.now, revision=same)
    assert queries.article_in_force("PSL-0001", TODAY) == second
    assert list(queries.citable(TODAY)) == [second]
    assert Document.objects.get().title == "Biaya"
    said = [one.sentence for one in history(Document.objects.get())]
    assert len(said) == 5


def test_a_newer_version_may_begin_later_but_not_earlier(cast: Cast) -> None:
    in_force(cast)
    early = written(cast, valid_from=TODAY - timedelta(days=1))
    with pytest.raises(RuleRefused, match="2026-11-20"):
        actions.put_in_force(user=cast.qanita, at=cast.now, revision=early)
    later = written(cast, valid_from=TODAY + timedelta(days=5))
    actions.put_in_force(user=cast.qanita, at=cast.now, revision=later)
    versions = [queries.article_in_force("PSL-0001", TODAY + timedelta(days=n)) for n in (0, 4, 5)]
    assert [one.version for one in versions if one] == [1, 1, 2]


def test_an_article_ends_and_is_withdrawn_with_a_reason(cast: Cast) -> None:
    first = in_force(cast)
    second = in_force(cast, body="Rp 3.000")
    actions.end(user=cast.qanita, at=cast.now, revision=second, valid_until=TODAY)
    assert queries.article_in_force("PSL-0001", TODAY + timedelta(days=1)) is None
    with pytest.raises(RuleRefused):
        actions.retire(user=cast.qanita, at=cast.now, revision=second, reason=" ")
    actions.retire(user=cast.qanita, at=cast.now, revision=second, reason="Keliru")
    assert queries.article_in_force("PSL-0001", TODAY) == first  # the one before counts again
    with pytest.raises(RuleRefused):
        actions.retire(user=cast.qanita, at=cast.now, revision=second, reason="Lagi")


def test_a_discarded_draft_takes_a_document_that_never_was_with_it(cast: Cast) -> None:
    actions.discard(user=cast.qanita, at=cast.now, revision=written(cast))
    assert not Document.objects.exists()
    first = in_force(cast)
    actions.discard(user=cast.qanita, at=cast.now, revision=written(cast, body="Rp 3.000"))
    assert list(Revision.objects.all()) == [first]
    with pytest.raises(RuleRefused):
        actions.discard(user=cast.qanita, at=cast.now, revision=first)


def test_who_looked_at_an_older_draft_changes_nothing(cast: Cast) -> None:
    seen = written(cast).digest
    written(cast, body="Rp 3.000")
    with pytest.raises(StaleState):
        written(cast, body="Rp 4.000", seen=seen)
    assert Revision.objects.get().body == "Rp 3.000"


def test_a_number_is_given_once(cast: Cast) -> None:
    in_force(cast)
    with pytest.raises(RuleRefused, match=r"in use|dipakai"):
        written(cast, new=True)


@pytest.mark.parametrize("who", ["qori", "surya", "kirana", "adi", "aulia", "agus", "clara"])
def test_only_qa_and_document_control_write(cast: Cast, who: str) -> None:
    draft = written(cast)
    user = cast.people[who]
    with pytest.raises(Refused):
        actions.draft(user=user, at=cast.now, code="PSL-0002", title="x", body="y", valid_from=TODAY)
    with pytest.raises(Refused):
        actions.put_in_force(user=user, at=cast.now, revision=draft)
    with pytest.raises(Refused):
        actions.discard(user=user, at=cast.now, revision=draft)


@pytest.mark.parametrize(
    ("standing", "codes"),
    [
        (Standing.IN_FORCE, ["A", "E"]),
        (Standing.EXPIRED, ["B"]),
        (Standing.COMING, ["C"]),
        (Standing.DRAFT, ["D", "E"]),
        (Standing.WITHDRAWN, ["F"]),
        ("soon", ["A"]),
        ("", ["A", "B", "C", "D", "E", "F"]),
    ],
)
def test_documents_are_found_by_where_they_stand(cast: Cast, standing: str, codes: list[str]) -> None:
    day = timedelta(days=1)
    in_force(cast, "A", valid_until=TODAY + 3 * day)
    in_force(cast, "B", valid_from=TODAY - 3 * day, valid_until=TODAY - day)
    in_force(cast, "C", valid_from=TODAY + day)
    written(cast, "D")
    in_force(cast, "E")
    written(cast, "E", body="Rp 3.000")
    actions.retire(user=cast.qanita, at=cast.now, revision=in_force(cast, "F"), reason="Keliru")
    rows = queries.standing_on(queries.visible(cast.qanita), standing, TODAY).order_by("code")
    assert [one.code for one in rows] == codes
    if standing == "":
        found = queries.placed(rows, TODAY)
        leading = [queries.leading(found[one.pk]) for one in rows]
        assert [one.standing.value for one in leading if one] == [
            "in_force", "expired", "coming", "draft", "in_force", "withdrawn",
        ]  # fmt: skip


def test_every_word_searched_occurs_in_number_title_or_text(cast: Cast) -> None:
    in_force(cast, "PSL-1", title="Biaya transfer", body="Rp 2.500 dengan BI-FAST")
    in_force(cast, "PSL-2", title="Blokir kartu", body="Hubungi 1500")
    rows = queries.visible(cast.qanita)
    assert [one.code for one in queries.found(rows, "bi-fast biaya")] == ["PSL-1"]
    assert [one.code for one in queries.found(rows, "psl-2")] == ["PSL-2"]
    assert list(queries.found(rows, "bi-fast kartu")) == []


def test_an_article_of_a_client_is_for_those_who_have_to_do_with_it(cast: Cast) -> None:
    in_force(cast, client=cast.nusantara)
    assert queries.visible(cast.qanita).exists()
    assert not queries.visible(cast.clara).exists()  # a client has no right to articles at all
