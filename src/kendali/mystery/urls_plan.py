"""Cycles: plan, assignment, pace, closing, freezing: the addresses, in Indonesian."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
