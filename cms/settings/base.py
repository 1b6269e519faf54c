"""Settings that every environment shares. Environments add to this; they never switch a safeguard off."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from celery.schedules import crontab
from django.utils.translation import gettext_lazy as _
from kombu import Exchange, Queue

from cms.shared import logs

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = BASE_DIR / "var"

INSTALLED_APPS = [
    "cms.shared",
    "organisations",
    "media_pipeline",
    "quizzes",
    "credits",
    "events",
    "claims",
    "courses",
    "cms.home",
    "wagtail.contrib.settings",
    "wagtail.contrib.table_block",
    "wagtail.contrib.simple_translation",
    "wagtail.locales",
    "wagtail.embeds",
    "wagtail.sites",
    "organisations.views.users_app.PeopleInWagtail",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "taggit",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_vite",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "cms.shared.http.RequestIdMiddleware",
    "cms.shared.http.RequestLogMiddleware",
    "cms.shared.compression.CompressionMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "cms.shared.http.PolicyMiddleware",
    "cms.shared.http.NulMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "cms.shared.http.SlidingSessionMiddleware",
    "cms.shared.http.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "cms.shared.free_text.NumbersHiddenMiddleware",
    "cms.shared.http.DomainErrorMiddleware",
    "organisations.views.middleware.StaffMfaMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "cms.urls"
WSGI_APPLICATION = "cms.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "frontend" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "cms.shared.http.site_context",
            ],
        },
    },
]

AUTH_USER_MODEL = "organisations.Person"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "organisations.forms.MinimumLength"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "courses:my_learning"
LOGOUT_REDIRECT_URL = "/"

# Whoever holds a role over others, and every superuser, needs TOTP before anything else. Production says True.
REQUIRE_STAFF_MFA = False
ACCOUNT_ADAPTER = "organisations.views.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "organisations.forms.SignInForm",
    "change_password": "organisations.forms.NewPasswordForm",
    "reset_password": "organisations.forms.ForgottenPasswordForm",
    "reset_password_from_key": "organisations.forms.ResetPasswordByKeyForm",
}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_LOGIN_METHODS = {"phone", "email", "username"}
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
# Nothing here may lock a hospital's one address out.
ACCOUNT_RATE_LIMITS = {
    "login": "600/m/ip",
    "login_failed": None,
    "activation_failed": "60/15m/ip,5/15m/key",
    "statement_failed": "60/15m/ip,5/15m/key",
    "register": "120/h/ip",
    # The present password is counted by account, five wrong ones and a pause: see organisations/services/passwords.py.
    "change_password": "30/m/user",
    "reauthenticate": "30/m/user",
    "register_mail": "5/h/key",
    "reset_password": "120/m/ip,5/m/key",
    "reset_password_from_key": "120/m/ip",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Isocenter"
MFA_TOTP_TOLERANCE = 1
MFA_ALLOW_UNVERIFIED_EMAIL = True  # units enter addresses; many installations have no mail server
MFA_ADAPTER = "organisations.views.adapter.MfaAdapter"
# Lock-out by account and address together, never by address alone: a hospital is one address. The account is kept as a
# keyed hash of the person, whichever name was typed; the form's fields are not kept.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "organisations.views.lockout.account_index"
AXES_CLIENT_IP_CALLABLE = "cms.shared.http.client_address"
AXES_LOCKOUT_CALLABLE = "organisations.views.lockout.locked_out"
AXES_SENSITIVE_PARAMETERS = ["login", "username", "email", "phone", "code", "ip_address", "next"]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True  # the audit log keeps sign-ins
AXES_VERBOSE = False

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = WAGTAIL_CONTENT_LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
# Wagtail offers its editors every language it has; ours are complete in these.
WAGTAILADMIN_PERMITTED_LANGUAGES = LANGUAGES
# The first wins: our own texts, then those that Wagtail lacks in Chinese, and those that allauth says badly.
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale" / "wagtail", BASE_DIR / "locale" / "allauth"]
USE_I18N = True
WAGTAIL_I18N_ENABLED = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
# One society, one time: nobody chooses another one in the admin.
WAGTAIL_USER_TIME_ZONES = [TIME_ZONE]
# Whose public holidays are no working days (a file of credits/holidays); "" where none are known.
HOLIDAYS = "cn@2026.1"

STATIC_URL = "/static/"
STATIC_ROOT: Path | None = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "frontend" / "dist"]
MEDIA_URL = "/media/"
DJANGO_VITE: dict[str, dict[str, Any]] = {
    "default": {
        "dev_mode": False,
        "manifest_path": BASE_DIR / "frontend" / "dist" / "manifest.json",
    }
}

WAGTAIL_SITE_NAME = "Isocenter · 影技学堂"
WAGTAILADMIN_BASE_URL = "http://localhost:8000"
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAILUSERS_PASSWORD_ENABLED = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAILDOCS_SERVE_METHOD = "serve_view"

SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_AGE = 12 * 60 * 60
# A session lives on while it is used; that is written down at most this often.
SESSION_TOUCH_S = 15 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# The policy of every page. Wagtail's admin and the API's documentation have a second one, ADMIN_POLICY: Wagtail writes
# inline scripts and styles, evaluates templates of its own, and shows previews in frames; only staff reach it.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "media-src": ["'self'", "blob:"],
        "worker-src": ["'self'", "blob:"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'self'"],
    }
}
ADMIN_POLICY = {
    "default-src": ["'self'"],
    "script-src": ["'self'", "'unsafe-inline'", "'unsafe-eval'"],
    "style-src": ["'self'", "'unsafe-inline'"],
    "img-src": ["'self'", "data:", "blob:"],
    "media-src": ["'self'", "blob:"],
    "worker-src": ["'self'", "blob:"],
    "frame-src": ["'self'"],
    "object-src": ["'none'"],
    "base-uri": ["'self'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'self'"],
}
ADMIN_POLICY_PREFIXES = ("/admin/", "/api/v1/docs/")

# Vite puts a hash of eight characters into the names of what it builds.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/(assets/.+[.-][0-9A-Za-z_-]{8}\..+|.+\.[0-9a-f]{12}\..+)$"

# The broker carries wake-up calls only; a task is acknowledged when it is done.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "isocenter"
# Encoding takes minutes to hours: what somebody waits for at a screen never stands behind it. A worker without -Q
# serves both queues. Each has an exchange of its own, or one message would reach both.
CELERY_TASK_QUEUES = [Queue(name, Exchange(name), routing_key=name) for name in (CELERY_TASK_DEFAULT_QUEUE, "media")]
CELERY_TASK_ROUTES = {
    "media_pipeline.run_transcode": {"queue": "media"},
    "home.make_demo_lectures": {"queue": "media"},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "Asia/Shanghai"
CELERY_BEAT_SCHEDULE = {
    "reap": {"task": "shared.reap_jobs", "schedule": 60.0, "options": {"expires": 55}},
    "settle": {"task": "courses.settle_outcomes", "schedule": 30.0, "options": {"expires": 25}},
    "close": {"task": "quizzes.close_overdue", "schedule": 30.0, "options": {"expires": 25}},
    "answer_files": {"task": "quizzes.sweep_files", "schedule": crontab(hour=4, minute=5)},
    "mail": {"task": "organisations.send_mails", "schedule": 60.0, "options": {"expires": 55}},
    "rosters": {"task": "organisations.erase_rosters", "schedule": crontab(hour=3, minute=20)},
    "roles": {"task": "organisations.sync_roles", "schedule": crontab(hour=0, minute=5)},
    "uploads": {"task": "media_pipeline.sweep_uploads", "schedule": crontab(minute=20)},
    "renditions": {"task": "media_pipeline.sweep_renditions", "schedule": crontab(hour=3, minute=55)},
    "originals": {"task": "media_pipeline.sweep_originals", "schedule": crontab(hour=2, minute=10)},
    "sheets": {"task": "organisations.erase_old_sheets", "schedule": crontab(minute=35)},
    "batches": {"task": "media_pipeline.forget_batches", "schedule": crontab(hour=3, minute=50)},
    "disclosures": {"task": "credits.erase_disclosures", "schedule": crontab(minute=25)},
    "objections": {"task": "credits.escalate_objections", "schedule": crontab(minute=45)},
    "promises": {"task": "organisations.keep_promises", "schedule": crontab(minute=20)},
    "checkpoint": {"task": "credits.checkpoint", "schedule": crontab(hour=3, minute=30)},
}
# True where every queue has one worker: when it starts, nobody else can be running the jobs of its queues.
ONE_WORKER_A_QUEUE = False
# How long a job is its worker's after the last sign of life.
JOB_LEASE_S = 60
# How many jobs of a model run at once over all workers, by label; not named, as many as there are workers. One encode
# keeps two processors busy.
JOBS_AT_ONCE: dict[str, int] = {"media_pipeline.TranscodeJob": max(1, (os.cpu_count() or 1) // 2)}

LOGGING_CONFIG = "logging.config.dictConfig"
LOGGING = logs.configure(level=os.environ.get("LOG_LEVEL", "INFO"))
CSRF_FAILURE_VIEW = "cms.shared.http.csrf_failure"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["cms.shared.parsers.BodyParser"],
    "DEFAULT_PAGINATION_CLASS": "cms.shared.http.Pagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "cms.shared.http.api_exception_handler",
    "PAGE_SIZE": 20,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Isocenter API",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "PREPROCESSING_HOOKS": ["cms.shared.http.only_our_api"],
}

# One list "id:base64 of 32 bytes" per purpose; the first is active, the others still read what they wrote.
ISOCENTER_KEYS: dict[str, list[str]] = {}
# Reverse proxies in front of the server whose X-Forwarded-For entry is believed.
TRUSTED_PROXY_COUNT = 0
# Filing numbers printed in the footer; empty prints nothing.
ICP_NUMBER = ""
PUBLIC_SECURITY_NUMBER = ""
# Demo people and time-scaled offers may exist only where this is true.
DEMO_ALLOWED = False
# Dotted path of the class that hands short messages to a gateway (cms.shared.sms.Driver); empty: none are sent.
SMS_DRIVER = ""
# Set by production.py: refuses to start on what must not be there.
PRODUCTION = False
# Prometheus' figures at /metrics; keep the address from the world at the proxy.
METRICS_ENABLED = False
# The credit rules whose figures are shown where none are asked for.
DEFAULT_RULE_SET = "cn-henan-cme"
# The title ladder that people are shown.
DEFAULT_TITLE_PATHWAY = "cn-title-2021"

# Greatest size of one uploaded recording.
LECTURE_MAX_BYTES = 10 * 1024**3
# How recordings arrive: in parts of so many bytes, kept for so many days after the last one came; so long nobody else
# may write after the last sign of life of a request that does.
LECTURE_UPLOAD_PART_BYTES = 8 * 1024**2
LECTURE_UPLOAD_DAYS = 7
LECTURE_UPLOAD_LEASE_S = 10.0
# How many bytes of recordings and renditions a unit may keep that has no limit of its own; None: as many as there is
# room for.
LECTURE_QUOTA_BYTES: int | None = None
# What becomes of the uploaded file so many days after a good set was made of it: "keep", "cold" (moved to the storage
# "cold"), "delete". A lecture may have a rule of its own.
LECTURE_ORIGINALS = "keep"
LECTURE_ORIGINAL_DAYS = 90
# How lecture files leave the server: "django" streams them, "accel" hands them to nginx (X-Accel-Redirect below
# LECTURE_ACCEL_PREFIX), "redirect" sends the browser to a signed address of the S3-compatible storage.
LECTURE_DELIVERY = "django"
LECTURE_ACCEL_PREFIX = "/private/"

# The file with the random ids of erased accounts, apart from database, storage and backups: organisations.services.
ERASURE_LIST: str | Path = ""
# Public keys (age1…) for which `manage.py backup` encrypts; the private ones lie elsewhere.
BACKUP_RECIPIENTS = [item.strip() for item in os.environ.get("BACKUP_RECIPIENTS", "").split(",") if item.strip()]
