"""The form F-22 as register and sheets: the addresses, in Indonesian."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
