"""Holds, proposals to the client, the client's decisions, erasure requests: the paper side of a disposal.

A *subject* is what would be disposed of: the primary key of a record (later: of a controlled document) in the app
above, with its reference as text. Nothing here knows more of it than that.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kendali.terms.models import RecordClass


class Act(models.TextChoices):
    """The two acts that are told apart everywhere (records-control, decision 6)."""

    SOURCE = "source", _("deletion in the source application")
    BACKUP = "backup", _("destruction of the backup copy")


class Hold(models.Model):
    """Penangguhan penghapusan (legal hold): while it is active nothing it covers is deleted or destroyed (I3)."""

    class Scope(models.TextChoices):
        RECORD = "record", _("single records")
        CUSTOMER = "customer", _("everything of one customer")
        RANGE = "range", _("a range of dates")
        CLIENT = "client", _("everything of the client")

    class Cause(models.TextChoices):
        COMPLAINT = "complaint", _("complaint")
        DISPUTE = "dispute", _("dispute")
        CASE = "case", _("legal case")
        POLICE = "police", _("request of the police")
        FINDING = "finding", _("open finding")
        OTHER = "other", _("other")

    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        RELEASED = "released", _("lifted")

    number = models.CharField(max_length=24, unique=True)  # TGH-YYYY-nnnn
    client = models.ForeignKey("accounts.Client", models.PROTECT, related_name="holds")
    scope = models.CharField(max_length=16, choices=Scope)
    # "" = both classes.
    record_class = models.CharField(max_length=16, choices=RecordClass, blank=True, default="")
    customer_name_hmac = models.BinaryField(null=True)  # customer: as in the catalogue, keyed
    customer_phone_hmac = models.BinaryField(null=True)
    starts_at = models.DateTimeField(null=True)  # range: activity that touches [starts_at, ends_at) is covered
    ends_at = models.DateTimeField(null=True)
    cause = models.CharField(max_length=16, choices=Cause)
    reason = models.TextField()
    legal_basis = models.TextField(blank=True, default="")
    reference = models.CharField(max_length=120, blank=True, default="")  # the number of the letter or the case
    review_on = models.DateField()
    status = models.CharField(max_length=16, choices=Status, default=Status.ACTIVE)
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    placed_by_name = models.CharField(max_length=200)  # copied: accounts come and go
    placed_role = models.CharField(max_length=40, blank=True, default="")  # what the client placed the client lifts
    placed_at = models.DateTimeField()
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True)
    release_reason = models.TextField(blank=True, default="")
    review_reminded_on = models.DateField(null=True)  # the day of review that people were reminded of

    class Meta:
        indexes = [
            models.Index(fields=["client", "scope"], name="hold_active", condition=models.Q(status="active")),
            models.Index(fields=["-placed_at", "-id"], name="hold_newest"),
        ]

    def __str__(self) -> str:
        return self.number


class HeldSubject(models.Model):
    """One subject of a hold on single records."""

    hold = models.ForeignKey(Hold, models.CASCADE, related_name="subjects")
    subject = models.BigIntegerField(db_index=True)
    ref = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hold", "subject"], name="hold_subject")]

    def __str__(self) -> str:
        return f"{self.hold} · {self.ref}"


class Proposal(models.Model):
    """Usulan Penghapusan (UP) or Usulan Pemusnahan Salinan Backup (UPS): one exact list, put to the client."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        ASKED = "asked", _("waiting for the client")
        APPROVED = "approved", _("approved")
        REFUSED = "refused", _("refused")
        VOIDED = "voided", _("approval void")
        EXPIRED = "expired", _("approval expired")
        CANCELLED = "cancelled", _("cancelled")
        CLOSED = "closed", _("closed")  # carried out

    OPEN = (Status.DRAFT, Status.ASKED, Status.APPROVED)

    number = models.CharField(max_length=24, unique=True, null=True)  # noqa: DJ001 - null until it is sent
    act = models.CharField(max_length=16, choices=Act)
    client = models.ForeignKey("accounts.Client", models.PROTECT, related_name="proposals")
    record_class = models.CharField(max_length=16, choices=RecordClass)
    policy = models.ForeignKey("terms.Policy", models.PROTECT, related_name="+")
    erasure = models.ForeignKey("disposal.ErasureRequest", models.PROTECT, null=True, related_name="proposals")
    cut_off = models.DateField(null=True)  # the last local date that is included; null for an erasure request
    cut_instant = models.DateTimeField(null=True)
    status = models.CharField(max_length=16, choices=Status, default=Status.DRAFT)
    list_digest = models.CharField(max_length=64, blank=True, default="")  # of everything proposed
    list_count = models.PositiveIntegerField(default=0)
    list_bytes = models.BigIntegerField(default=0)
    left_out_count = models.PositiveIntegerField(default=0)
    # What remains after the client took single records out; Ya signs this digest.
    final_digest = models.CharField(max_length=64, blank=True, default="")
    final_count = models.PositiveIntegerField(default=0)
    approvals_needed = models.PositiveSmallIntegerField(default=1)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    # Null while the records are compared with the source; then the list is there and no longer changes.
    frozen_at = models.DateTimeField(null=True)
    progress = models.JSONField(default=dict)  # of that comparison: done, total, problem
    asked_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)  # the client's answer; silence is no
    reminded_at = models.DateTimeField(null=True)
    reminders = models.PositiveSmallIntegerField(default=0)
    decided_at = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)  # of the approval
    begun_at = models.DateTimeField(null=True)  # the first deletion of its order
    ask_again_on = models.DateField(null=True)
    void_reason = models.JSONField(default=dict)  # {"code", "facts"}: what voided the approval
    reason = models.TextField(blank=True, default="")  # of a cancellation or refusal
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["-created_at", "-id"], name="proposal_newest")]
        constraints = [
            models.UniqueConstraint(
                fields=["client", "record_class", "act"],
                condition=models.Q(status="draft", erasure=None),
                name="one_draft_proposal",
            ),
            # One that was cancelled, void or not answered may be followed by another.
            models.UniqueConstraint(
                fields=["erasure", "act"],
                condition=models.Q(status__in=["draft", "asked", "approved", "closed"]),
                name="one_living_proposal_of_an_erasure",
            ),
        ]

    def __str__(self) -> str:
        return self.number or str(_("draft"))


