"""Who answers where, who leads them, who calls, which numbers are called. History is kept: a change is a new row."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Shift(models.Model):
    """Local hours, in minutes since midnight; 22.00-06.00 is (1320, 1800)."""

    code = models.SlugField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=80)
    first = models.PositiveSmallIntegerField(_("from"))
    last = models.PositiveSmallIntegerField(_("until"))
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["first", "code"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(first__lt=1440)
                & models.Q(last__gt=models.F("first"))
                & models.Q(last__lte=models.F("first") + 1440),
                name="shift_hours",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Team(models.Model):
    """One interval of a team: its TL and SPV; valid on both days."""

    code = models.CharField(_("code"), max_length=40)
    site = models.ForeignKey("accounts.Site", models.PROTECT, related_name="teams")
    leader = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    supervisor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    since = models.DateField(_("valid from"))
    until = models.DateField(_("valid to"), null=True, blank=True)

    class Meta:
        ordering = ["site__code", "code", "-since"]
        constraints = [
            models.UniqueConstraint(fields=["code", "since"], name="team_since_once"),
            models.CheckConstraint(
                condition=models.Q(until=None) | models.Q(until__gte=models.F("since")), name="team_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Agent(models.Model):
    """A person who answers calls, known by the employee number (NIK karyawan); a login is the exception."""

    number = models.CharField(_("employee number"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=200)  # of the newest membership, for lists
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="agent")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One agent in one team and shift for a while; both days belong to it."""

    agent = models.ForeignKey(Agent, models.PROTECT, related_name="memberships")
    name = models.CharField(_("name"), max_length=200)
    team = models.CharField(_("team"), max_length=40)  # a team's code
    site = models.ForeignKey("accounts.Site", models.PROTECT, related_name="+")
    shift = models.CharField(_("shift"), max_length=20)
    login = models.CharField(_("login"), max_length=120, blank=True, default="")  # of the omni-channel application
    extension = models.CharField(_("extension"), max_length=20, blank=True, default="")
    since = models.DateField(_("valid from"))
    until = models.DateField(_("valid to"), null=True, blank=True)

    class Meta:
        ordering = ["agent__number", "-since"]
        indexes = [models.Index(fields=["team", "since"], name="membership_of_team")]
        constraints = [
            models.UniqueConstraint(fields=["agent", "since"], name="membership_since_once"),
            models.CheckConstraint(
                condition=models.Q(until=None) | models.Q(until__gte=models.F("since")),
                name="membership_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} · {self.team}"


class Destination(models.Model):
    """A number that is called. `site` null: national routing, the area is an outcome ("area dapat ditentukan: tidak").
    `hours`: seven lists (Monday first) of [first, last] in minutes since local midnight."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    number = models.CharField(_("number"), max_length=30)
    site = models.ForeignKey("accounts.Site", models.PROTECT, null=True, blank=True, related_name="destinations")
    zone = models.CharField(_("time zone"), max_length=40, default="Asia/Jakarta")
    client = models.ForeignKey("accounts.Client", models.PROTECT, null=True, blank=True, related_name="destinations")
    service = models.CharField(_("service/product"), max_length=120, blank=True, default="")
    queue = models.CharField(_("queue"), max_length=80, blank=True, default="")
    hours = models.JSONField(default=list)
    source = models.ForeignKey("records.Source", models.PROTECT, null=True, blank=True, related_name="+")  # recordings
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Caller(models.Model):
    """A QC Officer, or a TL or SPV who helps (5.2), as a caller. `share` 0: only by hand."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="caller")
    gender = models.CharField(_("voice"), max_length=1, blank=True, default="")  # f, m
    known_in = models.ManyToManyField("accounts.Site", blank=True, related_name="+")
    first = models.PositiveSmallIntegerField(_("works from"), default=480)
    last = models.PositiveSmallIntegerField(_("works until"), default=1020)
    share = models.PositiveSmallIntegerField(_("share of the load"), default=1)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["user__name"]

    def __str__(self) -> str:
        return str(self.user)


class Absence(models.Model):
    caller = models.ForeignKey(Caller, models.CASCADE, related_name="absences")
    first = models.DateField(_("from"))
    last = models.DateField(_("to"))
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="")

    class Meta:
        ordering = ["-first"]
        constraints = [
            models.CheckConstraint(condition=models.Q(last__gte=models.F("first")), name="absence_ends_after_start")
        ]

    def __str__(self) -> str:
        return f"{self.caller} {self.first}"
