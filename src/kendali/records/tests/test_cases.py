"""Cases that practitioners report and that no other test shows (docs/cases.md)."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db.models import ProtectedError

from kendali.disposal.actions import decisions
from kendali.disposal.actions import proposals as paper
from kendali.disposal.models import Decision
from kendali.records.actions import proposals
from kendali.records.tests.office import Office

pytestmark = pytest.mark.django_db
OLD = datetime(2024, 3, 3, 2, 0, tzinfo=UTC)
CUT_OFF = date(2024, 6, 30)


@pytest.fixture
def chats(office: Office) -> Office:
    office.source("obrolan", client=office.cast.nusantara, record_class="conversation")
    for number in range(3):
        office.chat("obrolan", f"k{number}", [(OLD, f"Halo {number}")])
    office.backed_up("obrolan")
    return office


def test_a_conversation_that_is_re_opened_after_the_preview_is_not_on_the_list(chats: Office) -> None:
    cast = chats.cast
    asked: dict[str, Any] = {
        "user": cast.tari,
        "at": cast.now,
        "client": cast.nusantara,
        "record_class": "conversation",
    }
    assert proposals.preview(**asked, cut_off=CUT_OFF).count == 3
    row = chats.rows["obrolan"]["k1"]
    again = cast.now - timedelta(hours=1)
    row |= {"state": "open", "ended_at": again.isoformat()}
    row["messages"] = json.dumps([*json.loads(row["messages"]), (again.isoformat(), "Saya masih ada pertanyaan")])
    chats.write("obrolan")
    proposal = proposals.propose(**asked, cut_off=CUT_OFF)
    assert set(proposal.items.values_list("ref", flat=True)) == {"k0", "k2"}


def test_the_name_of_who_approved_stays_when_the_account_goes(chats: Office) -> None:
    cast = chats.cast
    proposal = proposals.propose(
        user=cast.tari, at=cast.now, client=cast.nusantara, record_class="conversation", cut_off=CUT_OFF
    )
    paper.ask(user=cast.tari, at=cast.now, proposal=proposal)
    decisions.decide(
        at=cast.now, proposal=proposal, answer="yes", list_digest=proposal.final_digest,
        person=decisions.Person("login", user=cast.clara),
    )  # fmt: skip
    with pytest.raises(ProtectedError):
        cast.clara.delete()  # who signed is never removed, only shut out
    cast.clara.name, cast.clara.position, cast.clara.is_active = "Bekas Karyawan", "-", False
    cast.clara.save()
    kept = Decision.objects.get()
    assert (kept.name, kept.position, kept.at) == ("Clara Wijaya", "Contact Centre Head", cast.now)
    assert "Clara Wijaya" in cast.web(cast.tari).get(f"/usulan/{proposal.pk}/").content.decode()