class ProposalItem(models.Model):
    """One line of the list. Written in bulk by the app that knows the subjects; the client may take it out."""

    proposal = models.ForeignKey(Proposal, models.CASCADE, related_name="items", db_index=False)
    subject = models.BigIntegerField()
    source = models.BigIntegerField()
    ref = models.TextField()
    display = models.TextField(default="")
    channel = models.TextField(default="")
    month = models.DateField()
    clock = models.DateTimeField()  # the instant the period runs from, by `clock_rule` of the policy
    clock_rule = models.CharField(max_length=32)
    due_on = models.DateField()  # the first local day on which it may go (I4)
    size = models.BigIntegerField(default=0)
    parts = models.IntegerField(default=0)
    version = models.BigIntegerField()  # the current version, whose package was read back
    keyed_digest = models.BinaryField()  # of that version: what the source must still have
    taken_out = models.BooleanField(default=False)
    taken_reason = models.TextField(blank=True, default="")
    # Taken out as a refusal: on no new list before this local day, on which the Team Leader is told, once.
    ask_again_on = models.DateField(null=True)
    asked_again_at = models.DateTimeField(null=True)
    hold = models.ForeignKey(Hold, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["proposal", "subject"], name="proposal_subject")]
        indexes = [
            models.Index(fields=["proposal", "month", "id"], name="proposal_by_month"),
            models.Index(fields=["subject"], name="proposal_of_subject"),
            models.Index(fields=["proposal", "id"], name="proposal_taken_out", condition=models.Q(taken_out=True)),
            models.Index(
                fields=["ask_again_on"],
                name="refused_lines",
                condition=models.Q(ask_again_on__isnull=False, asked_again_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.proposal} · {self.display or self.ref}"


class LeftOut(models.Model):
    """Past its period and not proposed: listed apart, with the reason."""

    class Reason(models.TextChoices):
        HELD = "held", _("held")
        NOT_VERIFIED = "not_verified", _("no verified backup")
        CHANGED = "changed", _("changed since its backup")
        NO_DATE = "no_date", _("no date")
        STILL_OPEN = "open", _("still open at the source")
        NOT_DUE = "not_due", _("not due yet")
        IN_PROPOSAL = "in_proposal", _("already in another proposal")
        REFUSED = "refused", _("taken out by the client, asked again later")
        VANISHED = "vanished", _("no longer at the source")
        UNBACKUPABLE = "unbackupable", _("cannot be backed up")
        FORMAT = "damaged", _("its package is damaged")

    proposal = models.ForeignKey(Proposal, models.CASCADE, related_name="left_out", db_index=False)
    subject = models.BigIntegerField()
    source = models.BigIntegerField()
    ref = models.TextField()
    display = models.TextField(default="")
    clock = models.DateTimeField(null=True)
    reason = models.CharField(max_length=16, choices=Reason)
    facts = models.JSONField(default=dict)  # e.g. the numbers of the holds

    class Meta:
        constraints = [models.UniqueConstraint(fields=["proposal", "subject"], name="left_out_subject")]
        indexes = [models.Index(fields=["proposal", "reason", "id"], name="left_out_by_reason")]

    def __str__(self) -> str:
        return f"{self.proposal} · {self.display or self.ref}: {self.reason}"


class Approver(models.Model):
    """Somebody of the client who may say Ya without a login: invited by e-mail, list by list.

    Making or changing one needs a second person and 24 hours (accounts.SensitiveChange); `usable_from` says since when.
    """

    client = models.ForeignKey("accounts.Client", models.PROTECT, related_name="approvers")
    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=200)
    position = models.CharField(max_length=120)
    order = models.PositiveSmallIntegerField(default=1)
    usable_from = models.DateTimeField(null=True)  # null: not confirmed by a second person yet
    ended_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "email"], condition=models.Q(ended_at=None), name="approver_once")
        ]

    def __str__(self) -> str:
        return self.name


