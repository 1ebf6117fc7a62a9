from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from kendali.accounts import actions, own_actions
from kendali.accounts.models import ApiToken, Deputy, UserSession
from kendali.accounts.permissions import Refused, RuleRefused, acting, can, holders, rights, same_person
from kendali.audit.history import history
from kendali.audit.models import Entry
from kendali.notices.models import Notice
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.django_db
NEW = "teh-poci-gula-batu"


def browsers(cast: Cast) -> tuple[Browser, Browser]:
    """Tari at two computers."""
    pair = cast.web(cast.tari), cast.web(cast.tari)
    for browser in pair:
        browser.get("/akun/")
    return pair


def test_a_session_can_be_ended_from_another(cast: Cast) -> None:
    here, there = browsers(cast)
    page = here.get("/akun/sesi/").content.decode()
    assert page.count("/akhiri/") == 1  # not its own
    number = re.search(r"/akun/sesi/(\d+)/akhiri/", page)
    assert number is not None
    here.post(f"/akun/sesi/{number.group(1)}/akhiri/")
    assert there.get("/akun/").headers["Location"].startswith("/masuk/")
    assert here.get("/akun/").status_code == 200


def test_all_other_sessions_can_be_ended_at_once(cast: Cast) -> None:
    here, there = browsers(cast)
    here.post("/akun/sesi/akhiri-lainnya/")
    assert there.get("/akun/").status_code == 302
    assert here.get("/akun/").status_code == 200
    assert Entry.objects.filter(verb="account.session_ended", facts__count=1).exists()


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(cast: Cast) -> None:
    here, there = browsers(cast)
    answer = here.post("/akun/sandi/", {"current": PASSWORD, "password": NEW, "again": NEW})
    assert answer.status_code == 302
    assert here.get("/akun/").status_code == 200
    assert there.get("/akun/").status_code == 302
    assert UserSession.objects.filter(ended_at=None).count() == 1
    cast.tari.refresh_from_db()
    assert cast.tari.check_password(NEW)


@pytest.mark.parametrize(
    ("current", "password", "again"), [("salah", NEW, NEW), (PASSWORD, NEW, NEW + "x"), (PASSWORD, "pendek", "pendek")]
)
def test_a_password_is_not_changed_by_mistake(cast: Cast, current: str, password: str, again: str) -> None:
    data = {"current": current, "password": password, "again": again}
    assert cast.web(cast.tari).post("/akun/sandi/", data).status_code == 200
    cast.tari.refresh_from_db()
    assert cast.tari.check_password(PASSWORD)


def test_language_and_theme_are_kept(cast: Cast) -> None:
    browser = cast.web(cast.tari)
    data = {"name": "Tari L.", "language": "en", "theme": "dark", "zone": "Asia/Makassar"}
    browser.post("/akun/", data)
    page = browser.get("/akun/").content.decode()
    assert 'lang="en"' in page
    assert 'data-theme="dark"' in page
    assert Entry.objects.get(verb="account.changed").facts == {"fields": ["name", "language", "theme", "zone"]}


def test_a_token_is_shown_once_and_only_its_hash_is_kept(cast: Cast) -> None:
    browser = cast.web(cast.indra)
    page = browser.post("/akun/token/", {"name": "skrip malam", "scopes": ["read"], "days": 30}).content.decode()
    found = re.search(r"kdl_[0-9a-f]{8}_[\w-]{43}", page)
    assert found is not None
    secret = found.group()
    assert secret not in browser.get("/akun/token/").content.decode()
    assert secret.encode() not in bytes(ApiToken.objects.get().secret_hash)
    user = own_actions.authenticate_token(secret, at=timezone.now())
    assert user == cast.indra


def test_a_token_may_do_what_its_person_may_within_its_scopes(cast: Cast) -> None:
    _row, secret = own_actions.create_token(user=cast.indra, at=cast.now, name="x", scopes=["read"])
    user = own_actions.authenticate_token(secret, at=cast.now)
    assert user is not None
    assert can(user, "escalation.view", cast.nusantara)
    assert not can(user, "escalation.accept", cast.nusantara)
    assert not can(user, "audit.view")
    with pytest.raises(Refused):
        acting(user, "escalation.accept", cast.nusantara)


def test_a_revoked_expired_or_foreign_token_opens_nothing(cast: Cast) -> None:
    tomorrow = cast.now + timedelta(days=1)
    row, secret = own_actions.create_token(user=cast.indra, at=cast.now, name="x", scopes=["read"], expires_at=tomorrow)
    assert own_actions.authenticate_token(secret, at=cast.now) is not None
    assert own_actions.authenticate_token(secret, at=tomorrow) is None
    assert own_actions.authenticate_token(secret[:-1] + "!", at=cast.now) is None
    assert own_actions.authenticate_token("kdl_x", at=cast.now) is None
    own_actions.revoke_token(user=cast.indra, at=cast.now, token=row)
    assert own_actions.authenticate_token(secret, at=cast.now) is None


def name_surya(cast: Cast, days: int = 5) -> Deputy:
    today = timezone.localdate(cast.now)
    return own_actions.name_deputy(
        user=cast.tari,
        at=cast.now,
        deputy=cast.surya,
        role="team_leader",
        starts=today,
        ends=today + timedelta(days=days),
    )


