"""The client's answers over the API, and what is gone."""

from __future__ import annotations

from django.http import HttpRequest, QueryDict
from django.utils import timezone
from ninja import Query, Router, Status

from kendali.accounts import access
from kendali.accounts.access import signed_in
from kendali.accounts.models import Client
from kendali.disposal.actions import decisions as action
from kendali.disposal.models import Decision, Proposal
from kendali.records.api.disposal_schemas import AnswerIn, AnswerOut, GonePage
from kendali.records.queries.deleted import gone

router = Router(tags=["decisions"])


def _load(request: HttpRequest, right: str, proposal_id: int) -> Proposal:
    rows = Proposal.objects.exclude(status=Proposal.Status.DRAFT).select_related("client", "policy")
    return access.load(rows, signed_in(request), right, pk=proposal_id)


@router.get("/gone", response=GonePage)
def list_gone(
    request: HttpRequest, client: str = Query(max_length=40), after: str = Query("", max_length=100)
) -> dict[str, object]:
    """What was deleted and destroyed for one client, order by order; pass `next` as `after`."""
    user = signed_in(request)
    row = access.load(Client, user, "client_page.view", code=client)
    args = QueryDict(mutable=True)
    if after:
        args["after"] = after
    found = gone(row, args)
    older = QueryDict(found["page"].older.lstrip("?")).get("after")  # type: ignore[attr-defined]
    lines = [
        {
            "order": one.order.pk,
            "number": one.order.number,
            "act": one.order.act,
            "proposal": one.order.proposal_id,
            "finished_at": one.order.finished_at,
            "deleted": one.deleted,
            "already_absent": one.absent,
            "kept": one.kept,
            "certificate": str(one.certificate or ""),
        }
        for one in found["lines"]  # type: ignore[attr-defined]
    ]
    return {"orders": lines, "next": older}


@router.get("/{int:proposal_id}", response=list[AnswerOut])
def list_decisions(request: HttpRequest, proposal_id: int) -> list[Decision]:
    return list(_load(request, "proposal.view", proposal_id).decisions.all())


@router.post("/{int:proposal_id}", response={201: AnswerOut})
def decide(request: HttpRequest, proposal_id: int, data: AnswerIn) -> Status[Decision]:
    """Yes or No of the client to exactly the list with this digest; single records may be taken out with a Yes."""
    row = _load(request, "proposal.decide", proposal_id)
    person = action.Person(way=Decision.Way.LOGIN, user=signed_in(request), factor="api_token")
    taken = {one.line: action.TakeOut(one.reason, one.as_hold, one.cause, one.ask_again_on) for one in data.take_out}
    return Status(
        201,
        action.decide(
            at=timezone.now(),
            proposal=row,
            answer=data.answer,
            list_digest=data.list_digest,
            person=person,
            take_out=taken if Decision.Answer(data.answer) is Decision.Answer.YES else None,
            reason=data.reason,
            ask_again_on=data.ask_again_on,
            as_hold=data.as_hold,
            cause=data.cause,
        ),
    )
