"""Certificates of destruction (Berita Acara Pemusnahan Dokumen): what they say, their lines, who signed.

Never changed: the database refuses it (migration 0002). A correction is a new certificate that names the old one.
"""

from __future__ import annotations

import secrets
import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from kendali.register.entry_models import RegisterEntry as RegisterEntry
from kendali.register.facts import ENDS, VERDICTS
from kendali.terms.models import RecordClass


def new_token() -> str:
    """128 random bits: with the number it opens the public verification page."""
    return secrets.token_hex(16)


def new_blind() -> bytes:
    return secrets.token_bytes(32)


class Certificate(models.Model):
    """One Berita Acara. `facts` is facts.CertificateFacts; totals are columns, so that the database adds them up."""

    class Act(models.TextChoices):
        SOURCE = "source", _("deletion in the source application")
        BACKUP = "backup", _("destruction of the backup copy")

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        SIGNING = "signing", _("out for signature")
        SEALED = "sealed", _("signed and sealed")
        CANCELLED = "cancelled", _("void")  # batal: keeps its number

    LANGUAGES = [("id", "Bahasa Indonesia"), ("en", "English")]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    number = models.CharField(max_length=24, unique=True, null=True)  # noqa: DJ001 - null until it goes out for signature
    printed_number = models.CharField(max_length=80, blank=True, default="")  # the organisation's own form of it
    token = models.CharField(max_length=32, unique=True, default=new_token)
    client = models.ForeignKey("accounts.Client", models.PROTECT, related_name="certificates")
    act = models.CharField(max_length=8, choices=Act)
    record_class = models.CharField(max_length=16, choices=RecordClass)
    language = models.CharField(max_length=2, choices=LANGUAGES, default="id")
    status = models.CharField(max_length=12, choices=Status, default=Status.DRAFT)
    corrects = models.ForeignKey("self", models.PROTECT, null=True, related_name="corrections")
    reason = models.TextField(blank=True, default="")  # of a correction
    cancel_reason = models.TextField(blank=True, default="")
    order_ref = models.CharField(max_length=80)  # "records.disposalorder:12"
    facts = models.JSONField()
    proposed = models.PositiveIntegerField()
    deleted = models.PositiveIntegerField()
    already_absent = models.PositiveIntegerField()
    taken_out = models.PositiveIntegerField()
    held = models.PositiveIntegerField()
    changed = models.PositiveIntegerField()
    cancelled = models.PositiveIntegerField()
    refused = models.PositiveIntegerField()
    failed = models.PositiveIntegerField()
    unknown = models.PositiveIntegerField()
    open_lines = models.PositiveIntegerField(default=0)  # waiting or queued: no end, blocks the certificate
    bytes = models.PositiveBigIntegerField(default=0)
    seconds = models.PositiveBigIntegerField(default=0)
    witnesses_needed = models.PositiveSmallIntegerField(default=2)
    client_signs = models.BooleanField(default=False)
    merkle_root = models.BinaryField(max_length=32, null=True)
    leaf_count = models.PositiveIntegerField(default=0)
    annex_path = models.TextField(blank=True, default="")  # folder in the store: daftar.csv, daftar.xlsx
    csv_sha256 = models.CharField(max_length=64, blank=True, default="")
    xlsx_sha256 = models.CharField(max_length=64, blank=True, default="")
    signing_path = models.TextField(blank=True, default="")
    signing_sha256 = models.CharField(max_length=64, blank=True, default="")  # of the PDF that people sign
    pdf_path = models.TextField(blank=True, default="")
    pdf_sha256 = models.CharField(max_length=64, blank=True, default="")  # of the sealed PDF
    timestamped_by = models.TextField(blank=True, default="")  # the time-stamp server that answered
    chain_entry = models.BigIntegerField(null=True)  # head of the audit chain when it was sealed, anchored in the store
    chain_hash = models.BinaryField(max_length=32, null=True)
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    sealed_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    proposed=sum((models.F(name) for name in ENDS[1:]), models.F(ENDS[0])) + models.F("open_lines")
                ),
                name="certificate_totals_add_up",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["draft", "cancelled"]) | models.Q(open_lines=0),
                name="certificate_nothing_queued",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["draft", "cancelled"])
                | models.Q(number__isnull=False, merkle_root__isnull=False, leaf_count=models.F("proposed")),
                name="certificate_signed_has_number_and_root",
            ),
            models.UniqueConstraint(
                fields=["order_ref"],
                condition=~models.Q(status="cancelled") & models.Q(corrects=None),
                name="one_certificate_per_order",
            ),
            models.UniqueConstraint(
                fields=["corrects"], condition=~models.Q(status="cancelled"), name="one_correction_per_certificate"
            ),
        ]
        indexes = [
            models.Index(fields=["-drafted_at", "-id"], name="certificate_newest"),
            models.Index(fields=["client", "-drafted_at"], name="certificate_of_client"),
        ]

    def __str__(self) -> str:
        return self.printed_number or self.number or str(_("draft"))

    @property
    def totals(self) -> dict[str, int]:
        """proposed, then every end of a line (facts.ENDS)."""
        return {name: getattr(self, name) for name in ("proposed", *ENDS)}

    @property
    def acts(self) -> list[str]:
        """One, or both: an accepted erasure request deletes at the source and destroys the copies with one order."""
        both = self.act == self.Act.SOURCE and self.facts.get("erasure_request") and self.facts.get("destruction")
        return [one.value for one in self.Act] if both else [self.act]

    @property
    def corrected_by(self) -> Certificate | None:
        """The sealed certificate that corrects this one."""
        return self.corrections.filter(status=Certificate.Status.SEALED).first()


