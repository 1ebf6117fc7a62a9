"""The addresses of records control, in Indonesian."""

from django.urls import URLPattern, URLResolver, path

from kendali.records.views import escalations, radar, raising, unbackupable

urlpatterns: list[URLPattern | URLResolver] = [
    path("radar/", radar.radar, name="radar"),
    path("radar/xlsx/", radar.radar_xlsx, name="radar_xlsx"),
    path("radar/catatan/", radar.records, name="records"),
    path("radar/catatan/xlsx/", radar.records_xlsx, name="records_xlsx"),
    path("eskalasi/", escalations.escalations_list, name="escalations"),
    path("eskalasi/baru/", raising.raise_escalation, name="raise"),
    path("eskalasi/baru/pratinjau/", raising.preview_fragment, name="raise_preview"),
    path("eskalasi/kirim/", escalations.send_drafts, name="escalations_send"),
    path("eskalasi/konfirmasi/", escalations.confirm_several, name="escalations_confirm"),
    path("eskalasi/<int:pk>/", escalations.escalation, name="escalation"),
    path("eskalasi/<int:pk>/berjalan/", escalations.live, name="escalation_live"),
    path("eskalasi/<int:pk>/xlsx/", escalations.items_xlsx, name="escalation_xlsx"),
    path("eskalasi/<int:pk>/<slug:verb>/", escalations.move, name="escalation_move"),
    path("tidak-dapat-dibackup/", unbackupable.unbackupables, name="unbackupables"),
    path("tidak-dapat-dibackup/<int:item>/usul/", unbackupable.propose, name="unbackupable_propose"),
    path("tidak-dapat-dibackup/<uuid:pk>/", unbackupable.decide, name="unbackupable_decide"),
]
