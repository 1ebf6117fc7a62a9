from __future__ import annotations

from allauth.account.views import reauthenticate
from django.urls import URLPattern, URLResolver, path, re_path

from kendali.accounts import admin_views, factors, login_views, own_views, responsible_views, sensitive_views

urlpatterns: list[URLPattern | URLResolver] = [
    path("masuk/", login_views.login, name="login"),
    path("keluar/", login_views.logout, name="logout"),
    path("atur-sandi/<str:secret>/", login_views.password_setup, name="password_setup"),
    # The names that allauth looks up.
    path("masuk/", login_views.login, name="account_login"),
    path("keluar/", login_views.logout, name="account_logout"),
    path("masuk/nonaktif/", login_views.inactive, name="account_inactive"),
    path("masuk/ulang/", reauthenticate, name="account_reauthenticate"),
    *factors.urlpatterns,
    path("akun/", own_views.account, name="account"),
    path("akun/sandi/", own_views.password, name="password"),
    path("akun/sesi/", own_views.sessions, name="sessions"),
    path("akun/sesi/akhiri-lainnya/", own_views.end_other_sessions, name="end_other_sessions"),
    path("akun/sesi/<int:number>/akhiri/", own_views.end_session, name="end_session"),
    path("akun/token/", own_views.tokens, name="tokens"),
    path("akun/token/<int:number>/cabut/", own_views.revoke_token, name="revoke_token"),
    path("akun/pengganti/", own_views.deputies, name="deputies"),
    path("akun/pengganti/<int:number>/akhiri/", own_views.end_deputy, name="end_deputy"),
    path("pengguna/", admin_views.users, name="users"),
    path("pengguna/baru/", admin_views.new_user, name="new_user"),
    path("pengguna/<int:number>/", admin_views.user_page, name="user"),
    path("pengguna/<int:number>/ubah/", admin_views.change_user, name="change_user"),
    path("pengguna/<int:number>/peran/", admin_views.grant_role, name="grant_role"),
    path("pengguna/peran/<int:number>/akhiri/", admin_views.end_role, name="end_role"),
    re_path(
        r"^pengguna/(?P<number>\d+)/(?P<do>nonaktifkan|aktifkan|buka-kunci|tautan|lepas-faktor)/$",
        admin_views.change_state,
        name="change_user_state",
    ),
    path("perubahan-penting/", sensitive_views.changes, name="sensitive_changes"),
    path("perubahan-penting/<int:pk>/", sensitive_views.change, name="sensitive_change"),
    path("perubahan-penting/<int:pk>/konfirmasi/", sensitive_views.confirm, name="sensitive_confirm"),
    path("perubahan-penting/<int:pk>/hentikan/", sensitive_views.refuse, name="sensitive_refuse"),
    path("area/", admin_views.sites, name="sites"),
    path("klien/", admin_views.clients, name="clients"),
    path("klien/baru/", admin_views.new_client, name="new_client"),
    path("klien/<slug:code>/penanggung-jawab/", responsible_views.responsibles, name="responsibles"),
    path("klien/<slug:code>/ubah/", admin_views.change_client, name="change_client"),
]
