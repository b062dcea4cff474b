"""All settings, read from the environment. Required values fail with the fix in the message."""

from __future__ import annotations

import os
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from zhike.run.addresses import databases
from zhike.run.logins import bank_name

PACKAGE = Path(__file__).resolve().parent.parent


def required(name: str, fix: str) -> str:
    """The environment variable, or a refusal to start that says what to do."""
    value = os.environ.get(name)
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. {fix}")
    return value


def switch(name: str, *, default: bool = False) -> bool:
    """True for 1, true, yes, on."""
    return os.environ.get(name, "1" if default else "0").lower() in {"1", "true", "yes", "on"}


def one_of(name: str, *choices: str) -> str:
    """The environment variable, the first choice if it is not set, or a refusal that lists the choices."""
    value = os.environ.get(name) or choices[0]
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is {value}; it may be {' or '.join(choices)}.")
    return value


def words(name: str, *default: str, among: tuple[str, ...] = ()) -> list[str]:
    """The words of the environment variable, or a refusal to start that lists what it may hold."""
    found = os.environ.get(name, "").replace(",", " ").split() or list(default)
    if among and (odd := set(found) - set(among)):
        raise ImproperlyConfigured(f"{name} holds {', '.join(sorted(odd))}; it may hold {', '.join(among)}.")
    return found


def secure_address(name: str) -> str:
    """The address in the environment variable; over TLS, or on this machine."""
    value = os.environ.get(name, "")
    parts = urlsplit(value)
    here = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if value and not here and not (parts.scheme == "https" and parts.hostname):
        raise ImproperlyConfigured(f"{name} is {value}; it must begin with https://.")
    return value


# --- where things lie -------------------------------------------------------------------------
HOME = Path(required("ZHIKE_HOME", "`zhike up` sets it; for one process, name the data folder."))
KEYS = Path(required("ZHIKE_KEYS", "Name the folder of keys; it must not lie inside ZHIKE_HOME."))
BANK_NAME = bank_name(KEYS, named=os.environ.get("ZHIKE_BANK_NAME", ""))
DEMO_LOGINS = KEYS / "demo-logins.json"  # there only beside the made-up bank
ENGINE_MEMORY = os.environ.get("ZHIKE_ENGINE_MEMORY", "1GB")
LAKE = os.environ.get("ZHIKE_LAKE", str(HOME / "lake"))
INSTALLED = PACKAGE / "mappings"  # in a checkout they lie beside the sources
MAPPINGS = Path(
    os.environ.get("ZHIKE_MAPPINGS") or (INSTALLED if INSTALLED.is_dir() else PACKAGE.parents[1] / "mappings")
)

# --- secrets and hosts ------------------------------------------------------------------------
SECRET_KEY = required("ZHIKE_SECRET_KEY", "`zhike up` makes one and keeps it in the folder of keys.")
SECRET_KEY_FALLBACKS = [key for key in os.environ.get("ZHIKE_SECRET_KEY_OLD", "").split(",") if key]
DEBUG = False
CRYPTOGRAPHY = one_of("ZHIKE_CRYPTOGRAPHY", "international", "national")  # the latter: SM4 and SM3 (国密)
ALLOWED_HOSTS = os.environ.get("ZHIKE_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in os.environ.get("ZHIKE_ORIGINS", "").split(",") if origin]
BEHIND_TLS = switch("ZHIKE_TLS")

# Where events may be sent: hosts by name, with the port where it is not the usual one; and networks that are not
# public, among them this machine. Nothing is listed at first.
WEBHOOK_HOSTS = words("ZHIKE_WEBHOOK_HOSTS")
WEBHOOK_NETWORKS = [ip_network(text) for text in words("ZHIKE_WEBHOOK_NETWORKS")]

# --- what is installed ------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "procrastinate.contrib.django",
    "zhike.core",
    "zhike.staff",
    "zhike.customers",
    "zhike.facts",
    "zhike.insight",
    "zhike.loyalty",
    "zhike.desk",
    "zhike.rest",
    "zhike.config",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "zhike.core.middleware.ResponseHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "zhike.core.middleware.RequestNumber",
    "zhike.core.middleware.LanguageOfPerson",
    "zhike.staff.middleware.SessionLimits",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "zhike.core.middleware.FormAddresses",
]
ROOT_URLCONF = "zhike.config.urls"
WSGI_APPLICATION = "zhike.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FORM_RENDERER = "zhike.core.ui.FormRenderer"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "zhike.core.ui.shell",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "zhike.core.templatetags.ui",
            ],
        },
    }
]

