"""Roster, callers, destinations, calendar: the addresses, in Indonesian."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
