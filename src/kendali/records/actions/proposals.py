"""Proposals: preview, compare with the source, freeze the list. Whom it is put to: `disposal.actions.proposals`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_noop as _

from kendali import civil_time
from kendali.accounts import permissions
from kendali.accounts.models import Client, User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM, Actor
from kendali.connectors.base import SourceError
from kendali.disposal import lists
from kendali.disposal.actions import proposals as paper
from kendali.disposal.models import Act, ErasureRequest, Proposal
from kendali.records import proposal_rules as rules
from kendali.records.actions import comparison, policies
from kendali.records.models import Record
from kendali.records.queries import eligible
from kendali.records.queries.eligible import Preview, Scope
from kendali.terms import settings as terms
from kendali.terms.models import Policy
from kendali.verdict import no

DELETED_AT = "deleted_at"  # the clock rule of a backup copy


def latest_cut_off(client: Client, record_class: str, at: datetime) -> date:
    """The last local date of which everything is past its period today. Raises RuleRefused without a policy."""
    policy = _policy(client, record_class)
    return rules.latest_cut_off(civil_time.local_date(at, policy.zone), policy.delete_after_years)


def preview(*, user: User, at: datetime, client: Client, record_class: str, cut_off: date) -> Preview:
    """What `propose` would freeze, from the catalogue as it is; nothing is written. Raises Refused."""
    permissions.acting(user, "proposal.propose", client)
    return eligible.preview(_scope(client, record_class, cut_off, at))


def propose(*, user: User, at: datetime, client: Client, record_class: str, cut_off: date) -> Proposal:
    """A draft with everything up to the cut-off (a local date, included) of all sources of the client and class.

    Small lists are compared with the source at once; larger ones by a job: `frozen_at` is null until it is done,
    `progress` says how far it is. Raises Refused."""
    actor = permissions.acting(user, "proposal.propose", client)
    scope = _scope(client, record_class, cut_off, at)
    _no_other_draft(client, record_class, Act.SOURCE)
    versions = eligible.to_compare(scope)
    if not versions:
        raise RuleRefused(no(_("Nothing up to this date may be proposed: the preview says why.")))
    columns = {"cut_off": cut_off, "cut_instant": scope.cut}
    if len(versions) > terms.number("proposal.compare_at_once"):
        return _later(user, actor, at, client, record_class, columns, len(versions))
    _compare(versions, at)
    with transaction.atomic():
        proposal = _draft(user, at, client, record_class, Act.SOURCE, **columns)
        _freeze(proposal, scope, actor=actor, at=at, since=at)
        if not proposal.list_count:
            raise RuleRefused(no(_("Nothing up to this date may be proposed any more: everything changed meanwhile.")))
        return proposal


def propose_erasure(
    *, user: User, at: datetime, request: ErasureRequest, records: QuerySet[Record] | Iterable[Record]
) -> Proposal:
    """Exactly these records of a customer, due now (decision 8); compared at once. What may not go is left out with its
    reason, also here: held, no verified backup yet, … Raises Refused."""
    client, record_class = request.client, request.record_class
    actor = permissions.acting(user, "proposal.propose", client)
    keys = [record.pk for record in records]
    own = Record.objects.filter(pk__in=keys, source__client=client, source__record_class=record_class)
    if not keys or own.count() != len(set(keys)):
        raise RuleRefused(no(_("Choose records of this client and kind only.")))
    policy = _policy(client, record_class)
    today = civil_time.local_date(at, policy.zone)
    scope = replace(_base(policy, Act.SOURCE, today), records=keys, due_on=today)
    _compare(eligible.to_compare(scope), at)
    with transaction.atomic():
        proposal = _draft(user, at, client, record_class, Act.SOURCE, erasure=request)
        _freeze(proposal, scope, actor=actor, at=at, since=at)
        if not proposal.list_count:
            raise RuleRefused(no(_("None of these records may be proposed: each is held, changed or not backed up.")))
        return proposal


def propose_erasure_of_copies(
    *, user: User, at: datetime, request: ErasureRequest, records: QuerySet[Record]
) -> Proposal:
    """The backup copies of a customer's records that were deleted at the source earlier, due now: the request goes
    before the period that was agreed for copies. What is held is left out with its reason. Raises Refused."""
    client, record_class = request.client, request.record_class
    actor = permissions.acting(user, "proposal.propose", client)
    policy = _policy(client, record_class)
    base = _base(policy, Act.BACKUP, civil_time.local_date(at, policy.zone))
    keys = list(records.filter(deleted_at__isnull=False).values_list("pk", flat=True))
    scope = replace(base, records=keys, months=policy.backup_copy_months, due_on=base.today)
    with transaction.atomic():
        proposal = _draft(user, at, client, record_class, Act.BACKUP, erasure=request)
        _freeze(proposal, scope, actor=actor, at=at)
        if not proposal.list_count:
            raise RuleRefused(no(_("None of these copies may be destroyed now: each is held, or on another list.")))
        return proposal


def propose_backup_destruction(
    *, user: User | Actor, at: datetime, client: Client, record_class: str, records: QuerySet[Record],
    contract_ended: bool = False,
) -> Proposal:  # fmt: skip
    """The backup copies of these deleted records, as far as their period has ended; `user` may be SYSTEM.
    What is held or not due is left out with its reason. `contract_ended`: every copy of them, due now. Raises
    Refused."""
    person = user if isinstance(user, User) else None
    actor = permissions.acting(user, "proposal.propose", client) if isinstance(user, User) else user
    policy = _policy(client, record_class)
    base = _base(policy, Act.BACKUP, civil_time.local_date(at, policy.zone))
    scope = replace(base, records=list(records.values_list("pk", flat=True)), months=policy.backup_copy_months)
    if contract_ended:
        scope = replace(scope, contract_ended=True, due_on=base.today)
    _no_other_draft(client, record_class, Act.BACKUP)
    with transaction.atomic():
        proposal = _draft(person, at, client, record_class, Act.BACKUP)
        _freeze(proposal, scope, actor=actor, at=at)
        if not proposal.list_count:
            raise RuleRefused(no(_("No backup copy may be destroyed yet: none is past its period and free.")))
        return proposal


def _policy(client: Client, record_class: str) -> Policy:
    policy = policies.effective(client, record_class)
    if policy is None:
        raise RuleRefused(no(_("There is no policy for %(client)s yet: write one first."), client=client.name))
    return policy


def _base(policy: Policy, act: str, today: date) -> Scope:
    return Scope(
        act=act,
        client=policy.client_id,
        record_class=policy.record_class,
        zone=policy.zone,
        months=12 * policy.delete_after_years,
        today=today,
        deletion_clock=policy.deletion_clock,
        open_eligible=bool(terms.get("proposal.open_eligible", policy.client_id, policy.record_class)),
    )


def _scope(client: Client, record_class: str, cut_off: date, at: datetime) -> Scope:
    policy = _policy(client, record_class)
    today = civil_time.local_date(at, policy.zone)
    allowed = rules.may_cut_off(cut_off, today=today, years=policy.delete_after_years)
    if not allowed:
        raise RuleRefused(allowed)
    cut = civil_time.start_of_day(cut_off + timedelta(days=1), policy.zone)
    return replace(_base(policy, Act.SOURCE, today), cut=cut)


def _no_other_draft(client: Client, record_class: str, act: str) -> None:
    if Proposal.objects.filter(
        client=client, record_class=record_class, act=act, status="draft", erasure=None
    ).exists():
        raise RuleRefused(no(ONE_DRAFT))


ONE_DRAFT = _("There is a draft for this client and kind already: send it or cancel it first.")


def _draft(user: User | None, at: datetime, client: Client, record_class: str, act: str, **columns: object) -> Proposal:
    """One at a time for a client: lists, and the policy they hang on, do not change under each other."""
    Client.objects.select_for_update(no_key=True).get(pk=client.pk)
    try:
        with transaction.atomic():
            return Proposal.objects.create(
                act=act,
                client=client,
                record_class=record_class,
                policy=_policy(client, record_class),
                proposed_by=user,
                approvals_needed=terms.number("approval.approvers", client.pk, record_class),
                created_at=at,
                **columns,
            )
    except IntegrityError as error:
        raise RuleRefused(no(ONE_DRAFT)) from error


def _freeze(proposal: Proposal, scope: Scope, *, actor: Actor, at: datetime, since: datetime | None = None) -> None:
    """The lines, what is left out, and the digest that the client will sign. Once."""
    rule = DELETED_AT if proposal.act == Act.BACKUP else scope.deletion_clock
    asked = replace(scope, proposal=proposal.pk, since=since)
    _kept, apart = eligible.freeze(asked, clock_rule=rule)
    found = lists.digest(proposal, final=False)
    changes = {
        "list_digest": found.sha256, "list_count": found.count, "list_bytes": found.size, "left_out_count": apart,
        "final_digest": found.sha256, "final_count": found.count, "frozen_at": at, "progress": {},
    }  # fmt: skip
    Proposal.objects.filter(pk=proposal.pk).update(**changes)
    for name, value in changes.items():
        setattr(proposal, name, value)
    facts = {"count": found.count, "left_out": apart, "cut_off": proposal.cut_off, "digest": found.sha256}
    audit.record("proposal.drafted", actor=actor, at=at, obj=proposal, facts=facts)


def _compare(versions: list[tuple[int, int]], at: datetime) -> None:
    try:
        comparison.compare(versions, at=at)
    except SourceError as error:
        raise RuleRefused(
            no(
                _("The source did not answer (%(problem)s): no list without comparing the records. Try again later."),
                problem=error.code,
            )
        ) from error


# Lists that take longer: a job compares and freezes.


def _later(
    user: User, actor: Actor, at: datetime, client: Client, record_class: str, columns: Mapping[str, object], total: int
) -> Proposal:
    from kendali.records import tasks  # tasks call actions; here an action defers a task

    with transaction.atomic():
        progress = {"done": 0, "total": total, "since": at.isoformat()}
        proposal = _draft(user, at, client, record_class, Act.SOURCE, progress=progress, **columns)
        tasks.freeze_proposal.defer(proposal_id=proposal.pk)
        facts = {"cut_off": proposal.cut_off, "count": total}
        audit.record("proposal.comparing", actor=actor, at=at, obj=proposal, facts=facts)
        return proposal


def compare_again(*, user: User, at: datetime, proposal: Proposal) -> None:
    """After a source did not answer: the job once more."""
    from kendali.records import tasks  # tasks call actions; here an action defers a task

    permissions.acting(user, "proposal.propose", proposal.client)
    with transaction.atomic():
        waiting = Proposal.objects.filter(pk=proposal.pk, status=Proposal.Status.DRAFT, frozen_at=None)
        if not waiting.update(progress={"done": 0, "total": 0, "since": at.isoformat()}):
            raise RuleRefused(no(_("This list is ready already.")))
        tasks.freeze_proposal.defer(proposal_id=proposal.pk)


def finish(proposal_id: int, *, at: datetime) -> None:
    """The job's part: compare, then freeze. May run twice; a draft that was cancelled meanwhile stays as it is."""
    proposal = Proposal.objects.select_related("client", "policy", "proposed_by").get(pk=proposal_id)
    if proposal.status != Proposal.Status.DRAFT or proposal.frozen_at is not None or proposal.cut_off is None:
        return
    scope = _scope(proposal.client, proposal.record_class, proposal.cut_off, at)
    versions = eligible.to_compare(replace(scope, proposal=proposal.pk))
    row = Proposal.objects.filter(pk=proposal.pk, status=Proposal.Status.DRAFT, frozen_at=None)
    start = {"total": len(versions), "since": at.isoformat()}

    def seen(done: int) -> None:
        row.update(progress=start | {"done": done})

    try:
        comparison.compare(versions, at=at, progress=seen)
    except SourceError as error:
        row.update(progress=start | {"problem": {"code": error.code, "facts": audit.plain(error.facts)}})
        return
    with transaction.atomic():
        Client.objects.select_for_update(no_key=True).get(pk=proposal.client_id)
        proposal = paper.locked(proposal)
        if proposal.status != Proposal.Status.DRAFT or proposal.frozen_at is not None:
            return
        proposal.policy = _policy(proposal.client, proposal.record_class)
        proposal.save(update_fields=["policy"])
        _freeze(proposal, scope, actor=SYSTEM, at=at, since=at)
        paper.tell(proposal, "proposal.ready", "proposal.ask", at=at)


