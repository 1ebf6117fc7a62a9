"""The addresses of the register, in Indonesian."""

from django.urls import URLPattern, URLResolver, path
from django.http import HttpResponse

urlpatterns: list[URLPattern | URLResolver] = [
    path("verifikasi/<str:number>/<str:token>/", lambda r, **k: HttpResponse(), name="certificate_verify"),
]
