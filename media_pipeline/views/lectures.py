"""Lectures in the admin: list with live progress, upload, watch, try again, delete."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, QueryDict
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import conditional_page, require_GET, require_POST
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.log_actions import log
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.snippets.views import snippets

from cms.shared.errors import DomainError
from cms.shared.storage import cold_storage
from media_pipeline.enums import Condition, OriginalPolicy
from media_pipeline.forms import LectureForm
from media_pipeline.models import Lecture
from media_pipeline.selectors import addresses, addresses_of
from media_pipeline.selectors.lectures import held_renditions, length_of, reading, state_of, states, with_states
from media_pipeline.selectors.originals import original_of
from media_pipeline.services import files, lectures
from media_pipeline.services.lectures import is_outdated
from media_pipeline.views.upload_pages import upload_context
from media_pipeline.views.uploads import NAMESPACE
from organisations.models import Person

MOST_STATES = 100
# Which field of the form an error of a service belongs to.
FIELDS: dict[type[DomainError], str] = {files.CaptionsUnreadable: "captions", lectures.LectureBusy: "recording"}


class StateColumn(Column):
    """Where the lecture stands; a script keeps it up to date while work goes on."""

    cell_template_name = "media_pipeline/admin/state_cell.html"

    def get_cell_context_data(self, instance: Lecture, parent_context: dict[str, Any]) -> dict[str, Any]:
        context = super().get_cell_context_data(instance, parent_context)
        request = parent_context["request"]
        context["state"] = state_of(instance)
        context["can_change"] = ModelPermissionPolicy(Lecture).user_has_permission(request.user, "change")
        context["csrf_token"] = get_token(request)
        return context


class LengthColumn(Column):
    """How long the lecture is; the same script writes it when the preparation has ended."""

    cell_template_name = "media_pipeline/admin/length_cell.html"

    def get_value(self, instance: Lecture) -> str:
        return length_of(instance)


class LectureIndexView(snippets.IndexView):
    page_title = gettext_lazy("Lectures")
    default_ordering = "-uploaded_at"
    template_name = "media_pipeline/admin/lecture_index.html"

    @cached_property
    def columns(self) -> list[Column]:
        """Without check boxes: each lecture is deleted by itself, after a look at where it is used."""
        return [
            TitleColumn("title", label=_("Title"), sort_key="title", get_url=self.get_inspect_url),
            Column("lecturer", label=_("Lecturer"), sort_key="lecturer"),
            StateColumn("state", label=_("State")),
            LengthColumn("length", label=_("Length")),
            DateColumn("uploaded_at", label=_("Uploaded"), sort_key="uploaded_at"),
        ]


def _person(request: HttpRequest) -> Person:
    """Who asks; Wagtail has already sent everybody else to the sign-in page."""
    if not isinstance(request.user, Person):
        raise PermissionDenied
    return request.user


class _UploadMixin(ABC):
    """Answers a script, which shows how much is uploaded, in JSON; a plain form as ever."""

    request: HttpRequest
    object: Lecture

    def form_valid(self, form: LectureForm) -> HttpResponseBase:
        self.form = form
        try:
            self.object = self.save(form)
        except DomainError as error:
            form.add_error(FIELDS.get(type(error), "recording"), str(error))
            return self.form_invalid(form)
        messages.success(self.request, self.message())
        where = reverse(f"{NAMESPACE}:inspect", args=[self.object.pk])
        return JsonResponse({"location": where}) if self._is_scripted() else redirect(where)

    def form_invalid(self, form: LectureForm) -> HttpResponseBase:
        self.form = form
        if self._is_scripted():
            errors = {field: [str(text) for text in texts] for field, texts in form.errors.items()}
            return JsonResponse({"errors": errors}, status=422)
        return super().form_invalid(form)  # type: ignore[misc]

    def _is_scripted(self) -> bool:
        return self.request.headers.get("X-Requested-With") == "XMLHttpRequest"

    @abstractmethod
    def save(self, form: LectureForm) -> Lecture: ...

    @abstractmethod
    def message(self) -> str: ...


class LectureCreateView(_UploadMixin, snippets.CreateView):
    template_name = "media_pipeline/admin/lecture_form.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | upload_context(_person(self.request))

    def save(self, form: LectureForm) -> Lecture:
        said = form.cleaned_data
        lecture = lectures.receive_lecture(
            by=_person(self.request),
            title=said["title"],
            lecturer=said["lecturer"],
            upload=said["recording"],
            captions=said["captions"],
            picture_kind=said["picture_kind"],
        )
        log(instance=lecture, action="wagtail.create", user=self.request.user)
        return lecture

    def message(self) -> str:
        return _("“%(title)s” is uploaded. It is being prepared now; you may leave this page.") % {"title": self.object}


class LectureEditView(_UploadMixin, snippets.EditView):
    template_name = "media_pipeline/admin/lecture_form.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | upload_context(_person(self.request), self.object)

    def save(self, form: LectureForm) -> Lecture:
        said = form.cleaned_data
        lecture = lectures.change_lecture(
            by=_person(self.request),
            lecture=Lecture.objects.get(pk=self.object.pk),
            title=said["title"],
            lecturer=said["lecturer"],
            upload=said["recording"],
            captions=said["captions"],
            drop_captions=said.get("drop_captions", False),
            picture_kind=said["picture_kind"],
        )
        log(instance=lecture, action="wagtail.edit", user=self.request.user)
        return lecture

    def message(self) -> str:
        return _("“%(title)s” is saved.") % {"title": self.object}


class LectureDeleteView(snippets.DeleteView):
    def form_valid(self, form: Any) -> HttpResponse:
        lecture, where = self.object, self.get_success_url()
        try:
            lectures.delete_lecture(by=_person(self.request), lecture=lecture)
        except DomainError as error:
            messages.error(self.request, str(error))
            return redirect(reverse(f"{NAMESPACE}:inspect", args=[lecture.pk]))
        messages.success(self.request, self.get_success_message())
        return redirect(where)


class LectureInspectView(snippets.InspectView):
    """The lecture as learners will see it, and how its preparation stands."""

    template_name = "media_pipeline/admin/lecture_inspect.html"
    page_title = gettext_lazy("Lecture")

    def get_object(self, queryset: QuerySet[Lecture] | None = None) -> Lecture:
        return get_object_or_404(with_states(), pk=self.pk)

    def get_fields(self) -> list[str]:
        return []

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        lecture: Lecture = self.object
        context: dict[str, Any] = super().get_context_data(**kwargs)
        held = held_renditions(lecture)
        served = lecture.renditions
        context |= {
            "lecture": lecture,
            "state": state_of(lecture),
            "addresses": addresses(lecture),
            "length": length_of(lecture),
            "reading": reading(served) if served and served.condition != Condition.WHOLE else None,
            "held": held,
            "held_reading": reading(held) if held else None,
            "held_addresses": addresses_of(held, has_captions=False),
            "heights": " · ".join(f"{height}p" for height in lecture.renditions.heights) if lecture.renditions else "",
            "original": original_of(lecture),
            "is_outdated": is_outdated(lecture),
            "policies": OriginalPolicy.choices
            if cold_storage()
            else [choice for choice in OriginalPolicy.choices if choice[0] != OriginalPolicy.COLD],
            "states_url": reverse(f"{NAMESPACE}:states"),
            "can_change": self.user_has_permission("change"),
            "edit_url": self.get_edit_url(),
            "delete_url": self.get_delete_url(),
        }
        return context


def _require(request: HttpRequest, *actions: str) -> None:
    if not ModelPermissionPolicy(Lecture).user_has_any_permission(request.user, actions):
        raise PermissionDenied


@require_GET
@conditional_page
def lecture_states(request: HttpRequest) -> HttpResponse:
    """JSON states of the lectures `?pk=1&pk=2` for the script that keeps the list up to date."""
    _require(request, "add", "change", "delete", "view")
    pks = [int(pk) for pk in request.GET.getlist("pk")[:MOST_STATES] if pk.isascii() and pk.isdigit() and len(pk) < 19]
    found = [
        {
            "pk": state.lecture_pk,
            "state": state.state,
            "label": state.label,
            "percent": state.percent,
            "reason": state.reason,
            "is_over": state.is_over,
            "length": state.length,
        }
        for state in states(pks)
    ]
    return JsonResponse({"states": found})


@require_POST
def retry_lecture(request: HttpRequest, pk: int) -> HttpResponse:
    """Prepare a lecture again after it failed."""
    _require(request, "change")
    lecture = get_object_or_404(Lecture, pk=pk)
    _tried(request, lecture, lectures.retry_transcode)
    return redirect(_back(request, pk))


@require_POST
def prepare_lecture(request: HttpRequest, pk: int) -> HttpResponse:
    """Prepare a lecture anew, as lectures are prepared now."""
    _require(request, "change")
    _tried(request, get_object_or_404(Lecture, pk=pk), lectures.prepare_again)
    return redirect(_back(request, pk))


def _tried(request: HttpRequest, lecture: Lecture, deed: Callable[..., Any]) -> None:
    try:
        deed(by=_person(request), lecture=lecture)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("“%(title)s” is being prepared again.") % {"title": lecture})


@require_POST
def cancel_lecture(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop preparing a lecture; back to where it was asked."""
    _require(request, "change")
    lecture = get_object_or_404(Lecture, pk=pk)
    if lectures.cancel_transcode(by=_person(request), lecture=lecture):
        messages.success(request, _("The preparation of “%(title)s” is being stopped.") % {"title": lecture})
    else:
        messages.info(request, _("Nothing of “%(title)s” was being prepared any more.") % {"title": lecture})
    return redirect(_back(request, pk))


def _back(request: HttpRequest, pk: int) -> str:
    """Where a deed was asked for: the list, the page of all work as it was filtered, or the lecture's own page."""
    match request.POST.get("next"):
        case "list":
            return reverse(f"{NAMESPACE}:list")
        case "jobs":
            query = QueryDict(request.POST.get("query", "")[:500]).urlencode()
            return f"{reverse(f'{NAMESPACE}:jobs')}?{query}" if query else reverse(f"{NAMESPACE}:jobs")
    return reverse(f"{NAMESPACE}:inspect", args=[pk])


@require_POST
def use_lecture(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what could be read of an incomplete or damaged recording."""
    _require(request, "change")
    lecture = get_object_or_404(Lecture, pk=pk)
    try:
        lectures.accept_renditions(by=_person(request), lecture=lecture)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("“%(title)s” is shown as far as it could be read.") % {"title": lecture})
    return redirect(reverse(f"{NAMESPACE}:inspect", args=[pk]))
