"""Proposals over the API: preview, the frozen list, asking, what was left out and why."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Status

from kendali.accounts import access, permissions
from kendali.accounts.access import signed_in
from kendali.accounts.models import Client
from kendali.disposal.actions import proposals as paper
from kendali.disposal.models import LeftOut, Proposal
from kendali.records.actions import proposals as action
from kendali.records.api.disposal_schemas import (
    BIGGEST,
    LeftOutPage,
    LinePage,
    PastList,
    PreviewOut,
    ProposalOut,
    ProposalPage,
    ProposeIn,
)
from kendali.records.api.schemas import Reason
from kendali.records.queries.past import past

router = Router(tags=["proposals"])
PAGE = 100


def _load(request: HttpRequest, right: str, proposal_id: int) -> Proposal:
    rows = Proposal.objects.select_related("client", "policy", "erasure")
    user = signed_in(request)
    if not permissions.can(user, "radar.view"):  # a client knows nothing of a list that it was not asked about yet
        rows = rows.exclude(status=Proposal.Status.DRAFT)
    return access.load(rows, user, right, pk=proposal_id)


@router.get("", response=ProposalPage)
def list_proposals(
    request: HttpRequest, status: str = "", before: int = Query(BIGGEST, ge=0, le=BIGGEST)
) -> dict[str, object]:
    """Newest first; pass `next` as `before`. A client sees what it was asked."""
    user = signed_in(request)
    access.require(user, "proposal.view")
    rows = Proposal.objects.filter(client__in=access.visible_clients(user, "proposal.view"), pk__lt=before)
    rows = rows.filter(status=status) if status else rows
    if not access.visible_clients(user, "radar.view").exists():
        rows = rows.exclude(status=Proposal.Status.DRAFT)
    page = list(rows.select_related("client").order_by("-pk")[: PAGE + 1])
    return {"proposals": page[:PAGE], "next": page[PAGE - 1].pk if len(page) > PAGE else None}


@router.get("/past", response=PastList)
def show_past(request: HttpRequest) -> dict[str, object]:
    """Line (b) of KPI 7.1 and 7.2: past the period of deletion, by what the client was asked and said."""
    user = signed_in(request)
    access.require(user, "radar.view")
    found = past(access.visible_clients(user, "radar.view"))
    rows = [
        {
            "source": one.source.pk,
            "client": one.source.client.code,
            "record_class": one.source.record_class,
            "counts": dict(one.counts),
            "counted_at": one.source.past_counted_at,
        }
        for one in found.sources
    ]
    return {"sources": rows}


@router.post("/preview", response=PreviewOut)
def preview_proposal(request: HttpRequest, data: ProposeIn) -> dict[str, object]:
    """What a proposal would hold today; nothing is written."""
    user, now = signed_in(request), timezone.now()
    client = access.load(Client, user, "proposal.propose", code=data.client)
    cut_off = data.cut_off or action.latest_cut_off(client, data.record_class, now)
    found = action.preview(user=user, at=now, client=client, record_class=data.record_class, cut_off=cut_off)
    return {
        "cut_off": cut_off,
        "count": found.count,
        "size": found.size,
        "left_out": dict(found.left_out),
        "months": [
            {"month": one.month, "channel": one.channel or "", "count": one.count, "size": one.size}
            for one in found.months
        ],
        "oldest": found.oldest,
        "newest": found.newest,
    }


@router.post("", response={201: ProposalOut})
def propose(request: HttpRequest, data: ProposeIn) -> Status[Proposal]:
    """Freezes the list; a large one is compared with the source first: `frozen_at` is null until then."""
    user, now = signed_in(request), timezone.now()
    client = access.load(Client, user, "proposal.propose", code=data.client)
    cut_off = data.cut_off or action.latest_cut_off(client, data.record_class, now)
    return Status(
        201, action.propose(user=user, at=now, client=client, record_class=data.record_class, cut_off=cut_off)
    )


@router.get("/{int:proposal_id}", response=ProposalOut)
def show_proposal(request: HttpRequest, proposal_id: int) -> Proposal:
    return _load(request, "proposal.view", proposal_id)


@router.get("/{int:proposal_id}/lines", response=LinePage)
def list_lines(request: HttpRequest, proposal_id: int, after: int = Query(0, ge=0, le=BIGGEST)) -> dict[str, object]:
    """The list line by line, what was taken out marked."""
    row = _load(request, "proposal.view", proposal_id)
    page = list(row.items.filter(pk__gt=after).order_by("pk")[: PAGE + 1])
    return {"lines": page[:PAGE], "next": page[PAGE - 1].pk if len(page) > PAGE else None}


@router.get("/{int:proposal_id}/left-out", response=LeftOutPage)
def list_left_out(
    request: HttpRequest, proposal_id: int, reason: str = "", after: int = Query(0, ge=0, le=BIGGEST)
) -> dict[str, object]:
    row = _load(request, "proposal.view", proposal_id)
    rows = LeftOut.objects.filter(proposal=row, pk__gt=after)
    rows = rows.filter(reason=reason) if reason else rows
    page = list(rows.order_by("pk")[: PAGE + 1])
    return {"left_out": page[:PAGE], "next": page[PAGE - 1].pk if len(page) > PAGE else None}


@router.post("/{int:proposal_id}/ask", response=ProposalOut)
def ask_client(request: HttpRequest, proposal_id: int) -> Proposal:
    row = _load(request, "proposal.ask", proposal_id)
    paper.ask(user=signed_in(request), at=timezone.now(), proposal=row)
    return row


@router.post("/{int:proposal_id}/cancel", response=ProposalOut)
def cancel_proposal(request: HttpRequest, proposal_id: int, data: Reason) -> Proposal:
    """By the Team Leader or the client; after a Yes too, as long as nothing of the list was deleted."""
    row = _load(request, "proposal.cancel", proposal_id)
    paper.cancel(user=signed_in(request), at=timezone.now(), proposal=row, reason=data.reason)
    return row
