"""Activities 4 to 6: findings, their lines, the three clocks, follow-ups, coaching, disputes."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kendali.mystery.models.codes import among, column
from kendali.mystery.rules.clock_rules import Step
from kendali.mystery.rules.finding_rules import Dispute as DisputeState
from kendali.mystery.rules.finding_rules import FindingState, LateReason, Owner
from kendali.mystery.rules.working_time import Week

USER = settings.AUTH_USER_MODEL


class Finding(models.Model):
    """One ketidaksesuaian of one cause owner (TM-YYYY-MM-nnnn). Of a sample, or (Access) of an area and a day."""

    number = models.CharField(max_length=24, unique=True)
    cycle = models.ForeignKey("mystery.Cycle", models.PROTECT, related_name="findings")
    sample = models.ForeignKey("mystery.Sample", models.PROTECT, null=True, related_name="findings")
    evaluation = models.ForeignKey("mystery.Evaluation", models.PROTECT, null=True, related_name="findings")
    key = models.CharField(max_length=80, blank=True, default="")  # rules.answers.FindingDraft.key, within a sample
    area = models.CharField(max_length=40, blank=True, default="")
    access_day = models.DateField(null=True)
    state = column(FindingState, FindingState.FOUND)
    owner_kind = column(Owner, Owner.SUPERVISOR)
    owner = models.ForeignKey(USER, models.PROTECT, null=True, related_name="findings")
    executor = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")  # who called
    agent = models.ForeignKey("mystery.Agent", models.PROTECT, null=True, related_name="findings")
    team = models.CharField(max_length=40, blank=True, default="")
    verifier = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")  # who forwarded it
    critical_compliance = models.BooleanField(default=False)
    description = models.TextField(blank=True, default="")
    recommendation = models.TextField(blank=True, default="")
    found_at = models.DateTimeField()
    feedback_at = models.DateTimeField(null=True)
    forwarded_at = models.DateTimeField(null=True)
    reported_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    dispute = column(DisputeState, DisputeState.NONE)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged")
    # Raised again in place of one that had gone into a finding that is not valid (actions.raising_again).
    continues = models.OneToOneField("self", models.PROTECT, null=True, related_name="continued")
    recurs = models.JSONField(default=list)  # numbers of earlier findings, oldest first
    late_reason = column(LateReason)
    end_reason = models.TextField(blank=True, default="")
    escalated_at = models.DateTimeField(null=True)  # a clock was one working day late: the Kordinator may decide
    coaching_due_at = models.DateTimeField(null=True)
    # Until when it waits for who must act (actions.clocks.settle); null: ended.
    due_at = models.DateTimeField(null=True)
    hold = models.ForeignKey("disposal.Hold", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-found_at", "-id"]
        constraints = [
            among("state", FindingState, "finding_state"),
            among("owner_kind", Owner, "finding_owner_kind"),
            among("dispute", DisputeState, "finding_dispute"),
            among("late_reason", LateReason, "finding_late_reason", empty=True),
            models.UniqueConstraint(
                fields=["sample", "key"],
                condition=~Q(state__in=["invalid", "merged"]) & Q(sample__isnull=False),
                name="finding_once_per_owner",
            ),
            models.UniqueConstraint(
                fields=["area", "access_day"],
                condition=Q(access_day__isnull=False, continues__isnull=True)
                & ~Q(state__in=["closed", "invalid", "merged"]),
                name="finding_access_once",
            ),
            models.CheckConstraint(
                condition=Q(sample__isnull=False) | Q(access_day__isnull=False), name="finding_of_something"
            ),
            models.CheckConstraint(
                condition=~Q(state="merged") | Q(merged_into__isnull=False), name="finding_merged_where"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["closed", "invalid", "merged"], ended_at__isnull=False)
                | ~Q(state__in=["closed", "invalid", "merged"]),
                name="finding_ended_when",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "found_at"], name="finding_by_state"),
            models.Index(fields=["cycle", "state"], name="finding_of_cycle"),
            models.Index(fields=["owner", "state"], name="finding_of_owner"),
            models.Index(fields=["agent", "-found_at"], name="finding_of_agent"),
            models.Index(fields=["due_at", "id"], name="finding_waits", condition=Q(due_at__isnull=False)),
            models.Index(fields=["-found_at", "-id"], name="finding_newest"),
        ]

    def __str__(self) -> str:
        return self.number


class FindingLine(models.Model):
    """One failed item. `article`: code and version of the knowledge that the expected answer rests on, if any."""

    finding = models.ForeignKey(Finding, models.CASCADE, related_name="lines")
    item = models.CharField(max_length=40)  # stable id in the form
    section = models.CharField(max_length=40, blank=True, default="")
    cause = models.CharField(max_length=24)
    error_class = models.CharField(max_length=16, blank=True, default="")
    answer = models.JSONField(default=dict)  # rules.plain of rules.filled.Answer
    article = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["finding", "item"], name="finding_line_once")]
        indexes = [models.Index(fields=["item", "finding"], name="finding_line_item")]

    def __str__(self) -> str:
        return f"{self.finding} {self.item}"


class Clock(models.Model):
    """K1, K2 or K3 of a finding (rules.clock_rules.Clock). Once it ended it never changes again: a trigger sees to it.
    `told`: the thresholds that were told already."""

    finding = models.ForeignKey(Finding, models.CASCADE, related_name="clocks")
    step = column(Step)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    budget_at = models.DateTimeField()
    warn_at = models.DateTimeField()
    calendar_version = models.PositiveIntegerField()
    zone = models.CharField(max_length=40)  # of the desk of who must act
    site = models.CharField(max_length=40, blank=True, default="")  # whose calendar and hours
    # Week and office hours of that site as they were when it was counted; empty: of before they were kept.
    week = column(Week)
    opens = models.TimeField(null=True)
    closes = models.TimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(null=True)
    told = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["finding", "step"], name="clock_once"),
            among("step", Step, "clock_step"),
            among("week", Week, "clock_week", empty=True),
            models.CheckConstraint(
                condition=Q(stopped_at=None) | Q(stopped_at__gte=F("started_at")), name="clock_stops_after_start"
            ),
            models.CheckConstraint(condition=Q(stopped_at=None) | Q(dropped_at=None), name="clock_ends_once"),
        ]
        indexes = [models.Index(fields=["due_at"], name="clock_running", condition=Q(stopped_at=None, dropped_at=None))]

    def __str__(self) -> str:
        return f"{self.finding} {self.step}"


class FollowUp(models.Model):
    """Koreksi, akar masalah, tindakan korektif, PIC, tanggal; done or planned. The newest stands."""

    finding = models.ForeignKey(Finding, models.PROTECT, related_name="follow_ups")
    correction = models.TextField(_("correction"))
    root_cause = models.TextField(_("root cause"))
    corrective_action = models.TextField(_("corrective action"))
    person_in_charge = models.CharField(_("person in charge"), max_length=200)
    on = models.DateField(_("date"))
    done = models.BooleanField(default=False)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    insufficient_reason = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.finding} {self.at:%Y-%m-%d}"


class Evidence(models.Model):
    """A file or an address that shows that something was done."""

    finding = models.ForeignKey(Finding, models.PROTECT, related_name="evidence")
    name = models.CharField(max_length=300)
    link = models.URLField(max_length=500, blank=True, default="")
    path = models.TextField(blank=True, default="")  # in the store
    mime = models.CharField(max_length=80, blank=True, default="")
    size = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
        constraints = [models.CheckConstraint(condition=~Q(link="", path=""), name="evidence_is_somewhere")]

    def __str__(self) -> str:
        return self.name


class Coaching(models.Model):
    """A coaching of the agent; acknowledged by the agent with a login, or entered by the supervisor (signed form)."""

    finding = models.ForeignKey(Finding, models.PROTECT, related_name="coachings")
    on = models.DateField(_("date"))
    notes = models.TextField(_("what was agreed"))
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    evidence = models.ForeignKey(Evidence, models.PROTECT, null=True, related_name="+")  # the signed form
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        USER, models.PROTECT, null=True, related_name="+"
    )  # the agent, or who entered it
    acknowledged_note = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        ordering = ["-on", "-id"]

    def __str__(self) -> str:
        return f"{self.finding} {self.on}"


class Dispute(models.Model):
    """Sanggahan: raised by the agent or, for the agent, by the supervisor; decided by another QA."""

    finding = models.ForeignKey(Finding, models.PROTECT, related_name="disputes")
    reason = models.TextField(_("reason"))
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    decision = column(DisputeState)  # "" = open
    decision_reason = models.TextField(blank=True, default="")
    decided_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            among("decision", DisputeState, "dispute_decision", empty=True),
            models.UniqueConstraint(fields=["finding"], condition=Q(decided_at=None), name="dispute_one_open"),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("by")), name="dispute_decided_by_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.finding} {self.at:%Y-%m-%d}"


class Digest(models.Model):
    """The morning mail of one person on one working day was seen to, also where there was nothing to say."""

    user = models.ForeignKey(USER, models.PROTECT, related_name="+")
    day = models.DateField()
    at = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "day"], name="digest_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.day}"
