"""One Team Leader answers for a record class of a client: told first, without taking anything from the others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from kendali.accounts import responsible, roles
from kendali.accounts.models import Deputy, Responsible, RoleGrant, User
from kendali.audit.models import Entry
from kendali.notices.models import Notice
from kendali.records.actions import escalations, periodic
from kendali.records.queries.waiting import waiting
from kendali.records.tests.office import Office, refused
from tests.cast import Cast

pytestmark = pytest.mark.django_db
URL = "/klien/bank-nusantara/penanggung-jawab/"


def leader(cast: Cast, person: User) -> User:
    RoleGrant.objects.create(user=person, role=roles.TEAM_LEADER, granted_at=cast.now)
    return person


def named(cast: Cast, first: User | None, deputy: User | None = None, kind: str = "recording") -> Responsible | None:
    return responsible.name(
        user=cast.maya, at=cast.now, client=cast.nusantara, record_class=kind, leader=first, deputy=deputy
    )


def names(cast: Cast, action: str = "escalation.raise", kind: str = "recording") -> list[str]:
    return [one.name for one in responsible.first(action, cast.nusantara, kind, at=cast.now)]


def test_who_is_named_is_told_first_and_otherwise_everybody(cast: Cast) -> None:
    surya, kirana = leader(cast, cast.surya), leader(cast, cast.kirana)
    everybody = ["Kirana Dewi", "Surya Pratama", "Tari Lestari"]
    assert names(cast) == everybody
    named(cast, surya, kirana)
    assert names(cast) == ["Kirana Dewi", "Surya Pratama"]
    assert names(cast, kind="conversation") == everybody
    assert names(cast, "escalation.accept") == ["Indra Saputra"]
    day = cast.now.date()
    Deputy.objects.create(
        principal=surya, deputy=cast.qori, role=roles.TEAM_LEADER, starts=day, ends=day, named_at=cast.now
    )
    assert names(cast) == ["Kirana Dewi", "Qori Amelia", "Surya Pratama"]
    Deputy.objects.update(ended_at=cast.now)
    RoleGrant.objects.filter(user__in=[surya, kirana], role=roles.TEAM_LEADER).update(ended_at=cast.now)
    assert names(cast) == ["Tari Lestari"]  # the named may no longer act: everybody who may


def test_another_one_ends_the_one_before_and_the_trail_says_so(cast: Cast) -> None:
    first = named(cast, cast.tari)
    assert first is not None
    assert named(cast, cast.tari) == first
    named(cast, leader(cast, cast.surya), cast.tari)
    first.refresh_from_db()
    assert first.ended_at is not None
    assert named(cast, None) is None
    assert not Responsible.objects.filter(ended_at=None).exists()
    assert list(Entry.objects.order_by("pk").values_list("verb", flat=True)) == [
        "responsible.named", "responsible.named", "responsible.ended",
    ]  # fmt: skip
    assert Notice.objects.filter(kind="responsible.named", user=cast.tari).count() == 2


def test_only_team_leaders_of_the_client_and_never_one_person_twice(cast: Cast) -> None:
    with refused("Indra Saputra is no Team Leader of Bank Nusantara."):
        named(cast, cast.indra)
    with refused("The deputy is another person."):
        named(cast, cast.tari, cast.tari)
    with refused("first, then the deputy"):
        named(cast, None, cast.tari)
    named(cast, cast.tari)
    values = {"client": cast.nusantara, "record_class": "recording", "leader": cast.tari, "named_at": cast.now}
    with pytest.raises(IntegrityError), transaction.atomic():
        Responsible.objects.create(**values)


def test_the_page_names_and_the_client_sees_it(cast: Cast) -> None:
    leader(cast, cast.surya)
    sent = {"kelas": "recording", "pj": cast.surya.pk, "pengganti": cast.tari.pk}
    assert cast.web(cast.maya).post(URL, sent).status_code == 302
    page = cast.web(cast.clara).get(URL).content.decode()
    assert "Surya Pratama" in page
    assert "<select" not in page
    assert "Surya Pratama" in cast.web(cast.clara).get("/terbackup/").content.decode()
    wrong = cast.web(cast.adi).post(URL, {**sent, "pengganti": cast.surya.pk})
    assert wrong.status_code == 422
    assert "Pengganti adalah orang lain" in wrong.content.decode()
    assert cast.web(cast.tari).post(URL, sent).status_code == 403


@pytest.mark.usefixtures("transactional_db")
def test_a_draft_lies_on_the_desk_of_who_is_named_and_the_radar_says_who(office: Office) -> None:
    cast = office.cast
    surya = leader(cast, cast.surya)
    office.source("suara", client=cast.nusantara, record_class="recording")
    office.call("suara", "1", datetime(2025, 3, 3, tzinfo=UTC))
    office.scan("suara")
    named(cast, surya)
    (draft,) = periodic.draft_periodic(at=cast.now)
    assert list(Notice.objects.filter(kind="escalation.drafted").values_list("user__name", flat=True)) == [surya.name]
    assert any(f"/eskalasi/{draft.pk}/" == line.url for line in waiting(surya, cast.now))
    assert not any(f"/eskalasi/{draft.pk}/" == line.url for line in waiting(cast.tari, cast.now))
    assert escalations.send_drafts(user=cast.tari, at=cast.now) == []
    assert surya.name in cast.web(cast.tari).get("/radar/").content.decode()
    escalations.send(user=cast.tari, at=cast.now, order=draft)  # whoever has the role still may
    assert draft.status == "raised"


@pytest.mark.usefixtures("transactional_db")
def test_an_acceptance_is_told_to_who_raised_it(office: Office) -> None:
    cast = office.cast
    office.source("suara", client=cast.nusantara, record_class="recording")
    office.call("suara", "1", datetime(2025, 3, 3, tzinfo=UTC))
    order = office.raised("suara")
    escalations.accept(user=cast.indra, at=cast.now + timedelta(minutes=1), order=order)
    told = Notice.objects.filter(kind="escalation.accept")
    assert [one.user for one in told] == [cast.tari]