def test_a_deputy_acts_on_behalf_of_the_principal_and_only_in_these_days(cast: Cast) -> None:
    assert not can(cast.surya, "escalation.raise", cast.nusantara, at=cast.now)
    name_surya(cast)
    actor = acting(cast.surya, "escalation.raise", cast.nusantara, at=cast.now)
    assert (actor.name, actor.on_behalf_of, actor.principal_id) == ("Surya Pratama", "Tari Lestari", cast.tari.pk)
    assert cast.surya in holders("escalation.raise", cast.nusantara, at=cast.now)
    later = cast.now + timedelta(days=6)
    assert not can(cast.surya, "escalation.raise", cast.nusantara, at=later)
    assert cast.surya not in holders("escalation.raise", cast.nusantara, at=later)


def test_the_day_of_a_deputy_is_the_principals_day(cast: Cast) -> None:
    """The last day, 25 November in Jakarta, ends at 17.00 UTC."""
    name_surya(cast)
    last = cast.now.replace(day=25, hour=16, minute=59)
    assert can(cast.surya, "escalation.raise", at=last)
    assert not can(cast.surya, "escalation.raise", at=last + timedelta(minutes=1))


def test_a_deputy_and_the_principal_count_as_one_person_even_afterwards(cast: Cast) -> None:
    assert not same_person(cast.tari, cast.surya)
    row = name_surya(cast)
    Deputy.objects.filter(pk=row.pk).update(starts="2026-01-01", ends="2026-01-31")
    assert same_person(cast.tari, cast.surya)
    assert same_person(cast.surya, cast.tari)
    assert not same_person(cast.tari, cast.surya, since=cast.now)
    assert not same_person(cast.surya, cast.indra)
    assert same_person(cast.indra, cast.indra)


def test_nobody_stands_in_for_days_that_are_over(cast: Cast) -> None:
    """Days are those where the principal works; a period that has begun may still be named."""
    cast.tari.zone = "Asia/Jayapura"
    cast.tari.save(update_fields=["zone"])
    late = cast.now.replace(day=20, hour=16)  # 21 November, 1.00 in Jayapura

    def name(ends: date) -> Deputy:
        return own_actions.name_deputy(
            user=cast.tari, at=late, deputy=cast.surya, role="team_leader", starts=date(2026, 11, 16), ends=ends
        )

    with pytest.raises(RuleRefused, match="sudah lewat"):
        name(date(2026, 11, 20))
    assert not Deputy.objects.exists()
    name(date(2026, 11, 21))
    assert can(cast.surya, "escalation.raise", cast.nusantara, at=late)


def test_the_trail_names_both(cast: Cast) -> None:
    name_surya(cast)
    assert "Surya Pratama" in history(cast.tari)[0].sentence
    notice = cast.surya.notices.get()
    assert notice.facts["principal"] == "Tari Lestari"


def test_nobody_lends_what_they_do_not_have_or_to_whom_it_may_not_go(cast: Cast) -> None:
    today = timezone.localdate(cast.now)
    for user, deputy, role in [
        (cast.tari, cast.surya, "team_it"),
        (cast.tari, cast.tari, "team_leader"),
        (cast.tari, cast.adi, "team_leader"),
        (cast.clara, cast.candra, "client"),
        (cast.clara, cast.tari, "client"),
        (cast.qori, cast.surya, "qc_officer"),
        (cast.qori, cast.tari, "qc_officer"),
    ]:
        with pytest.raises(Refused):
            own_actions.name_deputy(user=user, at=cast.now, deputy=deputy, role=role, starts=today, ends=today)


@pytest.mark.parametrize("role", ["team_leader", "supervisor", "qa"])
def test_who_comes_to_lead_a_team_stands_in_for_a_qc_officer_no_longer(cast: Cast, role: str) -> None:
    """The other order of the same rule; whoever is away and lent the chair is told."""
    today, dina = timezone.localdate(cast.now), cast.dina
    rows = [
        own_actions.name_deputy(user=cast.qori, at=cast.now, deputy=dina, role="qc_officer", starts=day, ends=day)
        for day in (today, today + timedelta(days=30))
    ]
    actions.grant_role(user=cast.adi, at=cast.now, person=dina, role=role)
    leads = role != "qa"
    assert any(right.role == "qc_officer" for right in rights(dina, at=cast.now)) != leads
    assert {one.ended_at for one in Deputy.objects.filter(pk__in=[row.pk for row in rows])} == {
        cast.now if leads else None
    }
    told = {one.user for one in Notice.objects.filter(kind="deputy.gave_way")}
    assert told == ({cast.qori, dina} if leads else set())
    sentences = [one.sentence for one in history(dina)]
    assert any("tidak lagi menggantikan Qori Amelia" in one for one in sentences) == leads


def test_a_deputyship_is_named_and_ended_on_the_page(cast: Cast) -> None:
    browser = cast.web(cast.tari)
    today = timezone.localdate()
    data = {"role": "team_leader", "email": "surya@kendali.test", "starts": today, "ends": today}
    assert browser.post("/akun/pengganti/", data).status_code == 302
    assert "Surya Pratama" in browser.get("/akun/pengganti/").content.decode()
    row = Deputy.objects.get()
    browser.post(f"/akun/pengganti/{row.pk}/akhiri/")
    assert not can(cast.surya, "escalation.raise")
