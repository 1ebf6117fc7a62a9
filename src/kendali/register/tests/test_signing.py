"""From the draft to the sealed certificate."""

from __future__ import annotations

from pathlib import Path

import pytest

from kendali.register.tests import papers
from tests.cast import Cast


@pytest.mark.django_db
def test_with_the_last_signature_it_is_sealed(cast: Cast, store: Path) -> None:
    certificate = papers.sealed(cast)
    assert certificate.status == "sealed"
    Path("/tmp/plan/ba.pdf").write_bytes((store / certificate.pdf_path).read_bytes())
