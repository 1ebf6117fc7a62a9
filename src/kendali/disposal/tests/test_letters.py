"""A signed letter of the client: a whole PDF, sealed in the store, evidence and not an approval by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings

from kendali.accounts.permissions import Refused, RuleRefused
from kendali.audit.models import Entry
from kendali.disposal.actions import decisions, letters
from kendali.disposal.models import Letter, Proposal
from kendali.disposal.tests import asking
from tests.cast import Cast

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\nxref\n0 1\ntrailer\n<<>>\nstartxref\n29\n%%EOF\n"


@pytest.fixture(autouse=True)
def store(settings: Settings, tmp_path: Path) -> Path:
    settings.KENDALI_STORE = str(tmp_path / "store")
    return tmp_path / "store"


@contextmanager
def refused(words: str) -> Iterator[None]:
    with pytest.raises(RuleRefused) as caught:
        yield
    assert words in caught.value.verdict.reason


def upload(cast: Cast, proposal: Proposal, **more: Any) -> Letter:
    given: dict[str, Any] = {
        "name": "surat persetujuan.pdf",
        "data": PDF,
        "signed_by_name": "Dian Permata",
        "signed_by_position": "Kepala Layanan",
        "signed_on": cast.now.date(),
        "user": cast.tari,
    } | more
    return letters.upload(at=cast.now, proposal=proposal, **given)


def test_a_letter_lies_sealed_in_the_store_and_comes_back_whole(cast: Cast, store: Path) -> None:
    row = upload(cast, asking.asked(cast))
    assert PDF not in (store / row.path).read_bytes()
    assert letters.opened(user=cast.dewi, at=cast.now, letter=row) == PDF
    assert list(Entry.objects.filter(verb__startswith="letter.").values_list("verb", flat=True).order_by("pk")) == [
        "letter.uploaded",
        "letter.opened",
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"data": b"PK\x03\x04 not a PDF"}, "not a PDF"),
        ({"data": PDF[:20]}, "not a whole one"),
        ({"data": b"%PDF-1.4\nnothing\n%%EOF\n"}, "not a whole one"),
        ({"data": b"%PDF-1.4\nstartxref\n4711\n%%EOF\n"}, "not a whole one"),
        ({"data": PDF + b"x" * letters.MOST}, "larger than 10 MB"),
        ({"name": "surat 081234567890.pdf"}, "name of the file"),
        ({"signed_by_position": " "}, "who signed"),
    ],
)
def test_what_is_no_letter_is_refused(cast: Cast, change: dict[str, Any], words: str) -> None:
    with refused(words):
        upload(cast, asking.asked(cast), **change)
    assert not Letter.objects.exists()


def test_a_letter_of_tomorrow_and_a_letter_by_somebody_else_are_refused(cast: Cast) -> None:
    proposal = asking.asked(cast)
    with refused("after today"):
        upload(cast, proposal, signed_on=cast.now.date() + timedelta(days=2))
    with pytest.raises(Refused):
        upload(cast, proposal, user=cast.indra)


def test_a_letter_approves_nothing_unless_the_client_chose_so(cast: Cast) -> None:
    proposal = asking.asked(cast)
    row = upload(cast, proposal)
    with refused("letter alone is not enough"):
        letters.decide_by_letter(user=cast.tari, at=cast.now, letter=row)
    asking.setting(cast, "approval.letter_suffices", True, cast.nusantara)
    decision = letters.decide_by_letter(user=cast.tari, at=cast.now, letter=row)
    assert (decision.way, decision.name) == ("letter", "Dian Permata")
    proposal.refresh_from_db()
    assert proposal.status == Proposal.Status.APPROVED


def test_two_letters_of_one_person_are_one_signature(cast: Cast) -> None:
    asking.setting(cast, "approval.letter_suffices", True, cast.nusantara)
    asking.setting(cast, "approval.approvers", 2, cast.nusantara)
    proposal = asking.asked(cast)
    first, second = upload(cast, proposal), upload(cast, proposal, data=PDF + b"\n", signed_by_name="DIAN  Permata")
    letters.decide_by_letter(user=cast.tari, at=cast.now, letter=first)
    with refused("has signed this list already"):
        letters.decide_by_letter(user=cast.tari, at=cast.now, letter=second)
    proposal.refresh_from_db()
    assert proposal.status == Proposal.Status.ASKED
    third = upload(cast, proposal, data=PDF + b"\n\n", signed_by_name="Rini Astuti")
    cast.clara.name = "Dian Permata"
    with refused("has signed this list already"):
        decisions.decide(
            at=cast.now, proposal=proposal, answer="yes", list_digest=proposal.final_digest,
            person=decisions.Person(way="login", user=cast.clara),
        )  # fmt: skip
    letters.decide_by_letter(user=cast.tari, at=cast.now, letter=third)
    proposal.refresh_from_db()
    assert proposal.status == Proposal.Status.APPROVED


def test_the_pages_of_a_letter(cast: Cast) -> None:
    proposal, browser = asking.asked(cast), cast.web(cast.tari)
    sent = {"penanda_tangan": "Dian", "jabatan": "Kepala", "tanggal": cast.now.date().isoformat()}
    file = SimpleUploadedFile("surat.pdf", PDF, "application/pdf")
    assert browser.post(f"/usulan/{proposal.pk}/surat/", {**sent, "surat": file}).status_code == 302
    row = Letter.objects.get()
    answer = cast.web(cast.clara).get(f"/surat/{row.pk}/")
    assert answer.content == PDF
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert cast.web(cast.candra).get(f"/surat/{row.pk}/").status_code == 404