class Invitation(models.Model):
    """A link that works once, for one approver and exactly one list. Only hashes of link and code are kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="invitations")
    approver = models.ForeignKey(Approver, models.PROTECT, related_name="invitations")
    list_digest = models.CharField(max_length=64)
    token_hash = models.BinaryField(max_length=32, unique=True)
    code_hash = models.BinaryField(null=True)
    code_sent_at = models.DateTimeField(null=True)
    codes = models.PositiveSmallIntegerField(default=0)  # sent so far
    tries = models.PositiveSmallIntegerField(default=0)  # wrong ones since the last code was sent
    locked_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.proposal} → {self.approver}"


class Letter(models.Model):
    """A signed letter of the client, scanned: evidence uploaded by the Team Leader, marked as such."""

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="letters")
    path = models.TextField()  # in the store, sealed
    name = models.CharField(max_length=200)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    list_digest = models.CharField(max_length=64)
    signed_by_name = models.CharField(max_length=200)
    signed_by_position = models.CharField(max_length=120)
    signed_on = models.DateField()
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Decision(models.Model):
    """One answer of one person of the client to one exact list; append-only. Name and position are copied."""

    class Answer(models.TextChoices):
        YES = "yes", _("Yes")
        NO = "no", _("No")

    class Way(models.TextChoices):
        LOGIN = "login", _("logged in")
        LINK = "link", _("link and code by e-mail")
        LETTER = "letter", _("signed letter")

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="decisions")
    step = models.PositiveSmallIntegerField(default=1)
    answer = models.CharField(max_length=3, choices=Answer)
    list_digest = models.CharField(max_length=64)  # of the final list
    list_count = models.PositiveIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    approver = models.ForeignKey(Approver, models.PROTECT, null=True, related_name="+")
    letter = models.ForeignKey(Letter, models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=200)
    position = models.CharField(max_length=120)
    on_behalf_of = models.CharField(max_length=200, blank=True, default="")
    way = models.CharField(max_length=8, choices=Way)
    factor = models.CharField(max_length=16, blank=True, default="")
    reason = models.TextField(blank=True, default="")
    ask_again_on = models.DateField(null=True)
    at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["proposal", "step", "list_digest"], name="one_decision_a_step")]

    def __str__(self) -> str:
        return f"{self.proposal} {self.answer} {self.name}"


class ErasureRequest(models.Model):
    """A customer asks for erasure (UU 27/2022) before the period ends: 3 x 24 hours for the decision."""

    class Status(models.TextChoices):
        RECEIVED = "received", pgettext_lazy("an erasure request", "received")
        # By the client, for exactly these records.
        ACCEPTED = "accepted", pgettext_lazy("an erasure request", "accepted")
        REFUSED = "refused", _("refused")
        DONE = "done", _("carried out")

    number = models.CharField(max_length=24, unique=True)  # PPD-YYYY-nnnn
    client = models.ForeignKey("accounts.Client", models.PROTECT, related_name="erasure_requests")
    record_class = models.CharField(max_length=16, choices=RecordClass)
    status = models.CharField(max_length=16, choices=Status, default=Status.RECEIVED)
    customer_name_hmac = models.BinaryField(null=True)
    customer_phone_hmac = models.BinaryField(null=True)
    channel = models.CharField(max_length=80, blank=True, default="")  # how it reached us
    note = models.TextField(blank=True, default="")
    received_at = models.DateTimeField()
    due_at = models.DateTimeField()
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    decided_by_name = models.CharField(max_length=200, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(blank=True, default="")
    done_at = models.DateTimeField(null=True)
    reminders = models.PositiveSmallIntegerField(default=0)  # 1: a day before, 2: overdue

    class Meta:
        indexes = [models.Index(fields=["-received_at", "-id"], name="erasure_newest")]

    def __str__(self) -> str:
        return self.number
