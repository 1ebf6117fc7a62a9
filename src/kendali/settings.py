"""Django settings of Kendali. Everything an installation may change comes from the environment (docs/operations.md)."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from csp.constants import NONCE, NONE, SELF

from kendali import environment

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
PACKAGE = Path(__file__).resolve().parent
HOME = Path(environment.text("KENDALI_HOME", str(PACKAGE.parent.parent / "var")))

TESTING = "pytest" in sys.modules
DEBUG = environment.boolean("KENDALI_DEBUG", False)
SECRET_KEY = environment.text("KENDALI_SECRET_KEY", "only-for-tests-and-tools" * 2 if TESTING else None)
if len(SECRET_KEY) < 32:
    raise environment.BadSetting(
        "KENDALI_SECRET_KEY", "is shorter than 32 characters; make one: head -c 48 /dev/urandom | base64"
    )
# Encrypts what the database may not hold in the clear: passwords of sources and stores. Never in a backup.
KENDALI_INSTALLATION_KEY = environment.key("KENDALI_INSTALLATION_KEY", bytes(32) if TESTING else None)
# This machine may always ask, for its health at least.
LOCAL = ["localhost", "127.0.0.1", "[::1]", *(["testserver"] if TESTING else [])]
ALLOWED_HOSTS = [host.strip() for host in environment.text("KENDALI_HOSTS", "").split(",") if host.strip()] + LOCAL
BASE_URL = environment.text("KENDALI_URL", "http://127.0.0.1:8000")
CSRF_TRUSTED_ORIGINS = [BASE_URL]

INSTALLED_APPS = [
    "kendali.home",
    "kendali.mystery",
    "kendali.records",
    "kendali.documents",
    "kendali.disposal",
    "kendali.register",
    "kendali.vault",
    "kendali.accounts",
    "kendali.terms",
    "kendali.notices",
    "kendali.audit",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_cotton.apps.SimpleAppConfig",
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "kendali.home.plain_requests.plain_requests_middleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "kendali.home.reading.reading_middleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "kendali.accounts.sessions.session_middleware",
    "kendali.terms.remembering.settings_middleware",
    "kendali.home.first_run_views.first_run_middleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "kendali.urls"
WSGI_APPLICATION = "kendali.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django_cotton.cotton_loader.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "django.templatetags.i18n",
                "django.templatetags.static",
                "kendali.home.templatetags.kendali",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "kendali.home.context.page",
            ],
        },
    }
]

# Two roles: the owner migrates (DATABASE_OWNER_URL), the program runs as kendali_app, which owns nothing.
DATABASES = {"default": environment.database("DATABASE_URL")}
DATABASE_OWNER = environment.database("DATABASE_OWNER_URL", environment.text("DATABASE_URL"))
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"

LANGUAGE_CODE = "id"
LANGUAGES = [("id", "Bahasa Indonesia"), ("en", "English")]
# Sentences of the parts that do not know Django; every app brings its own catalogue.
LOCALE_PATHS = [PACKAGE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Jakarta"

STATIC_URL = "static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "kendali.home.static_files.VersionedStaticFiles"},
}
# Files are served from the packages they came in; no collecting step. Their addresses carry a digest.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MAX_AGE = 24 * 3600

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        # The nonce is for the style element inside the waveform's shadow tree (player.js).
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "media-src": [SELF, "blob:"],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}
# The largest body that is not a file of a form: a recording of 40 MB in base64 by the API. A reverse proxy that allows
# less answers first.
DATA_UPLOAD_MAX_MEMORY_SIZE = 56 * 1024 * 1024
# A client takes up to 500 records out of a list on one page (records.queries.decision.MOST_OUT), five fields each.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4_000
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BASE_URL.startswith("https://")
SESSION_COOKIE_SAMESITE = "Lax"
if SESSION_COOKIE_SECURE:  # https ends at the reverse proxy, which says so
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 3600

# Where packages go, and where the keys of the epochs live (never in the database).
KENDALI_STORE = environment.folder_or_bucket("KENDALI_STORE", str(HOME / "store"))
KENDALI_KEYS = environment.text(
    "KENDALI_KEYS", f"{HOME / 'keys' / 'slot-1'},{HOME / 'keys' / 'slot-2'},offhost:{HOME / 'keys' / 'off-host'}"
)

# Who seals certificates: your own PKCS#12 file or PKCS#11 token; else a local authority made at first need.
KENDALI_SEAL_P12 = environment.text("KENDALI_SEAL_P12", "")
KENDALI_SEAL_P12_PASSWORD = environment.text("KENDALI_SEAL_P12_PASSWORD", "")
KENDALI_SEAL_PKCS11 = environment.text("KENDALI_SEAL_PKCS11", "")
# A time-stamp server (RFC 3161), http(s)://…; without one the seal carries this machine's time.
KENDALI_SEAL_TSA = environment.text("KENDALI_SEAL_TSA", "")

# E-mail beside the inbox; without KENDALI_SMTP none is sent.
globals().update(environment.mail("KENDALI_SMTP"))
KENDALI_MAIL = bool(os.environ.get("KENDALI_SMTP"))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = environment.text("KENDALI_MAIL_FROM", "kendali@localhost")

# A worker that gave no sign for three heartbeats is taken for dead and its jobs are given to another.
KENDALI_HEARTBEAT_SECONDS = environment.integer("KENDALI_HEARTBEAT_SECONDS", 1 if TESTING else 10, minimum=1)
KENDALI_WORKER_JOBS = environment.integer("KENDALI_WORKER_JOBS", 2, minimum=1)
KENDALI_WEB_PROCESSES = environment.integer("KENDALI_WEB_PROCESSES", 1, minimum=1)
KENDALI_WEB_THREADS = environment.integer("KENDALI_WEB_THREADS", 4, minimum=1)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"no_secrets": {"()": "kendali.home.logs.NoSecrets"}},
    "formatters": {"plain": {"()": "kendali.home.logs.PlainLine"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["no_secrets"]}},
    "root": {"handlers": ["stderr"], "level": environment.choice("KENDALI_LOG", "INFO", LOG_LEVELS)},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
        "procrastinate": {"level": "WARNING"},
        "httpx2": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
    },
}

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_ENABLE_ADMIN = False
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_LOCKOUT_CALLABLE = "kendali.accounts.login_views.locked_out"

# Second factors are django-allauth's (TOTP, passkeys, recovery codes); accounts are made by administrators only.
ACCOUNT_ADAPTER = "kendali.accounts.allauth_adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_REAUTHENTICATION_REQUIRED = True
MFA_ADAPTER = "kendali.accounts.allauth_adapters.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Kendali"
# Browsers offer passkeys without HTTPS only on the own machine.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = BASE_URL.startswith("http://")
