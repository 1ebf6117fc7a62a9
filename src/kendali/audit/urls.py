from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from kendali.audit import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("audit/", views.trail, name="audit"),
    path("audit/unduh/", views.export, name="audit_export"),
]
