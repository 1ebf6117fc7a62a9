"""The form F-22 in versions."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

import pytest
from django.utils import timezone

from kendali.accounts.models import Deputy, RoleGrant
from kendali.accounts.permissions import Refused, RuleRefused
from kendali.accounts.roles import COORDINATOR
from kendali.audit.history import history
from kendali.documents.models import Document, Revision
from kendali.mystery.actions import forms
from kendali.mystery.queries import waiting_forms
from kendali.mystery.queries.forms import form_in_force, form_of
from kendali.mystery.rules import form_edit, form_workbook
from kendali.mystery.rules.default_form import default_form
from kendali.mystery.rules.form import Form, Kind, Words
from kendali.notices.models import Notice
from tests.cast import NOW, Cast

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


def shorter(form: Form) -> Form:
    return form_edit.remove_item(form, "remarks")


def draft(cast: Cast) -> Revision:
    return forms.draft(user=cast.qanita, at=NOW, document=forms.ship_default(NOW).document)


def edited(cast: Cast) -> Revision:
    return forms.edit(user=cast.qanita, at=NOW, revision=draft(cast), change=shorter, place="people/remarks")


def test_the_form_comes_with_kendali_and_is_in_force() -> None:
    shipped = forms.ship_default(NOW)
    assert form_of(shipped) == default_form()
    assert form_in_force(date(2026, 11, 1)) == shipped
    assert form_in_force(date(2019, 7, 31)) is None
    assert (shipped.document.code, shipped.label) == ("IN.QCC.TDSCC.F-22", "02")


def test_shipping_it_again_changes_nothing() -> None:
    first = forms.ship_default(NOW)
    assert forms.ship_default(NOW) == first
    assert (Document.objects.count(), Revision.objects.count()) == (1, 1)


def test_a_new_version_begins_as_the_newest_one_with_the_next_numbers(cast: Cast) -> None:
    new = draft(cast)
    assert form_of(new) == dataclasses.replace(default_form(), version=2, revision="03")
    assert (new.version, new.label, new.status) == (2, "03", "draft")


def test_there_is_one_draft_at_a_time(cast: Cast) -> None:
    with pytest.raises(RuleRefused, match="draf"):
        forms.draft(user=cast.qadri, at=NOW, document=draft(cast).document)


def test_an_edit_is_in_the_trail_and_one_that_changes_nothing_is_not(cast: Cast) -> None:
    one = edited(cast)
    assert form_of(one).item("remarks") is None
    forms.edit(user=cast.qanita, at=NOW, revision=one, change=lambda form: form, place="")
    assert len(history(one)) == 2  # drafted, edited


def test_a_draft_is_read_as_it_is_now_however_old_the_page(cast: Cast) -> None:
    page = draft(cast)
    forms.edit(user=cast.qanita, at=NOW, revision=page, change=shorter, place="people/remarks")
    titled = forms.edit(
        user=cast.qadri, at=NOW, revision=page, place="",
        change=lambda form: dataclasses.replace(form, title=Words("Formulir Baru")),
    )  # fmt: skip
    assert form_of(titled).item("remarks") is None
    assert titled.title == "Formulir Baru"


def test_what_somebody_else_took_away_cannot_be_changed(cast: Cast) -> None:
    with pytest.raises(RuleRefused, match="remarks"):
        forms.edit(user=cast.qadri, at=NOW, revision=edited(cast), change=shorter, place="people/remarks")


def test_a_version_in_force_is_locked(cast: Cast) -> None:
    with pytest.raises(RuleRefused, match="terkunci"):
        forms.edit(user=cast.qanita, at=NOW, revision=forms.ship_default(NOW), change=shorter, place="")


def test_an_item_that_was_in_force_cannot_become_another_kind(cast: Cast) -> None:
    one = forms.edit(
        user=cast.qanita, at=NOW, revision=draft(cast), place="people/empathy",
        change=lambda form: form_edit.add_item(
            form_edit.remove_item(form, "empathy"), "people",
            form_edit.blank(Kind.TEXT, "empathy", Words("Empati")),
        ),
    )  # fmt: skip
    assert not forms.ready_for_force(one)


def test_somebody_else_puts_it_into_force_and_the_editor_is_told(cast: Cast) -> None:
    new = forms.put_in_force(user=cast.dewi, at=NOW, revision=edited(cast), since=TODAY + timedelta(days=10))
    assert form_in_force(TODAY) != new
    assert form_in_force(TODAY + timedelta(days=10)) == new
    assert new.effective_by == cast.dewi
    assert Notice.objects.filter(user=cast.qanita, kind="form.activated").exists()


def test_who_edited_it_does_not_put_it_into_force(cast: Cast) -> None:
    one = edited(cast)
    RoleGrant.objects.create(user=cast.qanita, role=COORDINATOR, granted_at=NOW)
    with pytest.raises(RuleRefused, match="menyunting"):
        forms.put_in_force(user=cast.qanita, at=NOW, revision=one, since=TODAY)


def test_nor_does_who_stands_in_for_the_editor(cast: Cast) -> None:
    one = edited(cast)
    today = timezone.localdate()
    Deputy.objects.create(principal=cast.qanita, deputy=cast.kirana, role="qa", starts=today, ends=today, named_at=NOW)
    assert not forms.may_put_in_force(cast.kirana, one)
    assert forms.may_put_in_force(cast.dewi, one)


@pytest.mark.parametrize(
    ("label", "since", "why"), [("02", TODAY, "sudah pernah"), ("03", TODAY - timedelta(days=1), "hari ini")]
)
def test_a_version_needs_its_own_number_and_a_day_that_is_not_past(
    cast: Cast, label: str, since: date, why: str
) -> None:
    one = forms.edit(
        user=cast.qanita, at=NOW, revision=draft(cast), place="",
        change=lambda form: dataclasses.replace(form, revision=label),
    )  # fmt: skip
    with pytest.raises(RuleRefused, match=why):
        forms.put_in_force(user=cast.dewi, at=NOW, revision=one, since=since)


def test_only_qa_edits_and_only_others_put_into_force(cast: Cast) -> None:
    one = draft(cast)
    with pytest.raises(Refused):
        forms.edit(user=cast.dewi, at=NOW, revision=one, change=shorter, place="")
    with pytest.raises(Refused):
        forms.put_in_force(user=cast.qadri, at=NOW, revision=one, since=TODAY)


def test_a_draft_can_be_thrown_away_and_leaves_a_trace(cast: Cast) -> None:
    one = edited(cast)
    forms.discard(user=cast.qadri, at=NOW, revision=one)
    assert not Revision.objects.filter(status="draft").exists()
    assert "membuang" in history(one.document)[0].sentence


def test_when_it_is_ready_those_who_put_it_into_force_are_told(cast: Cast) -> None:
    forms.offer(user=cast.qanita, at=NOW, revision=edited(cast))
    assert {one.user for one in Notice.objects.filter(kind="form.offered")} == {cast.dewi, cast.kirana}


def test_what_has_problems_is_not_offered(cast: Cast) -> None:
    one = forms.edit(
        user=cast.qanita, at=NOW, revision=draft(cast), place="",
        change=lambda form: dataclasses.replace(form, title=Words("")),
    )  # fmt: skip
    with pytest.raises(RuleRefused, match="1"):
        forms.offer(user=cast.qanita, at=NOW, revision=one)


def test_a_workbook_comes_back_as_it_went_out(cast: Cast) -> None:
    one = draft(cast)
    book = form_workbook.write_xlsx(form_of(one))
    assert forms.upload(user=cast.qanita, at=NOW, revision=one, content=book, name="f22.xlsx") == []
    assert Revision.objects.get(pk=one.pk).digest == one.digest
    assert len(history(one)) == 1  # nothing changed


def test_a_bad_workbook_tells_row_and_column_and_saves_nothing(cast: Cast) -> None:
    one = draft(cast)
    bad = dataclasses.replace(form_of(one), sections=(dataclasses.replace(form_of(one).sections[0], label=Words("")),))
    problems = forms.upload(
        user=cast.qanita, at=NOW, revision=one, content=form_workbook.write_xlsx(bad), name="buruk.xlsx"
    )
    assert [(found.sheet, found.row, found.column) for found in problems] == [("survey", 2, "label::Indonesia (id)")]
    assert Revision.objects.get(pk=one.pk).digest == one.digest


def test_what_is_no_workbook_is_told_so(cast: Cast) -> None:
    (problem,) = forms.upload(user=cast.qanita, at=NOW, revision=draft(cast), content=b"PK nonsense", name="x.xlsx")
    assert problem.row == 0


def test_a_draft_that_was_offered_waits_for_those_who_may_put_it_into_force_until_it_is_edited(cast: Cast) -> None:
    one = edited(cast)
    assert waiting_forms.lines(cast.dewi, NOW) == []
    forms.offer(user=cast.qanita, at=NOW, revision=one)
    (line,) = waiting_forms.lines(cast.dewi, NOW)
    assert line.url.endswith(f"/{one.pk}/perbedaan/")
    assert waiting_forms.lines(cast.qadri, NOW) == []
    forms.edit(
        user=cast.qanita,
        at=NOW,
        revision=one,
        place="empathy",
        change=lambda form: form_edit.remove_item(form, "empathy"),
    )
    assert waiting_forms.lines(cast.dewi, NOW) == []


def test_a_number_longer_than_paper_takes_is_refused(cast: Cast) -> None:
    with pytest.raises(RuleRefused, match="20"):
        forms.edit(
            user=cast.qanita, at=NOW, revision=draft(cast), place="",
            change=lambda form: dataclasses.replace(form, revision="0" * 21),
        )  # fmt: skip


def test_a_long_title_is_cut_in_lists_only(cast: Cast) -> None:
    saved = forms.edit(
        user=cast.qanita, at=NOW, revision=draft(cast), place="",
        change=lambda form: dataclasses.replace(form, title=Words("j" * 400)),
    )  # fmt: skip
    assert (len(saved.title), len(form_of(saved).title.id)) == (300, 400)
