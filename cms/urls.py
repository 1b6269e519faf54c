"""Composition root: every URL include, nothing else."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.urls import URLPattern, URLResolver, include, path, re_path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.admin.auth import require_admin_access
from wagtail.documents import urls as wagtaildocs_urls

from cms import api
from cms.shared import health, http, pictures
from courses import manage_urls as courses_manage
from credits import manage_urls as credits_manage
from organisations import manage_urls as organisations_manage
from organisations.views import account, admin
from quizzes import manage_urls as quizzes_manage

_MANAGE = organisations_manage.urlpatterns + credits_manage.urlpatterns + quizzes_manage.urlpatterns
_MANAGE += courses_manage.urlpatterns

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("api/v1/", include(api.urlpatterns)),
    re_path(r"^api/", http.unknown_address),
    path("admin/login/", account.admin_login),
    path("admin/account/", require_admin_access(admin.AccountView.as_view())),
    path("admin/bulk/organisations/person/<path:deed>", require_admin_access(admin.people)),
    path("admin/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    path("media/<str:folder>/<str:name>", pictures.picture),
    path("", include("media_pipeline.urls")),
]
if settings.METRICS_ENABLED:
    urlpatterns += [path("", include("django_prometheus.urls"))]
urlpatterns += i18n_patterns(
    path("account/", include("organisations.urls")),
    path("account/", include("allauth.urls")),
    # One namespace for the pages of management, whichever package they are of.
    path("manage/", include((_MANAGE, "manage"))),
    path("learning/", include("courses.urls")),
    path("credits/", include("credits.urls")),
    path("", include("cms.home.urls")),
    path("quizzes/", include("quizzes.urls")),
    path("", include(wagtail_urls)),
    prefix_default_language=True,
)

handler400 = "cms.shared.http.bad_request"
handler403 = "cms.shared.http.forbidden"
handler404 = "cms.shared.http.page_not_found"
handler500 = "cms.shared.http.server_error"
