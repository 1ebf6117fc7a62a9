"""The addresses of certificates, in Indonesian."""

from django.urls import URLPattern, URLResolver, path

from kendali.register import verify_view, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("berita-acara/", views.certificates, name="certificates"),
    path("berita-acara/tanda-tangan/", views.sign, name="certificates_sign"),
    path("berita-acara/<uuid:pk>/", views.certificate, name="certificate"),
    path("berita-acara/<uuid:pk>/segel/", views.live, name="certificate_live"),
    path("berita-acara/<uuid:pk>/kirim/", views.send, name="certificate_send"),
    path("berita-acara/<uuid:pk>/batal/", views.cancel, name="certificate_cancel"),
    path("berita-acara/<uuid:pk>/bukti/", views.proof, name="certificate_proof"),
    path("berita-acara/<uuid:pk>/salinan/", views.upload, name="certificate_upload"),
    path("berita-acara/<uuid:pk>/salinan/<uuid:copy_id>/", views.copy, name="certificate_copy"),
    path("berita-acara/<uuid:pk>/unduh/<slug:kind>/", views.file, name="certificate_file"),
    path("verifikasi/otoritas.pem", verify_view.authority, name="seal_authority"),
    path("verifikasi/<str:number>/<str:token>/", verify_view.verify, name="certificate_verify"),
]
