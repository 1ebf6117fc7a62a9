"""The addresses of finding and seeing one record."""

from django.urls import URLPattern, URLResolver, path

from kendali.records.views import content, record, search

urlpatterns: list[URLPattern | URLResolver] = [
    path("catatan/", search.search, name="search"),
    path("catatan/cari/", search.text_search, name="text_search_begin"),
    path("catatan/cari/<uuid:pk>/", search.text_search_page, name="text_search"),
    path("catatan/cari/<uuid:pk>/berjalan/", search.text_search_live, name="text_search_live"),
    path("catatan/<int:pk>/", record.record, name="record"),
    path("catatan/<int:pk>/buka/", record.open_record, name="record_open"),
    path("catatan/<int:pk>/usul/", record.propose, name="record_propose"),
    path("catatan/<int:pk>/isi/", content.content, name="record_content"),
    path("catatan/<int:pk>/isi/<int:number>/<int:slot>/<int:which>/", content.file, name="record_file"),
    path("catatan/<int:pk>/isi/<int:number>/<int:slot>/<int:which>/bentuk.json", content.peaks, name="record_peaks"),
]
