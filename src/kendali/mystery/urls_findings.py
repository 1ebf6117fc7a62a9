"""Findings and their clocks, disputes, coaching: the addresses, in Indonesian."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