class CertificateLine(models.Model):
    """One record of a certificate, append-only. Its leaf in the tree is computed from these columns (lines.py)."""

    certificate = models.ForeignKey(Certificate, models.PROTECT, related_name="lines", db_index=False)
    position = models.PositiveIntegerField()  # from 1
    source = models.TextField()
    ref = models.TextField()
    clock = models.DateTimeField(null=True)
    due_on = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)
    verdict = models.CharField(max_length=16)
    size = models.BigIntegerField(default=0)
    seconds = models.FloatField(default=0)
    measured = models.JSONField(default=dict)
    keyed_digest = models.BinaryField()
    # Shown only in this record's proof.
    blind = models.BinaryField(max_length=32, default=new_blind)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["certificate", "position"], name="certificate_line"),
            models.CheckConstraint(condition=models.Q(verdict__in=VERDICTS), name="certificate_line_verdict"),
        ]
        indexes = [models.Index(fields=["certificate", "ref"], name="certificate_line_ref")]

    def __str__(self) -> str:
        return f"{self.certificate} · {self.position}"


class Signature(models.Model):
    """One person's signature: logged in, proved again, on one exact PDF. Append-only; name and position are copied."""

    class Part(models.TextChoices):
        DRAFTER = "penyusun", _("drawn up by")
        EXECUTOR = "pelaksana", _("carried out by")
        OWNER = "pemilik", _("owner of the documents")
        WITNESS = "saksi", _("witness")
        CLIENT = "klien", _("client")
        ACKNOWLEDGED = "mengetahui", _("acknowledged by")

    class Factor(models.TextChoices):
        PASSWORD = "password", _("password")
        TOTP = "totp", _("password and code of the app")
        PASSKEY = "passkey", _("passkey")

    certificate = models.ForeignKey(Certificate, models.PROTECT, related_name="signatures", db_index=False)
    part = models.CharField(max_length=12, choices=Part)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    position = models.CharField(max_length=120, blank=True, default="")
    employee_number = models.CharField(max_length=40, blank=True, default="")
    role = models.CharField(max_length=40)
    on_behalf_of = models.CharField(max_length=200, blank=True, default="")
    principal = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    factor = models.CharField(max_length=12, choices=Factor)
    pdf_sha256 = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["certificate", "user"], name="one_signature_per_person"),
            models.UniqueConstraint(
                fields=["certificate", "part"], condition=~models.Q(part="saksi"), name="one_signature_per_part"
            ),
        ]
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.certificate} · {self.part}: {self.name}"


class SignedCopy(models.Model):
    """The scan of the copy that was signed with ink (tanda tangan basah). Append-only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    certificate = models.ForeignKey(Certificate, models.PROTECT, related_name="signed_copies")
    path = models.TextField()
    name = models.CharField(max_length=200)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    stamp_duty = models.BooleanField(default=False)  # e-meterai
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.certificate} · {self.name}"


class SealIdentity(models.Model):
    """The installation's own certificate for sealing and the small authority that issued it; keys are sealed under
    the installation key. Used where no KENDALI_SEAL_P12 or KENDALI_SEAL_PKCS11 is given."""

    authority = models.BinaryField()  # DER
    certificate = models.BinaryField()  # DER
    authority_key = models.BinaryField()  # PKCS#8, sealed
    key = models.BinaryField()  # PKCS#8, sealed
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.made_at:%Y-%m-%d}"
