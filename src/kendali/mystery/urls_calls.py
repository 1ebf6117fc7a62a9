"""Calling, recordings, filling in and verifying the form: the addresses, in Indonesian."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
