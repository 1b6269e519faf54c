import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings.production")
application = get_wsgi_application()

from cms.shared.checks import refuse_unsafe_start  # noqa: E402 - needs the applications that were just loaded

refuse_unsafe_start()
