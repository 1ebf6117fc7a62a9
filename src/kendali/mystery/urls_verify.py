"""Verifying, samples, an agent's own evaluations: the addresses, in Indonesian."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
