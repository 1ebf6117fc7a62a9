"""A setting has a value for the house, for a client, and where the classes differ for one of its classes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from kendali.accounts import sensitive
from kendali.accounts.models import Client, SensitiveChange
from kendali.disposal.actions import decisions
from kendali.disposal.actions.decisions import Person
from kendali.disposal.tests import asking
from kendali.notices.models import Notice
from kendali.records.actions.settings import save_setting
from kendali.records.queries import agreed
from kendali.records.tests.office import refused
from kendali.terms import settings as terms
from kendali.terms.models import Setting
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def save(
    cast: Cast, value: object, *, key: str = "approval.valid_days", client: Client | None = None, kind: str = ""
) -> Setting | SensitiveChange:
    return save_setting(
        user=cast.adi, at=cast.now, key=key, value=value, reason="Adendum kontrak", client=client, record_class=kind
    )


def test_the_value_of_a_class_goes_before_the_clients_and_that_before_the_houses(cast: Cast) -> None:
    nusantara, telko = cast.nusantara.pk, cast.telko.pk
    assert terms.number("approval.valid_days", nusantara, "recording") == 30
    save(cast, 40)
    save(cast, 20, client=cast.nusantara)
    save(cast, 10, client=cast.nusantara, kind="recording")
    row = save(cast, 12, client=cast.nusantara, kind="recording")
    assert isinstance(row, Setting)
    assert (row.version, row.reason) == (2, "Adendum kontrak")
    found = [
        terms.number("approval.valid_days", *whose)
        for whose in ((nusantara, "recording"), (nusantara, "conversation"), (nusantara,), (telko, "recording"), ())
    ]
    assert found == [12, 20, 20, 40, 40]


def test_a_page_reads_the_settings_once_and_sees_its_own_change(cast: Cast, django_assert_num_queries: Any) -> None:
    with terms.remembered():
        with django_assert_num_queries(1):
            found = [terms.number(key, cast.nusantara.pk) for key in ("approval.valid_days", "erasure.hours")]
        assert found == [30, 72]
        save(cast, 20, client=cast.nusantara)
        assert terms.number("approval.valid_days", cast.nusantara.pk) == 20
        assert terms.number("approval.valid_days", cast.telko.pk) == 30
    Setting.objects.all().delete()  # what was remembered ends with the page
    assert terms.number("approval.valid_days", cast.nusantara.pk) == 30


def test_an_approval_lives_as_long_as_its_class_says(cast: Cast) -> None:
    save(cast, 3, client=cast.nusantara, kind="recording")
    save(cast, 9, client=cast.nusantara, kind="conversation")
    proposal = asking.asked(cast)
    decisions.decide(
        at=cast.now, proposal=proposal, answer="yes", list_digest=proposal.final_digest,
        person=Person("login", user=cast.clara),
    )  # fmt: skip
    assert proposal.valid_until is not None
    assert timedelta(days=3) < proposal.valid_until - cast.now <= timedelta(days=4)


@pytest.mark.parametrize(
    ("key", "value", "kind", "own", "words"),
    [
        ("approval.valid_days", 9, "recording", False, "Choose a client"),
        ("sensitive.hours", 48, "recording", True, "both record classes"),
        ("package.records", 100, "", True, "whole organisation"),
        ("approval.valid_days", 9, "fax", True, "values offered"),
    ],
)
def test_a_value_is_kept_only_where_it_would_count(
    cast: Cast, key: str, value: int, kind: str, own: bool, words: str
) -> None:
    with refused(words):
        save(cast, value, key=key, client=cast.nusantara if own else None, kind=kind)
    assert not Setting.objects.exists()


def test_the_database_knows_no_class_without_a_client(cast: Cast) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Setting.objects.create(
            key="approval.valid_days", record_class="recording", value=1, version=1, reason="x", created_at=cast.now
        )


def test_one_look_finds_it_however_many_places_it_may_stand_in(cast: Cast) -> None:
    save(cast, 10, client=cast.nusantara, kind="recording")
    before = len(connection.queries_log)
    connection.force_debug_cursor = True
    try:
        terms.get("approval.valid_days", cast.nusantara.pk, "recording")
    finally:
        connection.force_debug_cursor = False
    assert len(connection.queries_log) - before == 1


def test_the_page_takes_the_class_and_shows_it_with_its_reason(cast: Cast) -> None:
    adi = cast.web(cast.adi)
    sent = {"nilai": "5", "alasan": "Rekaman lebih cepat", "klien": "bank-nusantara", "kelas": "recording"}
    assert adi.post("/pengaturan/approval.valid_days/", sent).status_code == 302
    assert Setting.objects.get().record_class == "recording"
    page = adi.get("/pengaturan/approval.valid_days/").content.decode()
    assert "Rekaman lebih cepat" in page
    assert "Recording" in page
    without = adi.post("/pengaturan/approval.valid_days/", {**sent, "klien": ""}, follow=True).content.decode()
    assert "Pilih juga kliennya" in without
    assert Setting.objects.count() == 1


def test_two_classes_that_sign_differently_are_told_apart_on_the_page_of_the_approvers(cast: Cast) -> None:
    save(cast, 2, key="approval.approvers", client=cast.nusantara, kind="recording")
    page = cast.web(cast.adi).get("/klien/bank-nusantara/penyetuju/")
    assert [(rule.needed, rule.letter) for rule in page.context["rules"]] == [(1, False), (2, False)]


def letters_count(cast: Cast) -> bool:
    return bool(terms.get("approval.letter_suffices", cast.nusantara.pk, "recording"))


def test_that_a_letter_suffices_takes_two_people_and_a_day(cast: Cast) -> None:
    change = save(cast, True, key="approval.letter_suffices", client=cast.nusantara, kind="recording")
    assert isinstance(change, SensitiveChange)
    assert not letters_count(cast)
    with refused("proposed this does not confirm"):
        sensitive.confirm(user=cast.adi, at=cast.now, change=change)
    sensitive.confirm(user=cast.rahma, at=cast.now, change=change)
    sensitive.apply_due(cast.now + timedelta(hours=23, minutes=59))
    assert not letters_count(cast)
    sensitive.apply_due(cast.now + timedelta(hours=24))
    assert letters_count(cast)
    row = Setting.objects.get()
    assert (row.created_by, row.reason, row.record_class) == (cast.adi, "Adendum kontrak", "recording")
    assert "Clara Wijaya" in Notice.objects.filter(kind="sensitive.proposed").values_list("user__name", flat=True)


def test_what_makes_approving_harder_holds_at_once_and_what_makes_it_easier_waits(cast: Cast) -> None:
    assert isinstance(save(cast, 2, key="approval.approvers", client=cast.nusantara), Setting)
    assert isinstance(save(cast, 1, key="approval.approvers", client=cast.nusantara), SensitiveChange)
    assert terms.number("approval.approvers", cast.nusantara.pk, "recording") == 2
    assert isinstance(save(cast, False, key="approval.letter_suffices"), Setting)


def test_the_page_says_that_it_waits(cast: Cast) -> None:
    sent = {"nilai": "ya", "alasan": "Adendum", "klien": "bank-nusantara", "kelas": ""}
    adi = cast.web(cast.adi)
    page = adi.post("/pengaturan/approval.letter_suffices/", sent, follow=True).content.decode()
    assert "menunggu orang kedua" in page
    change = SensitiveChange.objects.get()
    shown = cast.web(cast.clara).get(f"/perubahan-penting/{change.pk}/").content.decode()
    assert "Surat bertanda tangan" in shown


def test_what_acts_on_a_clients_records_may_differ_by_client_and_class() -> None:
    """records-control: where it says setting, the value is per client and per record class."""
    house = [one.key for one in terms.DEFINITIONS.values() if not one.per_client and not one.key.startswith("mystery.")]
    assert house == [
        "organisation.name", "proposal.compare_at_once", "summary.monday", "package.records", "package.megabytes",
    ]  # fmt: skip
    both = [one.key for one in terms.DEFINITIONS.values() if one.per_client and not one.per_class]
    assert both == ["register.code_conversation", "register.code_recording", "sensitive.hours"]


def test_the_cycle_of_fingerprints_is_the_clients_and_the_classs(cast: Cast) -> None:
    save(cast, 10, key="fingerprint.cycle_days", client=cast.nusantara, kind="recording")
    assert terms.number("fingerprint.cycle_days", cast.nusantara.pk, "recording") == 10
    assert terms.number("fingerprint.cycle_days", cast.nusantara.pk, "conversation") == 30
    assert terms.number("fingerprint.cycle_days", cast.telko.pk, "recording") == 30


def test_a_changed_value_is_shown_with_its_reason_where_it_acts(cast: Cast) -> None:
    save(cast, 9, client=cast.nusantara)
    proposal = asking.asked(cast)
    page = cast.web(cast.tari).get(f"/usulan/{proposal.pk}/").content.decode()
    assert "Persetujuan berlaku selama" in page
    assert "Adendum kontrak" in page
    assert "Adi Nugroho · Bank Nusantara" in page
    (one,) = agreed.of_proposal(proposal)
    assert (one.value, one.row.version) == (9, 1)
    proposal.decided_at = cast.now - timedelta(seconds=1)  # decided before the value changed
    assert agreed.of_proposal(proposal) == []


def test_the_narrowest_decision_is_the_one_that_is_shown(cast: Cast) -> None:
    save(cast, 40)
    save(cast, 12, client=cast.nusantara, kind="recording")
    proposal = asking.asked(cast)
    (one,) = agreed.of_proposal(proposal)
    assert (one.value, one.row.record_class) == (12, "recording")
    assert str(one.scope).startswith("Bank Nusantara · ")
