"""Activity 3: samples, their attempts, what was recorded, and the flag that stops all calling."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from kendali.mystery.models.codes import among, column
from kendali.mystery.rules.sample_rules import SampleState, VoidReason

USER = settings.AUTH_USER_MODEL
HAS_EXECUTOR = [
    one.value
    for one in SampleState
    if one
    not in (SampleState.PLANNED, SampleState.MISSED, SampleState.UNCONNECTED, SampleState.VOID, SampleState.DESTROYED)
]


class Sample(models.Model):
    """One planned test call (MC-YYYY-MM-nnnn). Its stratum and window are what was frozen; who calls, as whom and with
    which scenario may change until the call. Area "" = the destination decides (an outcome, not a quota)."""

    number = models.CharField(max_length=24, unique=True)
    cycle = models.ForeignKey("mystery.Cycle", models.PROTECT, related_name="samples")
    slot = models.PositiveIntegerField()  # number in the frozen plan; of a replacement: of what it replaces
    replaces = models.OneToOneField("self", models.PROTECT, null=True, related_name="replaced_by")
    area = models.CharField(max_length=40, blank=True, default="")  # code of a site
    shift = models.CharField(max_length=20)
    kind = models.CharField(max_length=16)
    week = models.CharField(max_length=4)
    destination = models.ForeignKey("mystery.Destination", models.PROTECT, related_name="+")
    place = models.CharField(max_length=40)  # what lockouts count by
    opens = models.DateTimeField()
    closes = models.DateTimeField()
    zone = models.CharField(max_length=40)
    state = column(SampleState, SampleState.PLANNED)
    executor = models.ForeignKey(USER, models.PROTECT, null=True, related_name="samples")
    scenario = models.ForeignKey("mystery.ScenarioVersion", models.PROTECT, null=True, related_name="samples")
    persona = models.ForeignKey("mystery.Persona", models.PROTECT, null=True, related_name="samples")
    warnings = models.JSONField(default=list)  # of the assignment: [{"reason", "facts"}]
    # The call that connected, and what it met
    calling_since = models.DateTimeField(null=True)
    called_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    agent = models.ForeignKey("mystery.Agent", models.PROTECT, null=True, related_name="samples")
    agent_said = models.CharField(max_length=120, blank=True, default="")  # the name the agent gave
    agent_team = models.CharField(max_length=40, blank=True, default="")  # by the roster at the instant of the call
    agent_site = models.ForeignKey("accounts.Site", models.PROTECT, null=True, related_name="+")
    no_agent_reason = models.CharField(max_length=300, blank=True, default="")
    ticket = models.CharField(max_length=60, blank=True, default="")
    ticket_closed_at = models.DateTimeField(null=True)  # said to be tagged as a test and closed; not part of its digest
    ticket_closed_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    no_recording_reason = models.CharField(max_length=300, blank=True, default="")
    evaluation = models.OneToOneField("mystery.Evaluation", models.PROTECT, null=True, related_name="+")  # that stands
    submitted_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    verified_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    return_reason = models.TextField(blank=True, default="")
    void_reason = column(VoidReason)
    void_note = models.TextField(blank=True, default="")
    voided_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    voided_at = models.DateTimeField(null=True)
    frozen_digest = models.CharField(max_length=64, blank=True, default="")  # of its row when the cycle was frozen

    class Meta:
        ordering = ["opens", "number"]
        constraints = [
            models.UniqueConstraint(fields=["cycle", "slot"], condition=Q(replaces=None), name="sample_slot_once"),
            among("state", SampleState, "sample_state"),
            among("void_reason", VoidReason, "sample_void_reason", empty=True),
            models.CheckConstraint(condition=Q(closes__gt=F("opens")), name="sample_window"),
            models.CheckConstraint(
                condition=~Q(state__in=HAS_EXECUTOR) | Q(executor__isnull=False), name="sample_has_executor"
            ),
            models.CheckConstraint(
                condition=Q(verified_by=None) | ~Q(verified_by=F("executor")), name="sample_verifier_is_another"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["verified", "locked"]) | Q(verified_at__isnull=False, called_at__isnull=False),
                name="sample_verified_when",
            ),
            models.CheckConstraint(condition=~Q(state="void") | ~Q(void_reason=""), name="sample_void_why"),
            models.CheckConstraint(
                condition=Q(ticket_closed_at=None, ticket_closed_by=None)
                | Q(ticket_closed_at__isnull=False, ticket_closed_by__isnull=False),
                name="sample_ticket_closed_by",
            ),
        ]
        indexes = [
            models.Index(fields=["cycle", "state", "opens"], name="sample_of_cycle"),
            models.Index(fields=["cycle", "opens", "id"], name="sample_in_time"),
            models.Index(fields=["executor", "state", "opens"], name="sample_of_executor"),
            models.Index(fields=["agent", "-called_at"], name="sample_of_agent"),
        ]

    def __str__(self) -> str:
        return self.number


class Attempt(models.Model):
    """One call that was placed; data also when nobody answered. Times in seconds, null = not measured."""

    CONNECTED = "connected"  # besides rules.sample_rules.Outcome

    sample = models.ForeignKey(Sample, models.PROTECT, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=24)
    ivr_seconds = models.PositiveIntegerField(null=True)
    queue_seconds = models.PositiveIntegerField(null=True)
    ring_seconds = models.PositiveIntegerField(null=True)
    talk_seconds = models.PositiveIntegerField(null=True)
    hold_seconds = models.PositiveIntegerField(null=True)
    note = models.CharField(max_length=500, blank=True, default="")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    token = models.CharField(max_length=40, blank=True, default="")  # of the phone's own queue: sent twice counts once

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["sample", "number"], name="attempt_number_once"),
            models.UniqueConstraint(fields=["sample", "token"], condition=~Q(token=""), name="attempt_sent_once"),
        ]

    def __str__(self) -> str:
        return f"{self.sample} #{self.number}"


class Recording(models.Model):
    """The recording of a sample: a record of the voice recording system, or an uploaded file; a sealed copy lies in the
    store until that record's backup copies are destroyed. `peaks`: loudness of its parts, 0 to 1, for the waveform."""

    sample = models.OneToOneField(Sample, models.PROTECT, related_name="recording")
    record = models.ForeignKey("records.Record", models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=300)
    mime = models.CharField(max_length=80)
    path = models.TextField(blank=True, default="")  # in the store
    key = models.BinaryField(null=True)  # that alone opens it, sealed; None: from before each had its own, or destroyed
    size = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    seconds = models.PositiveIntegerField()
    peaks = models.JSONField(default=list)
    started_at = models.DateTimeField(null=True)
    added_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)
    destroyed_by = models.ForeignKey("records.DisposalOrder", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(record__isnull=False) | ~Q(path=""), name="recording_is_somewhere"),
            models.CheckConstraint(
                condition=Q(destroyed_at=None, destroyed_by=None)
                | Q(destroyed_at__isnull=False, destroyed_by__isnull=False, key=None),
                name="recording_destroyed_by",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sample} {self.name}"


class LeftFile(models.Model):
    """A path of the store that no Recording names (yet, or any more): to be removed."""

    path = models.TextField(unique=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.path


class CrisisFlag(models.Model):
    """While one is set (not lifted) nobody calls: customers come first. At most one at a time."""

    reason = models.TextField(_("reason"))
    set_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    set_at = models.DateTimeField()
    lifted_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-set_at"]
        constraints = [
            # A constant: among the rows not lifted, "not lifted" may stand once.
            models.UniqueConstraint(
                Coalesce(F("lifted_at"), models.Value("infinity"), output_field=models.DateTimeField()),
                condition=Q(lifted_at=None),
                name="crisis_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.set_at:%Y-%m-%d %H:%M}"
