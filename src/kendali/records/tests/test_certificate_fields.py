"""The Berita Acara of real orders: every field of the domain document in its facts and on the paper."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from kendali import civil_time, formats
from kendali.accounts.models import Deputy
from kendali.numerals import in_words
from kendali.records.actions import certificates, destruction, disposal_orders, holds
from kendali.records.models import DisposalOrder, Record
from kendali.records.queries import register as rows
from kendali.records.tests.approved import running
from kendali.records.tests.deletions import House, house, old_conversations
from kendali.records.tests.office import Office, refused
from kendali.records.tests.test_destruction_of_an_erasure import erasing, worked
from kendali.register import actions as register
from kendali.register.models import Certificate, RegisterEntry
from kendali.register.tests import papers
from kendali.terms.models import Setting

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not here"),
]
FIELDS = {
    "organisation", "owner_unit", "record_class", "channels", "period_first", "period_last", "zone", "started_at",
    "finished_at", "sources", "basis", "totals", "approvals", "packages", "checks", "method", "verification",
    "problems", "proposer", "executor",
}  # fmt: skip


def text_of(path: str) -> str:
    file = Path(settings.KENDALI_STORE) / path
    done = subprocess.run(["pdftotext", str(file), "-"], capture_output=True, check=True)
    return re.sub(r"\s+", " ", done.stdout.decode().replace("\u200b", ""))


def says(text: str, *words: str) -> None:
    left = [one for one in words if one not in text]
    assert not left, f"{left} not in: {text}"


def choose(**values: object) -> None:
    for key, value in values.items():
        name = key.replace("__", ".")
        Setting.objects.create(key=name, value=value, version=1, reason="uji", created_at=timezone.now())


@pytest.fixture
def it(office: Office) -> Iterator[House]:
    choose(
        organisation__name="PT Suara Nusantara", certificate__contract="PKS 012/BN/2023", register__owner_unit="Unit CC"
    )
    with house(office, old_conversations(6)) as found:
        yield found


def mixed(it: House) -> DisposalOrder:
    """Two deleted, and one of each: taken out, held, changed, refused. A deputy carried it out; so did one approve."""
    cast = it.office.cast
    today = timezone.localdate()
    Deputy.objects.create(
        principal=cast.indra, deputy=cast.agus, role="team_it", starts=today - timedelta(days=1),
        ends=today + timedelta(days=30), named_at=timezone.now(),
    )  # fmt: skip
    it.behalf = "Citra Direksi"
    it.fake.deleting.does["000002"] = "refuses"
    it.fake.change("000003", customer_name="Lain")
    order = it.raised(taken_out=["000001"])
    disposal_orders.accept(user=cast.agus, at=it.now, order=order)
    disposal_orders.arm(user=cast.agus, at=it.now, order=order, typed_number=order.number)
    holds.place_on_records(
        user=cast.rahma, at=it.now, records=Record.objects.filter(ref="000004"), cause="dispute",
        reason="Sengketa tagihan", legal_basis="Pasal 43 UU PDP", review_on=it.now.date() + timedelta(days=90),
    )  # fmt: skip
    assert disposal_orders.start_due(at=it.later(hours=24)) == [order]
    return it.work(order)


IN_ENGLISH = (
    "Certificate of Destruction of Documents", "Deletion in the source application", "Conversation history",
    "Retention period has passed", "No legal hold", "as the owner of the records declares",
    "Clara Wijaya", "Contact Centre Head", "on behalf of Citra Direksi",
    "the application refused", "changed after its backup", "not signed yet", "read back at the source", "Restore drill",
    "restored", "taken out by the client",
)  # fmt: skip


def test_a_deletion_says_all_its_fields_in_both_languages(it: House) -> None:
    order, cast = mixed(it), it.office.cast
    assert order.status == "done"
    english = certificates.draft(user=cast.dewi, at=it.now, order=order, language="en")
    register.send_for_signature(user=cast.dewi, at=it.now, certificate=english, proof=papers.proof(cast.dewi, it.now))
    read = text_of(english.signing_path)
    says(read, *IN_ENGLISH)
    register.cancel(user=cast.dewi, at=it.now, certificate=english, reason="Bahasa Indonesia diminta")

    made = certificates.draft(user=cast.dewi, at=it.now, order=order)
    assert set(made.facts) >= FIELDS
    assert made.facts["executor"] | {"on_behalf_of": "Indra Saputra"} == made.facts["executor"]
    assert made.facts["approvals"][0] | {"name": "Clara Wijaya", "position": "Contact Centre Head",
                                         "on_behalf_of": "Citra Direksi", "list_digest": order.list_digest,
                                         } == made.facts["approvals"][0]  # fmt: skip
    assert {one["verdict"]: one["count"] for one in made.facts["problems"]} == {
        "taken_out": 1, "held": 1, "changed": 1, "refused": 1,
    }  # fmt: skip
    assert (made.proposed, made.deleted, made.open_lines) == (6, 2, 0)
    seen = made.facts["verification"]  # what stayed on purpose was not looked for
    assert (seen["checked"], seen["found"]) == (2, 0)
    made = papers.completed(cast, made, it.now, executor=cast.agus)
    english.refresh_from_db()
    ended = civil_time.local_date(datetime.fromisoformat(made.facts["finished_at"]), "Asia/Jakarta")
    year = civil_time.local_date(it.now, "Asia/Jakarta").year
    assert (english.status, english.number, made.number) == ("cancelled", f"BA-{year}-0001", f"BA-{year}-0002")
    package = made.facts["packages"][0]
    read = text_of(made.pdf_path)
    says(
        read,
        "PT Suara Nusantara", "Bank Nusantara", "Unit CC",  # 1
        str(made.number), f"tanggal {in_words(ended.day)} bulan {formats.MONTHS['id'][ended.month - 1]}",  # 2
        f"tahun {in_words(ended.year)}", "WIB",  # 3
        "Chat", "Fake 1",  # 4
        "5.3", "versi 1", str(order.proposal.number), "PKS 012/BN/2023", "UU 27/2022",  # 5
        "Penghapusan di aplikasi sumber", "History percakapan", "WhatsApp",  # 6, 7
        "6 = 2 + 0 + 1 + 1 + 1 + 0 + 1 + 0 + 0",  # 8
        "Clara Wijaya", "Contact Centre Head", "a.n. Citra Direksi", order.list_digest[:8],  # 9
        package["number"], package["sha256"][:8], "dipulihkan",  # 10
        "Masa simpan sudah lewat", "Tidak ada legal hold", "Tidak terkait perkara",  # 11
        "menurut pernyataan pemilik catatan",
        "penghapusan logis di sumber", "Kendali 0",  # 12
        "baca ulang di sumber", "H+7", "H+30",  # 13
        "TGH-", "Pasal 43 UU PDP", "aplikasi menolak", "berubah setelah dibackup", "Sengketa",  # 14
        "Agus Setiawan", "a.n. Indra Saputra",  # 15
        "Tari Lestari", "Dewi Anggraini", "Rahma Hidayati", "Aulia Rahman", "Maya Sari",  # 16, 17, 18
        bytes(made.merkle_root or b"").hex()[:8], "Halaman verifikasi",  # 19
        "ditandatangani",  # 20
    )  # fmt: skip
    assert "purge" not in read.lower()


def test_it_claims_only_the_read_backs_that_every_deleted_record_had(it: House) -> None:
    it.fake.deleting.does["000001"] = "rows_only"  # this one is looked for twice
    order = it.work(it.running())
    it.later(hours=73)
    it.work(order)
    made = certificates.draft(user=it.office.cast.dewi, at=it.now, order=order)
    assert (made.deleted, made.failed, made.facts["verification"]["read_backs"]) == (5, 1, 1)
    last_call = order.journal.filter(kind="intent").latest("at").at
    assert made.facts["checks"]["checked_at"] == last_call.isoformat() < made.facts["finished_at"]
    register.send_for_signature(
        user=it.office.cast.dewi, at=it.now, certificate=made, proof=papers.proof(it.office.cast.dewi, it.now)
    )
    says(
        text_of(made.signing_path), "dengan pelaksanaan dari", "6, 1 di antaranya belum terbukti hilang",
        "(a) Penghapusan di aplikasi sumber", "(b) Pemusnahan salinan backup", "belum musnah seluruhnya",
        "tepat sebelum dihapus",
    )  # fmt: skip


def test_a_destruction_says_where_old_keys_may_be_and_how_it_was_proved(office: Office) -> None:
    choose(destruction__epoch="at_once")
    office.source("pbx", client=office.cast.nusantara, record_class="recording")
    for number in range(3):
        office.call("pbx", f"call-{number}", datetime(2023, 3, 3 + number, 2, 0, tzinfo=UTC), seconds=1)
    office.backed_up("pbx")
    cast, order = office.cast, running(office, ["call-0", "call-1"])
    DisposalOrder.objects.filter(pk=order.pk).update(armed_by=cast.indra, armed_at=timezone.now())
    order.items.update(clock=timezone.now())  # a copy's period begins with the deletion at the source
    with refused("not finished"):
        certificates.draft(user=cast.dewi, at=timezone.now(), order=order)
    destruction.run(order.pk, worker="test")
    order.refresh_from_db()
    now = timezone.now()
    made = papers.completed(cast, certificates.draft(user=cast.dewi, at=now, order=order), now)
    gone, package = made.facts["destruction"], made.facts["packages"][0]
    assert (made.act, made.proposed, made.deleted) == ("backup", 2, 2)
    assert gone["epochs"] == [2]
    assert {one["answer"] for one in gone["slots"]} == {"gone"}
    assert package["destroyed_at"] == civil_time.local_date(now, "Asia/Jakarta").isoformat()
    assert (made.facts["period_first"], made.facts["period_last"]) == ("2023-03-03", "2023-03-04")
    read = text_of(made.pdf_path)
    says(
        read, "Pemusnahan salinan backup", "Recording", order.number, "UPS-2026", "5.4", package["number"],
        "kunci 2 salinan", "slot-1", "master lama sudah tidak ada", "percobaan membuka setiap salinan",
        "Kunci lama mungkin masih ada di", "tidak ada lagi kunci yang dikenal produk ini", "Indra Saputra",
        "salinan backup dimusnahkan", "2 = 2 + 0", "bulan kemudian",
        "Untuk 2 salinan, byte tersegelnya tidak berubah",
    )  # fmt: skip


def test_an_erasure_says_both_acts(office: Office) -> None:
    choose(destruction__epoch="at_once")
    with house(office, old_conversations(3)) as chats:
        chats.now, cast = timezone.now(), office.cast
        order = worked(chats, erasing(chats, ["000001", "000002"]))
        DisposalOrder.objects.filter(pk=order.pk).update(armed_by=cast.indra)
        order.refresh_from_db()
        made = certificates.draft(user=cast.dewi, at=chats.now, order=order)
        register.send_for_signature(
            user=cast.dewi, at=chats.now, certificate=made, proof=papers.proof(cast.dewi, chats.now)
        )
        asked = made.facts["erasure_request"]
        assert asked.startswith("PPD-")
        assert made.facts["destruction"]["epochs"]
        says(
            text_of(made.signing_path), asked, "Penghapusan kriptografis", "penghapusan logis di sumber",
            f"tidak disyaratkan: permintaan penghapusan {asked}", "(b) Pemusnahan salinan backup",
            "dan salinan backupnya telah dimusnahkan",
        )  # fmt: skip
        entry = RegisterEntry.objects.filter(orders__contains=[made.order_ref]).first()
        assert entry is not None
        (row,) = rows.told([entry], timezone.localdate())
        assert row.certificates_of("source") == row.certificates_of("backup") == [made]


def test_a_number_that_was_given_up_is_not_given_again(it: House) -> None:
    order, cast = it.work(it.running()), it.office.cast
    for number in (1, 2):
        made = certificates.draft(user=cast.dewi, at=it.now, order=order)
        register.send_for_signature(user=cast.dewi, at=it.now, certificate=made, proof=papers.proof(cast.dewi, it.now))
        assert made.number == f"BA-{civil_time.local_date(it.now, 'Asia/Jakarta').year}-000{number}"
        register.cancel(user=cast.dewi, at=it.now, certificate=made, reason="Salah unit")
    given = Certificate.objects.order_by("number").values_list("number", "status")
    assert [(number[-5:], status) for number, status in given if number] == [
        ("-0001", "cancelled"), ("-0002", "cancelled"),
    ]  # fmt: skip
