"""Controlled documents and their revisions (ISO 9001:2015, 7.5.2 and 7.5.3).

The first inhabitants are knowledge articles (Web Pansol) and the form F-22. A document is a name that stays; what it
says is in its revisions, and a revision that came into force is never changed: an edit is a new one.
"""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Document(models.Model):
    class Kind(models.TextChoices):
        ARTICLE = "article", _("Knowledge article")
        FORM = "form", _("Form")

    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    code = models.CharField(_("number"), max_length=60)  # "PSL-0012", "IN.QCC.TDSCC.F-22"
    title = models.CharField(_("title"), max_length=300)  # of the newest revision, for lists
    client = models.ForeignKey("accounts.Client", models.PROTECT, null=True, blank=True, related_name="documents")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "code"], name="document_code_once")]

    def __str__(self) -> str:
        return self.code


class Revision(models.Model):
    """One version of what a document says. In force: effective, begun, and the newest such one of its document.

    An article has its text in `body`; a form its structure in `content` (mystery.rules.plain of a Form).
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        EFFECTIVE = "effective", _("in force")
        RETIRED = "retired", _("withdrawn")

    class Origin(models.TextChoices):
        ENTERED = "entered", _("entered")
        PASTED = "pasted", _("pasted")
        SHEET = "sheet", _("from a sheet")
        HTTP = "http", _("from the knowledge base")
        SHIPPED = "shipped", _("comes with Kendali")

    document = models.ForeignKey(Document, models.PROTECT, related_name="revisions")
    version = models.PositiveIntegerField(_("version"))  # counts every edit, from 1
    label = models.CharField(
        _("revision"), max_length=20, blank=True, default=""
    )  # as document control prints it: "02"
    title = models.CharField(_("title"), max_length=300)
    body = models.TextField(_("text"), blank=True, default="")
    content = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)  # SHA-256 of title, body and content (`rules.digest`)
    status = models.CharField(max_length=16, choices=Status, default=Status.DRAFT)
    valid_from = models.DateField(_("in force from"))
    valid_until = models.DateField(
        _("in force until"), null=True, blank=True
    )  # both days count; null = until a newer one
    origin = models.CharField(max_length=16, choices=Origin, default=Origin.ENTERED)
    origin_ref = models.CharField(max_length=300, blank=True, default="")  # file name, row, or address it came from
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    effective_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    effective_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)
    retire_reason = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["document", "version"], name="revision_version_once"),
            models.UniqueConstraint(fields=["document"], condition=models.Q(status="draft"), name="revision_one_draft"),
            models.CheckConstraint(
                condition=models.Q(valid_until=None) | models.Q(valid_until__gte=models.F("valid_from")),
                name="revision_ends_after_start",
            ),
            models.CheckConstraint(
                condition=models.Q(status="draft") | models.Q(effective_at__isnull=False),
                name="revision_effective_when",
            ),
        ]
        indexes = [
            models.Index(fields=["valid_until"], name="revision_expires", condition=models.Q(status="effective"))
        ]

    def __str__(self) -> str:
        return f"{self.document} v{self.version}"

    def holds(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


class ArticleImport(models.Model):
    """A sheet, or what the knowledge base answered: looked at first, applied as a whole or not at all."""

    class Status(models.TextChoices):
        READING = "reading", _("being read")
        CHECKED = "checked", _("looked at")
        APPLIED = "applied", _("applied")
        FAILED = "failed", _("not readable")
        DROPPED = "dropped", _("not applied")

    origin = models.CharField(max_length=16, choices=Revision.Origin)
    ref = models.CharField(max_length=500, blank=True, default="")  # file name or address
    rows = models.JSONField(default=list)  # texts by column name (`import_rules.COLUMNS`)
    status = models.CharField(max_length=16, choices=Status, default=Status.CHECKED)
    problem = models.JSONField(default=dict)  # reason (message id) and facts, where it could not be read
    counts = models.JSONField(default=dict)  # what was applied, by `import_rules.Effect`
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    applied_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    applied_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return self.ref
