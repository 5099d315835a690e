"""Settings, from environment variables; docs/configuration.md lists them all.

With none set, the site runs for development on this machine: SQLite, local files, email to the console.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP
from pythonjsonlogger.core import RESERVED_ATTRS

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DEBUG = env.bool("EARMARK_DEBUG", default=False)

# Everything that the site writes is in one folder: database, uploads, collected static files, secret key.
DATA_DIR = Path(env.str("EARMARK_DATA_DIR", default=str(BASE_DIR / "var")))
try:
    DATA_DIR.mkdir(parents=True, exist_ok=True)
    (DATA_DIR / "incoming").mkdir(exist_ok=True)
except OSError as error:
    raise ImproperlyConfigured(
        f"The data folder {DATA_DIR} cannot be made or written to ({error.strerror}). Set EARMARK_DATA_DIR to a folder "
        "on a disk that is mounted and writable."
    ) from None


#: What the example of an environment file has where a secret belongs.
PLACEHOLDER = "replace-me"


def _secret_key() -> str:
    """The key from the environment, or one created at the first start, so that a fresh clone is secure."""
    key: str = env.str("EARMARK_SECRET_KEY", default="")
    if key.strip() == PLACEHOLDER:
        raise ImproperlyConfigured(
            f"EARMARK_SECRET_KEY is still “{PLACEHOLDER}”, which everybody knows. Set it to a long random text, or "
            "leave it out: then Earmark creates one."
        )
    return key or _own_secret_key()


def _own_secret_key() -> str:
    path = DATA_DIR / "secret_key"
    folder = os.open(DATA_DIR, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)  # web process and worker may start at the same time
        if not path.exists():
            new = path.with_suffix(".new")
            with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(50))
            new.replace(path)
    finally:
        os.close(folder)
    if (key := path.read_text()).strip():
        return key
    raise ImproperlyConfigured(
        f"{path} is empty. Put the key back, from a backup for instance; or delete the file: then Earmark creates a "
        "new key, and everybody has to sign in again."
    )


SECRET_KEY = _secret_key()
#: Keys of before, with which player passwords and sessions that they were made with go on working.
SECRET_KEY_FALLBACKS = env.list("EARMARK_SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("EARMARK_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("EARMARK_ORIGINS", default=[])

INSTALLED_APPS = [
    "library",
    "classifier",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_tasks_db",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
]

MIDDLEWARE = [
    "library.monitoring.logs.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    # Before all middleware that may return a response, so that every response has these headers.
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "library.http.middleware.SecurityHeadersMiddleware",
    "library.http.request_checks.RequestChecksMiddleware",
    "library.http.chunked_bodies.ChunkedBodiesMiddleware",
    "library.outgoing.static_files.StaticFilesMiddleware",
    "library.http.middleware.CompressionMiddleware",
    "library.monitoring.middleware.MonitoringMiddleware",
    "library.http.middleware.DiskReserveMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "library.http.files.FilesMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "library.accounts.devices.KnownDevicesMiddleware",
    "library.http.time_zones.TimeZoneMiddleware",
    "library.http.middleware.SignInRequiredMiddleware",
    "library.http.request_checks.FormChecksMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "library.http.middleware.DomainErrorMiddleware",
    "library.http.idempotent_forms.IdempotentFormsMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "library.http.context_processors.library",
            ],
        },
    }
]

# -- data

DATABASES = {
    "default": env.db_url("EARMARK_DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'earmark.sqlite3'}")
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # WAL: readers never wait for the writer. IMMEDIATE: a writer takes its lock before it reads.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # Not mapped into memory: that saved no time, counted as memory of each process, and a disk that fails to read a
        # page of a mapped file ends the process, where it is an error otherwise.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA mmap_size=0;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
#: How long a request waits for a lock of the database before it is refused (503).
EARMARK_DATABASE_WAIT_SECONDS = env.float("EARMARK_DATABASE_WAIT_SECONDS", default=5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

S3_BUCKET = env.str("EARMARK_S3_BUCKET", default="")
S3_ENDPOINT = env.str("EARMARK_S3_ENDPOINT", default="").rstrip("/") or None
#: Who sends files to browsers: `stream`, `x-accel-redirect`, `x-sendfile` or `signed-url` (library/outgoing/files.py).
EARMARK_FILES_BY = env.str("EARMARK_FILES_BY", default="signed-url" if S3_BUCKET else "stream")
EARMARK_X_ACCEL_PREFIX = env.str("EARMARK_X_ACCEL_PREFIX", default="/private-files/")
EARMARK_SIGNED_URL_SECONDS = env.int("EARMARK_SIGNED_URL_SECONDS", default=900)
#: Threads of each web process that read files for clients, and as many that make archives and exports.
EARMARK_STREAM_THREADS = env.int("EARMARK_STREAM_THREADS", default=4)
#: Songs that were made for players in another format are kept in so many bytes of the data folder; 0: none.
EARMARK_TRANSCODED_BYTES = env.int("EARMARK_TRANSCODED_BYTES", default=2**30)
if S3_BUCKET:
    _files = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "endpoint_url": S3_ENDPOINT,
            "region_name": env.str("EARMARK_S3_REGION", default=None),
            "default_acl": None,
            "file_overwrite": False,
            "signature_version": "s3v4",
            # Larger files are buffered on disk, not in memory.
            "max_memory_size": 2**20,
        },
    }
else:
    _files = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        # No base_url: uploads have no public address, only views that check who may see them.
        "OPTIONS": {
            "location": DATA_DIR / "files",
            # A web server that sends them is in the site's group.
            "file_permissions_mode": 0o640 if EARMARK_FILES_BY.startswith("x-") else 0o600,
        },
    }
STORAGES = {
    "default": _files,
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = DEBUG

# Where `make run` listens; the Procfile reads the same variable.
EARMARK_BIND = env.str("EARMARK_BIND", default="127.0.0.1:8000")
#: Requests that each web process answers at the same time, and how many more wait for that before others are refused.
EARMARK_WEB_THREADS = env.int("EARMARK_WEB_THREADS", default=8)
EARMARK_WEB_LINE = env.int("EARMARK_WEB_LINE", default=256)

#: What one internet address may have in each web process; 0: no limit. Behind proxies, connections are theirs.
EARMARK_REQUESTS_PER_SECOND = env.int("EARMARK_REQUESTS_PER_SECOND", default=50)
EARMARK_CONNECTIONS_PER_ADDRESS = env.int("EARMARK_CONNECTIONS_PER_ADDRESS", default=200)

# -- uploads

EARMARK_MAX_UPLOAD_BYTES = env.int("EARMARK_MAX_UPLOAD_BYTES", default=500 * 2**20)
#: The body of one request, which may hold several files.
EARMARK_MAX_REQUEST_BYTES = env.int(
    "EARMARK_MAX_REQUEST_BYTES", default=max(2 * 2**30, EARMARK_MAX_UPLOAD_BYTES + 2**20)
)
EARMARK_QUOTA_BYTES = env.int("EARMARK_QUOTA_BYTES", default=50 * 2**30)
#: Uploads are refused when less room than this is left on the disk, which everything else may still use.
EARMARK_KEEP_FREE_BYTES = env.int("EARMARK_KEEP_FREE_BYTES", default=256 * 2**20)
#: The size of a file that is given up when the disk is full all the same, so that people can sign in and delete.
EARMARK_RESERVE_BYTES = env.int("EARMARK_RESERVE_BYTES", default=32 * 2**20)
#: Deleted tracks are kept in the bin for this many days.
EARMARK_BIN_DAYS = env.int("EARMARK_BIN_DAYS", default=30)
#: Workers read every original again once in so many days, and compare it with its SHA-256; 0: never.
EARMARK_VERIFY_DAYS = env.int("EARMARK_VERIFY_DAYS", default=30)
EARMARK_VERIFY_BYTES_PER_SECOND = env.int("EARMARK_VERIFY_BYTES_PER_SECOND", default=20 * 2**20)
EARMARK_MAX_TRACK_SECONDS = env.int("EARMARK_MAX_TRACK_SECONDS", default=3 * 3600)
FILE_UPLOAD_HANDLERS = ["library.incoming.handler.HashingUploadHandler"]
# On the same file system as the library, so that storing an upload only renames it.
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "incoming"
DATA_UPLOAD_MAX_NUMBER_FILES = 100

# -- analysis

EARMARK_MODELS_DIR = Path(env.str("EARMARK_MODELS_DIR", default=str(BASE_DIR / "ml_models")))
EARMARK_MODEL = env.str("EARMARK_MODEL", default="msd-musicnn-1")
EARMARK_ANALYSIS_SECONDS = env.int("EARMARK_ANALYSIS_SECONDS", default=900)
EARMARK_ANALYSIS_MEMORY = env.int("EARMARK_ANALYSIS_MEMORY", default=2 * 2**30)
EARMARK_ANALYSIS_FILES = env.int("EARMARK_ANALYSIS_FILES", default=500)
EARMARK_ANALYSIS_ATTEMPTS = 3

TASKS = {
    "default": {
        "BACKEND": env.str("EARMARK_TASKS_BACKEND", default="django_tasks_db.DatabaseBackend"),
        "QUEUES": ["default"],
    }
}

# -- people

AUTH_USER_MODEL = "library.User"
AUTHENTICATION_BACKENDS = ["library.accounts.backends.LimitedBackend"]
#: Failed sign-ins allowed within EARMARK_SIGN_IN_MINUTES, per email address and per IP address.
EARMARK_SIGN_IN_PER_EMAIL = env.int("EARMARK_SIGN_IN_PER_EMAIL", default=5)
EARMARK_SIGN_IN_PER_ADDRESS = env.int("EARMARK_SIGN_IN_PER_ADDRESS", default=30)
EARMARK_SIGN_IN_MINUTES = env.int("EARMARK_SIGN_IN_MINUTES", default=15)
EARMARK_HTTPS = env.bool("EARMARK_HTTPS", default=False)
#: How many proxies in front of the site add the client's address to X-Forwarded-For.
EARMARK_PROXIES = env.int("EARMARK_PROXIES", default=1 if EARMARK_HTTPS else 0)
EARMARK_SIGNUP_OPEN = env.bool("EARMARK_SIGNUP_OPEN", default=True)
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "library"
LOGOUT_REDIRECT_URL = "login"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

DEFAULT_FROM_EMAIL = env.str("EARMARK_FROM_EMAIL", default="Earmark <earmark@localhost>")
#: Whether emails are sent. If so, sign-up is confirmed by email and does not reveal who has an account.
EARMARK_EMAIL_ENABLED = bool(EMAIL_HOST_NAME := env.str("EARMARK_EMAIL_HOST", default=""))
if EARMARK_EMAIL_ENABLED:
    MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {
                "host": EMAIL_HOST_NAME,
                "port": env.int("EARMARK_EMAIL_PORT", default=587),
                "username": env.str("EARMARK_EMAIL_USER", default=""),
                "password": env.str("EARMARK_EMAIL_PASSWORD", default=""),
                "use_tls": env.bool("EARMARK_EMAIL_TLS", default=True),
            },
        }
    }
else:
    MAILERS = {"default": {"BACKEND": "django.core.mail.backends.console.EmailBackend"}}

# -- API

#: Event streams of each web process, and those of one person among them.
EARMARK_EVENT_STREAMS = env.int("EARMARK_EVENT_STREAMS", default=500)
EARMARK_EVENT_STREAMS_PER_PERSON = env.int("EARMARK_EVENT_STREAMS_PER_PERSON", default=20)
#: Requests per minute and person; library/api/throttling.py derives the other limits from it.
EARMARK_API_PER_MINUTE = env.int("EARMARK_API_PER_MINUTE", default=1200)
#: When they came, for all web processes on this machine (library/api/request_log.py).
EARMARK_REQUEST_LOG = DATA_DIR / "requests.sqlite3"
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "library.api.auth.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "library.api.auth.TokenScope",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["library.api.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "library.api.openapi.ExplicitAutoSchema",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "library.api.pagination.KeysetPagination",
    "EXCEPTION_HANDLER": "library.api.errors.exception_handler",
    "DEFAULT_VERSIONING_CLASS": "rest_framework.versioning.NamespaceVersioning",
    "DEFAULT_VERSION": "v1",
    # Otherwise clients could avoid the limits by putting any address into X-Forwarded-For.
    "NUM_PROXIES": EARMARK_PROXIES,
    # `format` is a parameter of searches: the format of a file.
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Earmark",
    "DESCRIPTION": "A music library that listens.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": r"/api/v\d+",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "StatusEnum": "library.models.Track.Status",
        "ActStatusEnum": "library.models.BulkAction.Status",
        "LearnedVersionStatusEnum": "library.api.serializers.learned.VERSION_STATUSES",
    },
}

# -- browsers

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    # The nonce is for the waveform player, which adds a style element.
    "style-src": [CSP.SELF, CSP.NONCE],
    # Bootstrap's style sheet has icons in data: URLs.
    "img-src": [CSP.SELF, "data:"],
    "media-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}
if EARMARK_FILES_BY == "signed-url":
    # The host of signed URLs; the wildcard is for buckets with a host name of their own.
    _store = S3_ENDPOINT or "https://amazonaws.com"
    SECURE_CSP["media-src"] = [CSP.SELF, _store, _store.replace("://", "://*.")]
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "library.accounts.views.csrf_failure"
if EARMARK_HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    # Monitoring programs address the process itself, not the proxy.
    SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
    SECURE_HSTS_SECONDS = env.int("EARMARK_HSTS_SECONDS", default=31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = env.bool("EARMARK_HSTS_SUBDOMAINS", default=False)
    # Whether the other sites of the domain use HTTPS is not known here.
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

LANGUAGE_CODE = "en-gb"
TIME_ZONE = env.str("EARMARK_TIME_ZONE", default="UTC")
USE_TZ = True

# -- monitoring

#: The bearer token for /metrics; without one, /metrics is 404.
EARMARK_METRICS_TOKEN = env.str("EARMARK_METRICS_TOKEN", default="")
#: /readyz reports the job queue as not working when a track has been waiting for this many seconds; 0: never.
EARMARK_READY_QUEUE_SECONDS = env.int("EARMARK_READY_QUEUE_SECONDS", default=3600)

_json_log = env.str("EARMARK_LOG_FORMAT", default="lines") == "json"
_log_level = env.str("EARMARK_LOG_LEVEL", default="")
#: Lines about each task are for programs that read logs: in a terminal, the site's address would soon be out of sight.
_level_of_tasks = _log_level or ("INFO" if _json_log else "WARNING")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"context": {"()": "library.monitoring.logs.LogContextFilter"}},
    "formatters": {
        "lines": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "fmt": ["levelname", "name", "message", "request_id", "track_id"],
            "timestamp": True,
            # Django adds the request to its errors; its URL may hold what somebody searched for.
            "reserved_attrs": [*RESERVED_ATTRS, "request"],
        },
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "json" if _json_log else "lines",
            "filters": ["context"],
        }
    },
    "root": {"handlers": ["console"], "level": _log_level or "INFO"},
    "loggers": {
        # A line per request is for programs that read logs, too.
        "earmark.requests": {"level": "INFO" if _json_log else "WARNING"},
        "django.tasks": {"level": _level_of_tasks},
        "django_tasks_db": {"level": _level_of_tasks},
        "library.services.analysis": {"level": _level_of_tasks},
    },
}
