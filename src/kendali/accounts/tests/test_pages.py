"""Smoke: every page of these apps renders for who may see it."""

from __future__ import annotations

import pytest

from tests.cast import Cast

pytestmark = pytest.mark.django_db

PAGES = ["/akun/", "/akun/sandi/", "/akun/sesi/", "/akun/token/", "/akun/pengganti/", "/akun/faktor/", "/kotak-masuk/"]
ADMIN_PAGES = ["/pengguna/", "/pengguna/baru/", "/klien/", "/klien/baru/", "/klien/telko-raya/ubah/", "/audit/"]


@pytest.mark.parametrize("path", PAGES)
def test_everybody_has_their_own_account(cast: Cast, path: str) -> None:
    assert cast.web(cast.tari).get(path).status_code == 200


@pytest.mark.parametrize("path", ADMIN_PAGES)
def test_the_administrator_keeps_users_and_clients(cast: Cast, path: str) -> None:
    response = cast.web(cast.adi).get(path)
    assert response.status_code == 200
