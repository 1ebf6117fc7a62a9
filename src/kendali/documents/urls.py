"""Pages of controlled documents."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
