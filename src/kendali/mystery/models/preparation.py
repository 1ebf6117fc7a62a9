"""Activities 1 and 2: materials (bahan), test identities (persona), scenarios in versions, and what they cite."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from kendali.mystery.models.codes import among, column
from kendali.mystery.rules.scenario import ScenarioStatus


class Material(models.Model):
    """Bahan: what is asked about, of one of the three kinds (`rules.cycle.KINDS`)."""

    code = models.CharField(_("code"), max_length=30, unique=True)
    kind = models.CharField(_("kind"), max_length=16)
    title = models.CharField(_("title"), max_length=300)
    body = models.TextField(_("text"), blank=True, default="")
    active = models.BooleanField(_("active"), default=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    marked = models.JSONField(default=list)  # what QA was told about its articles, of the last night

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class MaterialCite(models.Model):
    material = models.ForeignKey(Material, models.CASCADE, related_name="cites")
    revision = models.ForeignKey("documents.Revision", models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["material", "revision"], name="material_cites_once")]

    def __str__(self) -> str:
        return f"{self.material.code} → {self.revision}"


class Persona(models.Model):
    """A registered test identity who does not exist; `caller_number` is what the agent sees, `numbers` what may be
    said or written for it."""

    code = models.CharField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=120)
    gender = models.CharField(_("voice"), max_length=1, blank=True, default="")  # f, m; empty = fits all
    profile = models.TextField(_("profile"), blank=True, default="")
    style = models.CharField(_("style"), max_length=200, blank=True, default="")
    caller_number = models.CharField(_("caller's number"), max_length=30)
    numbers = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Scenario(models.Model):
    code = models.CharField(_("code"), max_length=30, unique=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class ScenarioVersion(models.Model):
    """`content`: rules.plain of a rules.scenario.Scenario; the columns beside it are what lists and queries need."""

    scenario = models.ForeignKey(Scenario, models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    kind = models.CharField(max_length=16)
    goal = models.TextField(blank=True, default="")
    content = models.JSONField()
    status = column(ScenarioStatus, ScenarioStatus.DRAFT)
    valid_from = models.DateField()
    valid_until = models.DateField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True, default="")  # of its last return or withdrawal
    marked = models.JSONField(default=list)  # what QA was told about its articles, of the last night

    class Meta:
        ordering = ["scenario__code", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["scenario", "version"], name="scenario_version_once"),
            models.UniqueConstraint(
                fields=["scenario"],
                condition=models.Q(status__in=["draft", "submitted"]),
                name="scenario_one_in_the_making",
            ),
            among("status", ScenarioStatus, "scenario_status"),
            models.CheckConstraint(
                condition=models.Q(approved_by=None) | ~models.Q(approved_by=models.F("author")),
                name="scenario_not_approved_by_its_author",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scenario} v{self.version}"


class ScenarioCite(models.Model):
    """The article version that an answer rests on: an article that expires marks every scenario that cites it."""

    scenario_version = models.ForeignKey(ScenarioVersion, models.CASCADE, related_name="cites")
    question = models.CharField(max_length=40)
    revision = models.ForeignKey("documents.Revision", models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scenario_version", "question"], name="scenario_question_cites_once")
        ]

    def __str__(self) -> str:
        return f"{self.scenario_version} · {self.question}"
