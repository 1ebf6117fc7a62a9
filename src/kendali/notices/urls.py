from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from kendali.notices import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("kotak-masuk/", views.inbox, name="inbox"),
    path("kotak-masuk/baca-semua/", views.read_all, name="read_all_notices"),
    path("kotak-masuk/<int:number>/", views.open_notice, name="open_notice"),
]
