"""Daftar Catatan Dokumen: one row per batch of records, per controlled document, per form, per hardcopy."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class RegisterEntry(models.Model):
    """One row of the register (procedure 5.6 and step 10; ISO 9001:2015 clause 7.5.3).

    The three dates that the procedure names: `issued_on` (tanggal penerbitan), `expires_on` (expired date / tanggal
    kadaluwarsa), `deleted_on` with `destroyed_on` (tanggal pemusnahan, told apart for the two acts). A row is entered
    by the app that holds the thing, under `key`; Document Control keeps the columns in words. Never deleted.
    """

    class Kind(models.TextChoices):
        CONVERSATION = "conversation", _("Conversation history")
        RECORDING = "recording", _("Call recording")
        DOCUMENT = "document", _("Controlled document")
        FORM = "form", _("Form")
        HARDCOPY = "hardcopy", _("Hardcopy")

    key = models.CharField(max_length=120, unique=True)  # "records.package:<uuid>", "by_hand:<uuid>"
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    classification = models.CharField(_("classification code"), max_length=40, blank=True, default="")
    title = models.CharField(_("name / description"), max_length=300)
    client = models.ForeignKey(
        "accounts.Client", models.PROTECT, null=True, blank=True, related_name="register_entries"
    )
    owner_unit = models.CharField(_("owning unit"), max_length=200, blank=True, default="")
    period_first = models.DateField(null=True)
    period_last = models.DateField(null=True)
    issued_on = models.DateField(_("issue date"))
    backup_due_on = models.DateField(null=True)
    backed_up_on = models.DateField(null=True)
    package = models.CharField(max_length=24, blank=True, default="")
    drill = models.JSONField(default=dict)  # {"records": 25, "on": "2026-11-02"}; {} = not drilled
    expires_on = models.DateField(_("expiry date"), null=True)
    approvals = models.JSONField(default=list)  # [{"number": "UP-2026-0001", "on": "2026-11-02"}]
    quantity = models.PositiveIntegerField(_("quantity"), default=1)
    deleted_quantity = models.PositiveIntegerField(default=0)  # act (a): gone from the source application
    deleted_on = models.DateField(null=True)
    destroyed_quantity = models.PositiveIntegerField(default=0)  # act (b): every backup copy gone
    destroyed_on = models.DateField(null=True)
    # Orders that touched it (Certificate.order_ref): their certificates are looked up, so a new one shows at once.
    orders = models.JSONField(default=list)
    certificate_by_hand = models.CharField(max_length=80, blank=True, default="")  # of what Kendali did not destroy
    medium = models.CharField(_("medium / location"), max_length=300, blank=True, default="")
    responsible = models.CharField(_("responsible"), max_length=200, blank=True, default="")
    keep_years = models.PositiveSmallIntegerField(_("this entry is kept for (years)"), default=10)
    remarks = models.TextField(_("remarks"), blank=True, default="")
    entered_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["-issued_on", "-id"], name="register_newest"),
            models.Index(fields=["client", "-issued_on", "-id"], name="register_of_client"),
            models.Index(fields=["expires_on"], name="register_expires"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(deleted_quantity__lte=models.F("quantity"))
                & models.Q(destroyed_quantity__lte=models.F("quantity")),
                name="register_gone_is_part",
            )
        ]

    def __str__(self) -> str:
        return self.title
