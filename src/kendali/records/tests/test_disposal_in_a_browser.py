"""The pages of one thing of a disposal, with rows on them: accessible and whole, wide and on a phone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from conftest import each
from kendali.accounts.models import User
from kendali.disposal.models import Hold, Proposal
from kendali.records.models import DisposalOrder
from kendali.records.tests import disposal_rows as rows
from kendali.records.tests.permission_lines import entry_row
from tests.browser import faults, launched, listen
from tests.cast import Cast

WINDOWS = each((360, "dark"), (1280, "light"))


def finished(cast: Cast) -> DisposalOrder:
    """Every kind of end, a hold beside it, and one record seen again."""
    cast.now = timezone.now() - timedelta(days=8)
    order = rows.incident(cast).order
    assert order is not None
    ends = ("already_absent", "held", "failed")
    for item, end in zip(order.items.order_by("pk"), ends, strict=True):
        facts = {"rows": [12, 0], "files": [2, 0]} if end == "failed" else {"holds": ["TGH-2026-0001"]}
        order.items.filter(pk=item.pk).update(outcome=end, settled_at=cast.now, facts=facts)
    changes = {"started_at": cast.now, "finished_at": cast.now, "status": "done", "armed_by": cast.indra}
    DisposalOrder.objects.filter(pk=order.pk).update(**changes)
    Proposal.objects.filter(pk=order.proposal_id).update(status="closed")
    rows.hold(cast)
    return order


def pages(cast: Cast, order: DisposalOrder) -> dict[User, list[str]]:
    record, hold, entry = order.items.order_by("pk")[0].record_id, Hold.objects.get().pk, entry_row(cast).pk
    return {
        cast.tari: [
            f"/usulan/{order.proposal_id}/?bagian=disisihkan",
            f"/penangguhan/{hold}/",
            "/radar/",
            "/usulan/baru/",
        ],
        cast.indra: [f"/penghapusan/{order.pk}/", f"/penghapusan/{order.pk}/?bagian=jurnal"],
        cast.dewi: [f"/berkas-bukti/{order.pk}/", f"/daftar-catatan/{entry}/", "/penghapusan/"],
        cast.rahma: ["/insiden/", f"/catatan/{record}/", "/ringkasan/"],
        cast.clara: [f"/keputusan/{order.proposal_id}/", "/sudah-dihapus/", "/keputusan/"],
    }


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_pages_of_a_disposal_are_accessible_and_whole(cast: Cast, live_server: LiveServer, chromium: str) -> None:
    order = finished(cast)
    wrong: list[str] = []
    with launched(chromium) as browser:
        for person, paths in pages(cast, order).items():
            session = cast.web(person).cookies["sessionid"].value
            context = browser.new_context(reduced_motion="reduce")
            context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
            page = context.new_page()
            complaints = listen(page, live_server.url)
            for path in paths:
                answer = page.goto(live_server.url + path)
                assert answer is not None
                assert answer.status == 200, path
                for width, scheme in WINDOWS:
                    page.set_viewport_size({"width": width, "height": 900})
                    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
                    wrong += [f"{path} at {width}: {fault}" for fault in faults(page)]
            wrong += complaints
            context.close()
    assert wrong == []
