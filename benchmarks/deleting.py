"""The steps of a deletion as processes of ours, by the people of the sample: asking, the worker, the certificate.

Instants lie after this computer's own clock, on a working day, as in the tests: the trail never goes backward.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from kendali import civil_time
from kendali.accounts.models import Client, User
from kendali.disposal.actions import decisions
from kendali.disposal.actions import proposals as paper
from kendali.disposal.models import Proposal
from kendali.records import dossier
from kendali.records.actions import certificates, deletion, disposal_orders, proposals, register_rows
from kendali.records.calendar import days_off
from kendali.records.models import DisposalItem, DisposalOrder
from kendali.register import actions as register
from kendali.register.models import Certificate
from kendali.register.proving import Proof

CLIENT = "seratus"
ZONE = "Asia/Jakarta"
SIGNERS = ("indra", "tari", "rahma", "aulia", "maya")  # after Dewi, who draws it up


def person(key: str) -> User:
    return User.objects.get(email__startswith=f"{key}@")


class Watch:
    """Seconds of one step after the other."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def __call__(self, name: str, work: Callable[[], Any]) -> Any:
        began = time.perf_counter()
        answer = work()
        self.seconds[name] = time.perf_counter() - began
        return answer


def working_day() -> datetime:
    """10.00 WIB on the next working day."""
    day = civil_time.add_working_days(civil_time.local_date(timezone.now(), ZONE), 1, days_off())
    return civil_time.start_of_day(day, ZONE) + timedelta(hours=10)


def propose(job: dict[str, Any]) -> dict[str, Any]:
    """Steps 3 and 4: proposed, compared with the source, frozen, asked, the client's Ya, the order on its way."""
    at, watch = datetime.fromisoformat(job["at"]), Watch()
    client = Client.objects.get(code=CLIENT)
    proposal: Proposal = watch(
        "draft",
        lambda: proposals.propose(
            user=person("tari"), at=at, client=client, record_class="conversation",
            cut_off=date.fromisoformat(job["cut_off"]),
        ),
    )  # fmt: skip
    watch("freeze", lambda: proposals.finish(proposal.pk, at=at))
    proposal.refresh_from_db()
    watch("ask", lambda: paper.ask(user=person("tari"), at=at, proposal=proposal))
    watch("decide", lambda: decisions.decide(
        at=at, proposal=proposal, answer="yes", list_digest=proposal.final_digest,
        person=decisions.Person("login", user=person("sita")),
    ))  # fmt: skip
    order = watch("order", lambda: disposal_orders.raise_order(user=person("tari"), at=at, proposal=proposal))
    disposal_orders.accept(user=person("indra"), at=at, order=order)
    disposal_orders.arm(user=person("indra"), at=at, order=order, typed_number=order.number)
    started = watch("start", lambda: disposal_orders.start_due(at=at + timedelta(hours=24)))
    assert [row.pk for row in started] == [order.pk]
    return {"order": order.pk, "count": order.list_count, "seconds": watch.seconds}


def delete(job: dict[str, Any]) -> dict[str, Any]:
    """The worker's part, to the end of the order."""
    began, since = time.perf_counter(), timezone.now()
    begin = datetime.fromisoformat(job["at"])
    deletion.run(job["order"], worker="bench", clock=lambda: begin + (timezone.now() - since))
    return {"seconds": time.perf_counter() - began}


def certify(job: dict[str, Any]) -> dict[str, Any]:
    """Steps 9 and 10: certificate with annex, every signature, the seal; register rows; the dossier."""
    at, watch = datetime.fromisoformat(job["at"]), Watch()
    order = DisposalOrder.objects.get(pk=job["order"])
    dewi = person("dewi")
    made = watch("draft", lambda: certificates.draft(user=dewi, at=at, order=order))
    proved = Proof(dewi.pk, "password", at)
    watch("annex", lambda: register.send_for_signature(user=dewi, at=at, certificate=made, proof=proved))
    watch("sign", lambda: _sign(made, at))
    made.refresh_from_db()
    assert made.status == "sealed", made.status
    watch("register", lambda: register_rows.refresh_order(order.pk, at=at))
    with watch("dossier", lambda: dossier.write(order, at=at)) as file:
        size = file.seek(0, 2)
    return {"seconds": watch.seconds, "dossier": size, "lines": made.proposed}


def _sign(certificate: Certificate, at: datetime) -> None:
    """Everybody after Dewi; the last signature seals."""
    for user in map(person, SIGNERS):
        register.sign(user=user, at=at, certificates=[certificate], proof=Proof(user.pk, "password", at))


def outcomes(order: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for outcome in DisposalItem.objects.filter(order=order).values_list("outcome", flat=True).iterator():
        found[outcome] = found.get(outcome, 0) + 1
    return found
