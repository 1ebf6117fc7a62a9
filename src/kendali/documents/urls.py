"""Pages of controlled documents; the addresses are Indonesian."""

from django.urls import path

from kendali.documents import import_views, views

urlpatterns = [
    path("pansol/", views.articles, name="articles"),
    path("pansol/xlsx/", views.articles_xlsx, name="articles_xlsx"),
    path("pansol/baru/", views.article_new, name="article_new"),
    path("pansol/impor/", import_views.imports, name="article_imports"),
    path("pansol/impor/tempel/", import_views.paste, name="article_paste"),
    path("pansol/impor/baca/", import_views.read, name="article_read"),
    path("pansol/impor/<int:pk>/", import_views.one_import, name="article_import"),
    path("pansol/impor/<int:pk>/kemajuan/", import_views.import_live, name="article_import_live"),
    path("pansol/impor/<int:pk>/terapkan/", import_views.apply, name="article_import_apply"),
    path("pansol/impor/<int:pk>/batalkan/", import_views.drop, name="article_import_drop"),
    path("pansol/<int:pk>/", views.article, name="article"),
    path("pansol/<int:pk>/versi/<int:version>/", views.article, name="article_version"),
    path("pansol/<int:pk>/versi/<int:version>/beda/", views.article_differences, name="article_differences"),
    path("pansol/<int:pk>/ubah/", views.article_edit, name="article_edit"),
    path("pansol/<int:pk>/berlakukan/", views.article_in_force, name="article_in_force"),
    path("pansol/<int:pk>/buang/", views.article_discard, name="article_discard"),
    path("pansol/<int:pk>/tanggal-akhir/", views.article_end, name="article_end"),
    path("pansol/<int:pk>/tarik/", views.article_withdraw, name="article_withdraw"),
]
