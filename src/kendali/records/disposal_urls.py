"""The addresses of disposal, in Indonesian: holds, proposals, the client's answers, orders, incidents."""

from django.urls import path

from kendali.records.views import corrections, decisions, disposal_orders, holds, incidents, proposals

urlpatterns = [
    path("penangguhan/", holds.holds, name="holds"),
    path("penangguhan/xlsx/", holds.holds_xlsx, name="holds_xlsx"),
    path("penangguhan/baru/", holds.new, name="hold_new"),
    path("penangguhan/<int:pk>/", holds.hold, name="hold"),
    path("penangguhan/<int:pk>/cabut/", holds.release, name="hold_release"),
    path("penangguhan/<int:pk>/tinjau/", holds.review, name="hold_review"),
    path("usulan/", proposals.proposals, name="proposals"),
    path("usulan/xlsx/", proposals.proposals_xlsx, name="proposals_xlsx"),
    path("usulan/baru/", proposals.new, name="propose"),
    path("usulan/baru/pratinjau/", proposals.preview_fragment, name="propose_preview"),
    path("usulan/<int:pk>/", proposals.proposal, name="proposal"),
    path("usulan/<int:pk>/berjalan/", proposals.live, name="proposal_live"),
    path("usulan/<int:pk>/xlsx/", proposals.proposal_xlsx, name="proposal_xlsx"),
    path("usulan/<int:pk>/pdf/", proposals.proposal_pdf_file, name="proposal_pdf"),
    path("usulan/<int:pk>/langkah/<slug:verb>/", proposals.move, name="proposal_move"),
    path("keputusan/", decisions.decisions, name="decisions"),
    path("keputusan/<int:pk>/", decisions.decision, name="decision"),
    path("keputusan/<int:pk>/batal/", decisions.decision_cancel, name="decision_cancel"),
    path("sudah-dihapus/", decisions.deleted, name="deleted"),
    path("penghapusan/", disposal_orders.orders, name="disposal_orders"),
    path("penghapusan/xlsx/", disposal_orders.orders_xlsx, name="disposal_orders_xlsx"),
    path("penghapusan/<int:pk>/", disposal_orders.order, name="disposal_order"),
    path("penghapusan/<int:pk>/berjalan/", disposal_orders.live, name="disposal_order_live"),
    path("penghapusan/<int:pk>/xlsx/", disposal_orders.items_xlsx, name="disposal_items_xlsx"),
    path("penghapusan/<int:pk>/jurnal/xlsx/", disposal_orders.journal_xlsx, name="disposal_journal_xlsx"),
    path("penghapusan/<int:pk>/langkah/<slug:verb>/", disposal_orders.move, name="disposal_order_move"),
    path("berita-acara/<uuid:pk>/koreksi/", corrections.correct, name="certificate_correct"),
    path("insiden/", incidents.incidents, name="incidents"),
    path("insiden/xlsx/", incidents.incidents_xlsx, name="incidents_xlsx"),
    path("insiden/<uuid:pk>/tutup/", incidents.close, name="incident_close"),
]