# --- database ---------------------------------------------------------------------------------
DATABASES = databases(os.environ)
if "default" not in DATABASES:
    raise ImproperlyConfigured("No database address is set. `zhike up` sets ZHIKE_DB_APP for each process.")
# A session that forgets its transaction holds locks: the server ends it. Tests hold theirs for their whole
# length, on machines that may be suspended in between, and take this option out.
IDLE_TRANSACTION = "-c idle_in_transaction_session_timeout=60s"
for _alias in DATABASES.values():
    _alias["CONN_MAX_AGE"] = 60
    _alias["CONN_HEALTH_CHECKS"] = True
    _alias["OPTIONS"] = {
        "connect_timeout": 5,
        **_alias["OPTIONS"],
        "options": f"-c search_path=public -c lock_timeout=5s {IDLE_TRANSACTION}",
    }

# --- people -----------------------------------------------------------------------------------
AUTH_USER_MODEL = "staff.Staff"
AUTHENTICATION_BACKENDS = ["zhike.staff.backends.StaffNumberBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "zhike.staff.passwords.PasswordRules"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
     "OPTIONS": {"user_attributes": ("staff_no", "name")}},
]  # fmt: skip
# The bank's own sign-in service (OpenID Connect); without an issuer there is none.
OIDC_ISSUER = secure_address("ZHIKE_OIDC_ISSUER")
OIDC_CLIENT = required("ZHIKE_OIDC_CLIENT", "The sign-in service gives it.") if OIDC_ISSUER else ""
OIDC_SECRET = os.environ.get("ZHIKE_OIDC_SECRET", "")
OIDC_NAME = os.environ.get("ZHIKE_OIDC_NAME", "")
OIDC_SCOPE = " ".join(["openid", *words("ZHIKE_OIDC_SCOPE")])
OIDC_STAFF_CLAIM = os.environ.get("ZHIKE_OIDC_STAFF_CLAIM", "")
OIDC_SECOND_FACTOR = words("ZHIKE_OIDC_SECOND_FACTOR")
OIDC_ASKED_FACTOR = os.environ.get("ZHIKE_OIDC_ACR_VALUES", "")
# Signatures by the service's private keys only: a public key is no secret that proves anything.
OIDC_ALGORITHMS = words(
    "ZHIKE_OIDC_ALGORITHMS", "RS256", "PS256", "ES256", "Ed25519", "EdDSA",
    among=("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"),
)  # fmt: skip
LOCAL_SIGN_IN = one_of("ZHIKE_LOCAL_SIGN_IN", "everybody", "emergency")
if LOCAL_SIGN_IN == "emergency" and not OIDC_ISSUER:
    raise ImproperlyConfigured("ZHIKE_LOCAL_SIGN_IN is emergency, but no ZHIKE_OIDC_ISSUER is set.")
LOGIN_URL = "staff:login"
LOGIN_REDIRECT_URL = "desk:home"
SESSION_ENGINE = "zhike.staff.models.sessions"  # sessions know whose they are
SESSION_COOKIE_NAME = "zhike_session"
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = BEHIND_TLS
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SECURE = BEHIND_TLS
CSRF_FAILURE_VIEW = "zhike.core.views.errors.csrf_failure"

# --- what a browser may do --------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = BEHIND_TLS
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if BEHIND_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = BEHIND_TLS
SECURE_HSTS_PRELOAD = BEHIND_TLS
if switch("ZHIKE_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
FILE_UPLOAD_TEMP_DIR = os.environ.get("ZHIKE_UPLOADS") or None

# --- languages and time -----------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("zh-hant", "繁體中文"), ("en", "English")]
LANGUAGE_COOKIE_NAME = "zhike_language"
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# --- static files -----------------------------------------------------------------------------
STATIC_URL = "static/"
STATICFILES_DIRS = [PACKAGE / "static"]
STATIC_ROOT = os.environ.get("ZHIKE_STATIC", str(HOME / "static"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- jobs -------------------------------------------------------------------------------------
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
PROCRASTINATE_ON_APP_READY = None

# --- logging: one line an event, no personal data ---------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "zhike.core.faults.LineFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("ZHIKE_LOG", "INFO")},
}

SILENCED_SYSTEM_CHECKS: list[str] = []
