"""The form F-22 in versions."""

from __future__ import annotations

from datetime import date

import pytest

from kendali.documents.models import Document, Revision
from kendali.mystery.actions import forms
from kendali.mystery.queries.forms import form_in_force, form_of
from kendali.mystery.rules.default_form import default_form
from tests.cast import NOW

pytestmark = pytest.mark.django_db


def test_the_form_comes_with_kendali_and_is_in_force() -> None:
    shipped = forms.ship_default(NOW)
    assert form_of(shipped) == default_form()
    assert form_in_force(date(2026, 11, 1)) == shipped
    assert form_in_force(date(2019, 7, 31)) is None
    assert (shipped.document.code, shipped.label) == ("IN.QCC.TDSCC.F-22", "02")


def test_shipping_it_again_changes_nothing() -> None:
    first = forms.ship_default(NOW)
    assert forms.ship_default(NOW) == first
    assert (Document.objects.count(), Revision.objects.count()) == (1, 1)
