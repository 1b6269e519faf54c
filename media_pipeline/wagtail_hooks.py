"""Lectures in Wagtail's admin."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet

from media_pipeline.forms import LectureChangeForm, LectureForm
from media_pipeline.models import Lecture
from media_pipeline.selectors.lectures import with_states
from media_pipeline.views import disk, jobs, lectures, originals, quotas, upload_pages, uploads


class LectureViewSet(SnippetViewSet):
    model = Lecture
    icon = "media"
    menu_label = gettext_lazy("Lectures")
    menu_order = 250
    add_to_admin_menu = True
    inspect_view_enabled = True
    copy_view_enabled = False
    search_fields = ["title", "lecturer", "source_name"]
    index_view_class = lectures.LectureIndexView
    add_view_class = lectures.LectureCreateView
    edit_view_class = lectures.LectureEditView
    delete_view_class = lectures.LectureDeleteView
    inspect_view_class = lectures.LectureInspectView
    index_template_name = "media_pipeline/admin/lecture_index.html"
    create_template_name = edit_template_name = "media_pipeline/admin/lecture_form.html"
    inspect_template_name = "media_pipeline/admin/lecture_inspect.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        return with_states()

    def get_form_class(self, for_update: bool = False) -> type[LectureForm]:
        return LectureChangeForm if for_update else LectureForm

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            *super().get_urlpatterns(),
            path("states/", lectures.lecture_states, name="states"),
            path("retry/<int:pk>/", lectures.retry_lecture, name="retry"),
            path("cancel/<int:pk>/", lectures.cancel_lecture, name="cancel"),
            path("use/<int:pk>/", lectures.use_lecture, name="use"),
            path("jobs/", jobs.JobsView.as_view(http_method_names=["get"]), name="jobs"),
            path("jobs/states/", jobs.job_states, name="job_states"),
            path("prepare/<int:pk>/", lectures.prepare_lecture, name="prepare"),
            path("originals/", originals.OriginalsView.as_view(http_method_names=["get"]), name="originals"),
            path("originals/prepare/", originals.prepare_all, name="prepare_all"),
            path("originals/<int:pk>/", originals.original_rule, name="original_rule"),
            path("disk/", disk.DiskView.as_view(http_method_names=["get"]), name="disk"),
            path("quotas/", quotas.QuotasView.as_view(http_method_names=["get"]), name="quotas"),
            path("quotas/<uuid:public_id>/", quotas.QuotasView.as_view(http_method_names=["post"]), name="quota"),
            path("uploads/", upload_pages.upload_states, name="upload_states"),
            path("uploads/<uuid:public_id>/", upload_pages.upload_deed, name="upload"),
            path("uploads/tus/", uploads.creation, name="tus"),
            path("uploads/tus/<uuid:public_id>/", uploads.one_upload, name="tus_upload"),
        ]


register_snippet(LectureViewSet)


class QuotasMenuItem(MenuItem):
    """For system administrators, by what is known of them without asking: the page checks which units they keep."""

    def is_shown(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("wagtailcore.change_site"))


@hooks.register("register_settings_menu_item")
def quotas_menu_item() -> MenuItem:
    where = reverse(f"{lectures.NAMESPACE}:quotas")
    return QuotasMenuItem(gettext_lazy("Space for recordings"), where, icon_name="media", order=900)


@hooks.register("register_reports_menu_item")
def disk_menu_item() -> MenuItem:
    where = reverse(f"{lectures.NAMESPACE}:disk")
    return QuotasMenuItem(gettext_lazy("What recordings take on the disk"), where, icon_name="media", order=910)


class JobsMenuItem(MenuItem):
    """For those who look after lectures."""

    def is_shown(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("media_pipeline.change_lecture"))


@hooks.register("register_reports_menu_item")
def jobs_menu_item() -> MenuItem:
    where = reverse(f"{lectures.NAMESPACE}:jobs")
    return JobsMenuItem(gettext_lazy("Work on recordings"), where, icon_name="tasks", order=900)


@hooks.register("register_reports_menu_item")
def originals_menu_item() -> MenuItem:
    where = reverse(f"{lectures.NAMESPACE}:originals")
    return JobsMenuItem(gettext_lazy("Originals of recordings"), where, icon_name="media", order=905)


@hooks.register("before_bulk_action")
def refuse_bulk_deletion(
    request: HttpRequest, action_type: str, objects: list[Any], action_class: Any
) -> HttpResponse | None:
    """A lecture is deleted with its files, by one service, one at a time."""
    if action_type == "delete" and any(isinstance(found, Lecture) for found in objects):
        messages.error(request, _("Lectures are deleted one at a time. Open the lecture and delete it there."))
        return redirect(reverse(f"{lectures.NAMESPACE}:list"))
    return None
