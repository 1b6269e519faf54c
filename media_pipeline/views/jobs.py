"""The work on recordings in the admin: what waits, runs and has ended, kept up to date by a script."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy
from django.views.decorators.http import conditional_page, require_GET
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.permission_policies import ModelPermissionPolicy

from cms.shared.jobs import JobState
from media_pipeline.enums import JobAge, MediaWork
from media_pipeline.models import Lecture
from media_pipeline.selectors.jobs import JobFilter, JobLine, editors, jobs_of_all, lines, lines_by_key
from organisations.models import Person

A_PAGE = 25
MOST_KEYS = 100


class JobFilterForm(forms.Form):
    state = forms.ChoiceField(label=gettext_lazy("State"), required=False)
    editor = forms.ChoiceField(label=gettext_lazy("Editor"), required=False)
    age = forms.ChoiceField(label=gettext_lazy("Asked for"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (
            ("state", [("", gettext_lazy("All")), *JobState.choices]),
            ("editor", [("", gettext_lazy("Everybody")), *editors()]),
            ("age", [("", gettext_lazy("At any time")), *JobAge.choices]),
        ):
            field: Any = self.fields[name]
            field.choices = choices

    def wanted(self) -> JobFilter:
        """What is asked for; nonsense asks for everything."""
        said = self.cleaned_data if self.is_valid() else {}
        return JobFilter(state=said.get("state", ""), editor=said.get("editor") or None, age=said.get("age", ""))


def watcher(request: HttpRequest) -> tuple[Person, bool]:
    """Who asks, and whether they run this site. Raises PermissionDenied to those who may not change lectures."""
    person = request.user
    if not isinstance(person, Person) or not ModelPermissionPolicy(Lecture).user_has_permission(person, "change"):
        raise PermissionDenied
    return person, bool(person.has_perm("wagtailcore.change_site"))


class JobsView(WagtailAdminTemplateMixin, TemplateView):
    template_name = "media_pipeline/admin/jobs.html"
    page_title = gettext_lazy("Work on recordings")
    header_icon = "tasks"
    _show_breadcrumbs = True

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*super().get_breadcrumbs_items(), {"url": "", "label": self.page_title}]

    @cached_property
    def watcher(self) -> tuple[Person, bool]:
        return watcher(self.request)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        person, is_operator = self.watcher
        form = JobFilterForm(self.request.GET)
        page = Paginator(jobs_of_all(person, form.wanted()), A_PAGE).get_page(self.request.GET.get("p"))
        return {
            **super().get_context_data(**kwargs),
            "form": form,
            "is_filtered": any(form.wanted().__dict__.values()),
            "page": page,
            "elided_page_range": page.paginator.get_elided_page_range(page.number),
            "lines": lines(list(page.object_list), person, is_operator=is_operator),
            "is_operator": is_operator,
            "query": self.request.GET.urlencode(),
        }


@require_GET
@conditional_page
def job_states(request: HttpRequest) -> HttpResponse:
    """JSON of the jobs `?key=transcode-1&key=check-2`, for the script that keeps the page up to date."""
    person, _is_operator = watcher(request)
    wanted: dict[str, list[int]] = {}
    for key in request.GET.getlist("key")[:MOST_KEYS]:
        work, _dash, pk = key.partition("-")
        if work in MediaWork.values and pk.isascii() and pk.isdigit() and len(pk) < 19:
            wanted.setdefault(work, []).append(int(pk))
    found = lines_by_key(wanted, person, is_operator=False)
    return JsonResponse({"jobs": [_told(found[key]) for key in sorted(found)]})


def _told(line: JobLine) -> dict[str, Any]:
    return {
        "key": line.key,
        "state": line.state,
        "label": line.label,
        "percent": line.percent,
        "left": line.left,
        "attempt": line.attempt,
        "reason": line.reason,
        "is_over": line.is_over,
        "can_retry": line.can_retry,
        "can_cancel": line.can_cancel,
    }
