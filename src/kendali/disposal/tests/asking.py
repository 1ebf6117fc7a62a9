"""A list that waits for the client's answer, and approvers who may give it by link; rows, without a source."""

from __future__ import annotations

from datetime import date, timedelta

from kendali.accounts.models import Client
from kendali.disposal import lists
from kendali.disposal.actions import proposals
from kendali.disposal.models import Act, Approver, Proposal, ProposalItem
from kendali.terms.models import Policy, Setting
from tests.cast import Cast


def policy(cast: Cast, client: Client, record_class: str = "recording") -> Policy:
    found = Policy.objects.filter(client=client, record_class=record_class, status="effective").first()
    return found or Policy.objects.create(
        client=client, record_class=record_class, version=1, status="effective", zone="Asia/Jakarta",
        backup_after_years=1, lead_days=30, delete_after_years=2, backup_copy_months=24, created_at=cast.now,
    )  # fmt: skip


def draft(cast: Cast, *, client: Client | None = None, count: int = 5) -> Proposal:
    """A frozen list of `count` recordings."""
    client = client or cast.nusantara
    row = Proposal.objects.create(
        act=Act.SOURCE, client=client, record_class="recording", policy=policy(cast, client), cut_off=date(2024, 3, 31),
        frozen_at=cast.now, created_at=cast.now, proposed_by=cast.tari,
    )  # fmt: skip
    clock = cast.now - timedelta(days=900)
    ProposalItem.objects.bulk_create(
        ProposalItem(
            proposal=row, subject=1000 + n, source=1, ref=f"1717000000.{n}", display=f"R-{n:04}", channel="telepon",
            month=date(2024, 3, 1), clock=clock, clock_rule="end", due_on=date(2026, 4, 1), size=480_000,
            version=n, keyed_digest=bytes([n % 256]) * 32,
        )
        for n in range(1, count + 1)
    )  # fmt: skip
    found = lists.digest(row, final=True)
    row.list_digest = row.final_digest = found.sha256
    row.list_count = row.final_count = found.count
    row.list_bytes = found.size
    row.save()
    return row


def asked(cast: Cast, *, client: Client | None = None, count: int = 5) -> Proposal:
    row = draft(cast, client=client, count=count)
    proposals.ask(user=cast.tari, at=cast.now, proposal=row)
    return row


def approver(cast: Cast, email: str = "dian@bank.test", *, order: int = 1, client: Client | None = None) -> Approver:
    """Confirmed long ago."""
    return Approver.objects.create(
        client=client or cast.nusantara, email=email, name=email.partition("@")[0].title() + " Permata",
        position="Kepala Layanan", order=order, created_at=cast.now, usable_from=cast.now - timedelta(days=30),
    )  # fmt: skip


def setting(cast: Cast, key: str, value: int | bool, client: Client | None = None) -> None:
    last = Setting.objects.filter(key=key, client=client).count()
    Setting.objects.create(
        key=key, client=client, value=value, version=last + 1, reason="Uji", created_at=cast.now - timedelta(days=365)
    )