def void_changed(*, at: datetime) -> list[Proposal]:
    """Records of an approved list that are seen to have changed before anything was deleted: the approval is void
    (decision 5; setting approval.changed_voids). Daily; for one list, whenever its order moves on, see `void_now`."""
    open_now = Proposal.objects.filter(
        act=Act.SOURCE, status__in=(Proposal.Status.ASKED, Proposal.Status.APPROVED), begun_at=None
    )
    return [
        row
        for row in open_now.select_related("client", "policy")
        if paper.void_if_needed(proposal=row, at=at, changed=changed_of(row))
    ]


def void_now(proposal: Proposal, *, at: datetime) -> str:
    """Void it where a line, a record or the policy is no longer what the client signed; the code of why or "".

    Once a deletion of it began, every record is asked for itself."""
    if proposal.begun_at is not None:
        return ""
    changed = changed_of(proposal) if proposal.act == Act.SOURCE else 0
    return paper.void_if_needed(proposal=proposal, at=at, changed=changed, look=True)


def changed_of(proposal: Proposal) -> int:
    """How many records of the final list are no longer what was proposed, as the catalogue knows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM disposal_proposalitem i JOIN records_record r ON r.id = i.subject"
            " WHERE i.proposal_id = %s AND NOT i.taken_out"
            " AND (r.changed_at IS NOT NULL OR r.version_id IS DISTINCT FROM i.version)",
            [proposal.pk],
        )
        return int(cursor.fetchone()[0])
