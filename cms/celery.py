"""The Celery application: it only carries wake-up calls; the job rows are the truth."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings.dev")
app = Celery("isocenter")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
