"""People, what they may do where, and how they prove who they are."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from kendali.accounts.roles import ROLES
from kendali.terms.models import RecordClass

ZONES = [("Asia/Jakarta", "WIB"), ("Asia/Makassar", "WITA"), ("Asia/Jayapura", "WIT")]
LANGUAGES = [("id", "Bahasa Indonesia"), ("en", "English")]


class Client(models.Model):
    """A company whose customers the contact centre serves; it owns the records (pengendali)."""

    CUSTOMER_WORDS = [("nasabah", "nasabah"), ("pelanggan", "pelanggan"), ("peserta", "peserta")]

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120, unique=True)
    customer_word = models.CharField(
        _("word for its customers"), max_length=20, choices=CUSTOMER_WORDS, default="pelanggan"
    )
    zone = models.CharField(_("time zone"), max_length=40, choices=ZONES, default="Asia/Jakarta")
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Site(models.Model):
    """An area of the contact centre (Document Control works for the head office or for one area)."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    zone = models.CharField(_("time zone"), max_length=40, choices=ZONES, default="Asia/Jakarta")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=(username or "").strip())


class User(AbstractBaseUser):
    """A person. Never deleted, only deactivated: orders and certificates name it."""

    THEMES = [("auto", _("as the device")), ("light", _("light")), ("dark", _("dark"))]

    email = models.EmailField(_("e-mail"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=200)
    position = models.CharField(_("position"), max_length=120, blank=True)
    # NIK karyawan, the employee number; never the national identity number.
    employee_number = models.CharField(_("employee number"), max_length=40, blank=True)
    language = models.CharField(_("language"), max_length=2, choices=LANGUAGES, default="id")
    zone = models.CharField(_("time zone"), max_length=40, choices=ZONES, default="Asia/Jakarta")
    theme = models.CharField(_("theme"), max_length=5, choices=THEMES, default="auto")
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    # Not columns: a request with an API token may do no more than the token's scopes (permissions.py),
    # and a page asks for the same rights many times, so the middleware lets it remember them.
    token_scopes: frozenset[str] | None = None
    remembers_rights = False
    remembered_rights: Any = None

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    def require(self, action: str) -> None:
        """Raises permissions.Refused; for the apps below this one, which know a user by what it can do."""
        from kendali.accounts.access import require

        require(self, action)

    def client_ids(self, action: str) -> frozenset[int] | None:
        """Clients for which this person may do it; None: for all of them."""
        from kendali.accounts.permissions import client_ids

        return client_ids(self, action)


class RoleGrant(models.Model):
    """A role of one person, for one client or (null) for all of them; ended, never deleted."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="grants")
    role = models.CharField(_("role"), max_length=40, choices=ROLES)
    client = models.ForeignKey(Client, null=True, blank=True, on_delete=models.PROTECT, related_name="grants")
    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    granted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "client", "site"],
                condition=models.Q(ended_at=None),
                nulls_distinct=False,
                name="role_granted_once",
            ),
            models.CheckConstraint(
                condition=~models.Q(role="client") | models.Q(client__isnull=False), name="client_role_names_its_client"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.client_id or '*'}"


class Deputy(models.Model):
    """A pengganti: `deputy` acts in `role` for `principal` from `starts` to `ends` (local dates, both included)."""

    principal = models.ForeignKey(User, on_delete=models.PROTECT, related_name="deputies")
    deputy = models.ForeignKey(User, on_delete=models.PROTECT, related_name="deputy_for")
    role = models.CharField(_("role"), max_length=40, choices=ROLES)
    starts = models.DateField(_("from"))
    ends = models.DateField(_("to"))
    named_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-starts"]
        verbose_name_plural = "deputies"
        constraints = [
            models.CheckConstraint(condition=models.Q(ends__gte=models.F("starts")), name="deputy_ends_after_start"),
            models.CheckConstraint(condition=~models.Q(principal=models.F("deputy")), name="deputy_is_another_person"),
        ]

    def __str__(self) -> str:
        return f"{self.deputy_id} a.n. {self.principal_id} {self.role}"


class Responsible(models.Model):
    """The Team Leader who answers for one record class of a client, and a deputy (records-control, decision 11).

    Ended, never changed: who answered when stays readable. Without a row everybody with the role is told."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="responsibles")
    record_class = models.CharField(max_length=16, choices=RecordClass)
    leader = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    deputy = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    named_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    named_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "record_class"], condition=models.Q(ended_at=None), name="one_responsible_leader"
            ),
            models.CheckConstraint(
                condition=models.Q(deputy=None) | ~models.Q(deputy=models.F("leader")),
                name="responsible_deputy_is_another_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client} · {self.get_record_class_display()}"


class ApiToken(models.Model):
    """A key for machines; only the SHA-256 of the secret is kept, the secret is shown once."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(max_length=12, unique=True)
    secret_hash = models.BinaryField(max_length=32)
    scopes = ArrayField(models.CharField(max_length=20))
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.prefix}… {self.name}"


class PasswordSetup(models.Model):
    """A link by which a new person chooses the first password; works once and not for long.

    The link is a signature over this row's number (setup_links.py): no table and no job holds it."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="password_setups")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"setup {self.user_id}"


class UserSession(models.Model):
    """Where a person is logged in: shown on the account page, ended from there."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="sessions")
    # The session's key opens the account, so only its SHA-256 is kept beside Django's own row.
    key_hash = models.BinaryField(max_length=32, unique=True)
    started_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    ip = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=300, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-last_seen_at"]
        indexes = [models.Index(fields=["user", "-last_seen_at"], name="session_of_user")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.ip}"


class SensitiveChange(models.Model):
    """A change that needs a second person and 24 hours: whoever could make it alone could forge the client's Ya.

    Of a client approver, its address or its factors, of the mail server, of a source's deleting credential, of a
    setting that makes approving easier (records-control, "Who does what"). `effective_at` is set by the confirmation;
    until then nothing has changed.
    """

    class Kind(models.TextChoices):
        APPROVER = "approver", _("approver of a client")
        FACTORS = "factors", _("second factor of an approver")
        MAIL_SERVER = "mail_server", _("mail server")
        DELETING = "deleting", _("deleting credential of a source")
        SETTING = "setting", _("setting of approvals")

    kind = models.CharField(max_length=16, choices=Kind)
    do = models.CharField(max_length=40, default="")  # a key of sensitive.DOINGS
    client = models.ForeignKey(Client, null=True, on_delete=models.PROTECT, related_name="+")
    subject = models.CharField(max_length=120)  # "<app>.<model>:<id>" of what changes
    summary = models.JSONField(default=dict)  # shown to whoever confirms; no secret
    sealed = models.BinaryField(null=True)  # the new values, under the installation key; emptied at the end
    proposed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    effective_at = models.DateTimeField(null=True)
    applied_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)
    refused_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    refuse_reason = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["subject", "-id"], name="sensitive_of_subject")]
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "do"],
                condition=models.Q(applied_at=None, refused_at=None),
                name="sensitive_change_waits_once",
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed_by=None) | ~models.Q(confirmed_by=models.F("proposed_by")),
                name="sensitive_change_by_two",
            ),
        ]

    def __str__(self) -> str:
        return str(self.summary.get("name") or self.subject)
