"""The addresses around an approval: approvers, links, letters, erasure requests, how deletion is done at a source."""

from django.urls import path

from kendali.records.views import approval_link, approvers, deleting, erasures, letters

urlpatterns = [
    path("persetujuan/<str:secret>/", approval_link.approval_link, name="approval_link"),
    path("persetujuan/<str:secret>/xlsx/", approval_link.approval_link_xlsx, name="approval_link_xlsx"),
    path("klien/<slug:code>/penyetuju/", approvers.approvers, name="approvers"),
    path("klien/<slug:code>/penyetuju/baru/", approvers.approver_new, name="approver_new"),
    path("klien/<slug:code>/penyetuju/<int:pk>/", approvers.approver_edit, name="approver_edit"),
    path("klien/<slug:code>/penyetuju/<int:pk>/akhiri/", approvers.approver_end, name="approver_end"),
    path("usulan/<int:pk>/surat/", letters.letter_new, name="letter_new"),
    path("usulan/<int:pk>/undangan/", letters.invite_again, name="invite_again"),
    path("surat/<int:pk>/", letters.letter, name="letter"),
    path("surat/<int:pk>/ya/", letters.letter_yes, name="letter_yes"),
    path("permintaan-hapus/", erasures.erasures, name="erasures"),
    path("permintaan-hapus/baru/", erasures.new, name="erasure_new"),
    path("permintaan-hapus/<int:pk>/", erasures.erasure, name="erasure"),
    path("permintaan-hapus/<int:pk>/usul/", erasures.propose, name="erasure_propose"),
    path("permintaan-hapus/<int:pk>/tolak/", erasures.refuse, name="erasure_refuse"),
    path("permintaan-hapus/<int:pk>/tutup/", erasures.close, name="erasure_close"),
    path("sumber/<int:pk>/penghapusan/", deleting.deleting, name="source_deleting"),
    path("sumber/<int:pk>/penghapusan/coba/", deleting.probe, name="source_deleting_probe"),
]
