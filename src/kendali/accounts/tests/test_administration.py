from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from kendali.accounts import actions, setup_links
from kendali.accounts.access import load, visible_clients
from kendali.accounts.models import Client, PasswordSetup, RoleGrant, User, UserSession
from kendali.accounts.permissions import Refused, can
from kendali.audit.models import Entry
from tests.cast import Cast

pytestmark = pytest.mark.django_db
NEW = "teh-poci-gula-batu"
FORM = {
    "email": "Budi@Kendali.test",
    "name": "Budi Hartono",
    "position": "Team Leader",
    "employee_number": "K-200",
    "language": "id",
    "zone": "Asia/Jakarta",
}


def test_an_administrator_makes_a_user_who_chooses_a_password_by_the_link(cast: Cast) -> None:
    browser = cast.web(cast.adi)
    page = browser.post("/pengguna/baru/", FORM)
    budi = User.objects.get(email="budi@kendali.test")
    assert page.headers["Location"] == f"/pengguna/{budi.pk}/"
    browser.post(f"/pengguna/{budi.pk}/peran/", {"role": "team_leader", "client": cast.nusantara.pk})
    browser.post(f"/pengguna/{budi.pk}/tautan/")
    link = setup_links.address(PasswordSetup.objects.get())
    assert link in browser.get(f"/pengguna/{budi.pk}/").content.decode()  # without a mail server
    assert link not in browser.get(f"/pengguna/{budi.pk}/").content.decode()
    path = link.removeprefix("http://127.0.0.1:8000")
    assert Browser().post(path, {"password": NEW, "again": NEW}).status_code == 302
    assert Browser().get(path).status_code == 410
    answer = Browser().post("/masuk/", {"email": "budi@kendali.test", "password": NEW, "next": "/akun/"})
    assert answer.headers["Location"] == "/akun/"
    verbs = set(Entry.objects.filter(object_id=str(budi.pk)).values_list("verb", flat=True))
    assert verbs >= {"user.created", "user.role_granted", "user.setup_link_shown", "account.password_set"}


def test_a_link_ends_with_its_days_with_a_new_link_and_with_the_account(cast: Cast) -> None:
    first = actions.send_setup_link(user=cast.adi, at=cast.now, person=cast.tari)
    assert isinstance(first, PasswordSetup)
    secret = setup_links.address(first).rstrip("/").rpartition("/")[2]
    assert setup_links.find(secret, cast.now) == first
    assert setup_links.find(secret + "x", cast.now) is None
    assert setup_links.find(secret, cast.now + timedelta(days=4)) is None
    actions.send_setup_link(user=cast.adi, at=cast.now, person=cast.tari)
    assert setup_links.find(secret, cast.now) is None


def test_an_e_mail_address_belongs_to_one_person(cast: Cast) -> None:
    page = cast.web(cast.adi).post("/pengguna/baru/", {**FORM, "email": "TARI@kendali.test"})
    assert page.status_code == 200
    assert User.objects.filter(email__iexact="tari@kendali.test").count() == 1


def test_deactivating_ends_sessions_and_tokens_at_once(cast: Cast) -> None:
    theirs = cast.web(cast.tari)
    theirs.get("/akun/")
    cast.web(cast.adi).post(f"/pengguna/{cast.tari.pk}/nonaktifkan/")
    assert theirs.get("/akun/").status_code == 302
    assert UserSession.objects.get(user=cast.tari).ended_at is not None
    cast.tari.refresh_from_db()
    assert not can(cast.tari, "radar.view")


def test_an_administrator_can_neither_lock_out_themselves_nor_the_last_one(cast: Cast) -> None:
    with pytest.raises(Refused):
        actions.deactivate_user(user=cast.adi, at=cast.now, person=cast.adi)
    with pytest.raises(Refused):
        actions.end_role(user=cast.adi, at=cast.now, grant=cast.adi.grants.get())


@pytest.mark.parametrize(
    ("nick", "role"), [("adi", "team_leader"), ("tari", "administrator"), ("tari", "client"), ("aulia", "team_it")]
)
def test_who_keeps_the_house_does_not_do_its_work(cast: Cast, nick: str, role: str) -> None:
    with pytest.raises(Refused):
        actions.grant_role(user=cast.adi, at=cast.now, person=cast.people[nick], role=role, client=cast.nusantara)


def test_a_role_ends_and_stays_in_the_books(cast: Cast) -> None:
    grant = cast.tari.grants.get()
    cast.web(cast.adi).post(f"/pengguna/peran/{grant.pk}/akhiri/")
    assert RoleGrant.objects.get(pk=grant.pk).ended_at is not None
    assert not can(cast.tari, "radar.view")


def test_users_are_found_and_paged_by_name(cast: Cast) -> None:
    User.objects.bulk_create(User(email=f"u{n}@kendali.test", name=f"Orang {n:03}") for n in range(60))
    browser = cast.web(cast.aulia)
    first = browser.get("/pengguna/?q=orang").content.decode()
    assert "Orang 000" in first
    assert "Orang 050" not in first
    last = User.objects.get(name="Orang 049")
    assert f"after={last.pk}" in first
    second = browser.get(f"/pengguna/?q=orang&after={last.pk}").content.decode()
    assert "Orang 050" in second
    assert "Orang 049" not in second


def test_clients_are_made_and_changed(cast: Cast) -> None:
    browser = cast.web(cast.adi)
    data = {"code": "asuransi-sehat", "name": "Asuransi Sehat", "customer_word": "peserta", "zone": "Asia/Jakarta"}
    browser.post("/klien/baru/", data)
    browser.post("/klien/asuransi-sehat/ubah/", {**data, "name": "Asuransi Sehat Raya", "active": "on"})
    assert Client.objects.get(code="asuransi-sehat").name == "Asuransi Sehat Raya"
    assert Entry.objects.get(verb="client.changed").facts == {"fields": ["name"]}


def test_areas_are_made_once_and_by_administrators(cast: Cast) -> None:
    data = {"code": "makassar", "name": "Makassar", "zone": "Asia/Makassar"}
    assert cast.web(cast.adi).post("/area/", data).status_code == 302
    assert "Sudah ada area" in cast.web(cast.adi).post("/area/", data).content.decode()
    assert cast.web(cast.aulia).get("/area/").status_code == 200
    assert cast.web(cast.aulia).post("/area/", {**data, "code": "x"}).status_code == 403


def test_strangers_get_404_and_members_without_the_right_403(cast: Cast) -> None:
    from django.http import Http404

    assert load(Client, cast.tari, "escalation.raise", pk=cast.nusantara.pk) == cast.nusantara
    with pytest.raises(Http404):
        load(Client, cast.candra, "policy.view", pk=cast.nusantara.pk)
    with pytest.raises(Refused):
        load(Client, cast.clara, "escalation.raise", pk=cast.nusantara.pk)
    assert list(visible_clients(cast.clara)) == [cast.nusantara]
    assert set(visible_clients(cast.tari)) == {cast.nusantara, cast.telko}
    assert list(visible_clients(cast.clara, "audit.view")) == []


def test_a_role_for_one_client_is_none_for_another(cast: Cast) -> None:
    budi = User.objects.create(email="budi@kendali.test", name="Budi")
    actions.grant_role(user=cast.adi, at=timezone.now(), person=budi, role="team_leader", client=cast.telko)
    assert can(budi, "escalation.raise", cast.telko)
    assert can(budi, "escalation.raise")
    assert not can(budi, "escalation.raise", cast.nusantara)
