from django.urls import URLPattern, URLResolver, path

from kendali.vault import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("kunci/", views.keys, name="keys"),
    path("kunci/buktikan/", views.prove, name="prove_keys"),
    path("kunci/lembar/", views.print_sheet, name="print_recovery_sheet"),
    path("kunci/lembar/konfirmasi/", views.confirm_sheet, name="confirm_recovery_sheet"),
]
