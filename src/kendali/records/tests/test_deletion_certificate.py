"""From the finished order to Document Control's draft: every field from rows, totals that add up (I6)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client as Browser
from django.utils import timezone

from kendali.accounts.models import User
from kendali.accounts.own_actions import create_token
from kendali.accounts.permissions import SCOPES, Refused
from kendali.records.actions import certificates
from kendali.records.tests.deletions import House, house, old_conversations
from kendali.records.tests.office import Office, refused
from kendali.register.actions import cancel
from kendali.register.models import Certificate

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def it(office: Office) -> Iterator[House]:
    with house(office, old_conversations(4)) as found:
        yield found


def test_document_control_drafts_from_rows_and_the_totals_add_up(it: House) -> None:
    it.fake.deleting.does["000002"] = "refuses"
    order = it.running(taken_out=["000001"])
    it.fake.change("000003", customer_name="Lain")
    it.work(order)
    with pytest.raises(Refused):
        certificates.draft(user=it.office.cast.indra, at=it.now, order=order)
    made = certificates.draft(user=it.office.cast.dewi, at=it.now, order=order)
    assert (made.proposed, made.deleted, made.taken_out, made.changed, made.refused) == (4, 1, 1, 1, 1)
    assert (made.order_ref, made.act) == (f"records.disposalorder:{order.pk}", "source")
    facts = made.facts
    assert facts["executor"]["name"] == "Indra Saputra"
    assert [one["name"] for one in facts["approvals"]] == ["Clara Wijaya"]
    assert len(facts["packages"][0]["sha256"]) == 64
    assert facts["sources"][0]["version"] == "Fake 1"
    assert facts["method"]["how"] == "api"
    assert {(one["verdict"], one["reason"]) for one in facts["problems"]} >= {
        ("refused", "aplikasi menolak"),
        ("changed", "berubah setelah dibackup"),
    }
    assert made.lines.count() == 4


def test_a_certificate_waits_until_nothing_is_queued(it: House) -> None:
    it.fake.deleting.does["000001"] = "queues_forever"
    order = it.work(it.running())
    with refused("have no outcome yet"):
        certificates.draft(user=it.office.cast.dewi, at=it.now, order=order)


def test_the_page_of_a_finished_order_offers_the_draft_to_document_control(it: House) -> None:
    order = it.work(it.running())
    answer = it.office.cast.web(it.office.cast.dewi).post(f"/penghapusan/{order.pk}/langkah/draft/")
    assert answer.status_code == 302
    assert Certificate.objects.get().order_ref.endswith(f":{order.pk}")


@pytest.mark.parametrize(("asked", "language"), [({}, "id"), ({"language": "en"}, "en")])
def test_a_machine_drafts_the_same_and_may_ask_for_english(it: House, asked: dict[str, str], language: str) -> None:
    order, cast = it.work(it.running()), it.office.cast

    def ask(user: User) -> int:
        _row, secret = create_token(user=user, at=timezone.now(), name="uji", scopes=list(SCOPES))
        address, headers = f"/api/v1/deletion-orders/{order.pk}/certificate", {"Authorization": f"Bearer {secret}"}
        return Browser().post(address, asked, content_type="application/json", headers=headers).status_code

    assert (ask(cast.indra), ask(cast.dewi)) == (403, 201)
    assert Certificate.objects.get().language == language


def test_the_paper_is_indonesian_whatever_the_drafter_reads_and_english_when_asked_for(it: House) -> None:
    order, dewi = it.work(it.running()), it.office.cast.dewi
    dewi.language = "en"
    dewi.save(update_fields=["language"])
    browser = it.office.cast.web(dewi)
    page = browser.get(f"/penghapusan/{order.pk}/").content.decode()
    assert "Draft the Berita Acara" in page
    assert "Draft in English" in page
    browser.post(f"/penghapusan/{order.pk}/langkah/draft/")
    made = Certificate.objects.get()
    assert made.language == "id"
    cancel(user=dewi, at=it.now, certificate=made, reason="Bahasa Inggris diminta")
    browser.post(f"/penghapusan/{order.pk}/langkah/draft/", {"bahasa": "en"})
    assert Certificate.objects.exclude(pk=made.pk).get().language == "en"
