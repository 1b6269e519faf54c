"""Lectures in Wagtail's admin."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet

from media_pipeline.forms import LectureChangeForm, LectureForm
from media_pipeline.models import Lecture
from media_pipeline.selectors.lectures import with_states
from media_pipeline.views import lectures


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
        ]


register_snippet(LectureViewSet)


@hooks.register("before_bulk_action")
def refuse_bulk_deletion(
    request: HttpRequest, action_type: str, objects: list[Any], action_class: Any
) -> HttpResponse | None:
    """A lecture is deleted with its files, by one service, one at a time."""
    if action_type == "delete" and any(isinstance(found, Lecture) for found in objects):
        messages.error(request, _("Lectures are deleted one at a time. Open the lecture and delete it there."))
        return redirect(reverse(f"{lectures.NAMESPACE}:list"))
    return None
