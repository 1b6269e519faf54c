"""Pages of courses for visitors and learners. Wagtail pages come here through `wagtail_hooks`."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from wagtail.models import Page

from cms.shared.errors import DomainError, NotFound
from cms.shared.public import private, public
from courses import selectors
from courses.enums import Modality
from courses.forms import AttentionForm, SignOffForm
from courses.models import CourseIndexPage, CoursePage, LessonPage, QuizPage
from courses.selectors.watched import watched_report
from courses.services import enrolment as enrolments
from courses.services import playing, progress, quiz_pages, studying
from organisations.models import Person


def learner_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """For people who are signed in; what they get is kept by no cache."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return private(view(request, *args, **kwargs))

    return login_required(guarded)


def person_of(request: HttpRequest) -> Person:
    return cast(Person, request.user)


def language_urls(page: Page, request: HttpRequest) -> dict[str, str]:
    """Language code → address of the published page or its translation."""
    pages = page.get_translations(inclusive=True).live().select_related("locale").defer_streamfields()
    return {other.locale.language_code: other.get_url(request) for other in pages}


# Public pages


def catalogue(request: HttpRequest, page: CourseIndexPage) -> HttpResponseBase:
    chosen = {name: request.GET.get(name, "") for name in ("kind", "modality", "credit")}
    courses = selectors.catalogue(index=page, on=timezone.localdate(), number=request.GET.get("page", "1"), **chosen)
    context = {
        **page.get_context(request),
        "courses": courses,
        "chosen": chosen,
        "modalities": Modality.choices,
        "language_urls": language_urls(page, request),
    }
    return public(request, TemplateResponse(request, page.template, context))


def course(request: HttpRequest, page: CoursePage) -> HttpResponseBase:
    context = {
        **page.get_context(request),
        "course": selectors.course_detail(page=page, on=timezone.localdate()),
        "crumbs": crumbs(request, page),
        "language_urls": language_urls(page, request),
    }
    return public(request, TemplateResponse(request, page.template, context))


def crumbs(request: HttpRequest, page: Page) -> list[tuple[str, str]]:
    """(title, address) of what stands above the page, below the site's root, and the page itself without address."""
    above = page.get_ancestors().filter(depth__gt=2).specific(defer=True)
    return [(ancestor.title, ancestor.get_url(request) or "") for ancestor in above] + [(page.title, "")]


# A learner's pages


@learner_only
def lesson(request: HttpRequest, page: LessonPage) -> HttpResponse:
    person = person_of(request)
    study = studying.study(person=person, lesson=page, return_url=page.get_url(request) or request.path)
    if study is None:
        messages.info(request, _("Enrol in the course first; then its lessons open."))
        return redirect("courses:course_panel", course_key=selectors.course_of(page).translation_key)
    context = {
        **page.get_context(request),
        "study": study,
        "crumbs": crumbs(request, page),
        "language_urls": language_urls(page, request),
    }
    return TemplateResponse(request, page.template, context).render()


@learner_only
def quiz_page(request: HttpRequest, page: QuizPage) -> HttpResponse:
    desk = quiz_pages.sit_down(person=person_of(request), page=page, return_url=page.get_url(request) or request.path)
    context = {
        **page.get_context(request),
        "desk": desk,
        "told": desk.announcement,
        "crumbs": crumbs(request, page),
        "language_urls": language_urls(page, request),
    }
    return TemplateResponse(request, page.template, context).render()


@require_GET
@learner_only
def my_learning(request: HttpRequest) -> HttpResponse:
    standings = selectors.my_learning(person=person_of(request), language=get_language() or "")
    return render(
        request,
        "courses/my_learning.html",
        {
            "active": [standing for standing in standings if standing.is_active],
            "completed": [standing for standing in standings if standing.is_complete],
        },
    )


@require_GET
@learner_only
def course_panel(request: HttpRequest, course_key: UUID) -> HttpResponse:
    panel = selectors.learner_panel(
        person=person_of(request), course_key=course_key, language=get_language() or "", on=timezone.localdate()
    )
    if panel is None:
        raise Http404
    return render(request, "courses/course_panel.html", {"panel": panel})


@require_POST
@learner_only
def enrol(request: HttpRequest, offer_id: UUID) -> HttpResponse:
    offer = selectors.offer_of(offer_id)
    if offer is None:
        raise NotFound
    enrolment = enrolments.enrol(person=person_of(request), offer=offer)
    messages.success(request, _("You are enrolled. Start with the first lesson."))
    return redirect("courses:course_panel", course_key=enrolment.course_key)


@require_POST
@learner_only
def withdraw(request: HttpRequest, enrolment_id: UUID) -> HttpResponse:
    enrolments.withdraw(person=person_of(request), enrolment_id=enrolment_id)
    messages.success(request, _("You have left the course. What you studied is kept if you come back."))
    return redirect("courses:my_learning")


@require_POST
@learner_only
def confirm_reading(request: HttpRequest, lesson_key: UUID) -> HttpResponse:
    page = selectors.lesson_for(lesson_key, get_language() or "")
    if page is None:
        raise NotFound
    progress.confirm_reading(person=person_of(request), lesson=page)
    messages.success(request, _("Recorded: you have read this lesson."))
    return redirect(page.get_url(request) or reverse("courses:my_learning"))


@require_POST
@learner_only
def attend(request: HttpRequest, lesson_key: UUID) -> HttpResponse:
    """The answer without JavaScript, or later, from the lesson's page."""
    page = selectors.lesson_for(lesson_key, get_language() or "")
    if page is None:
        raise NotFound
    form = AttentionForm(request.POST)
    answers = form.cleaned_data["checks"] if form.is_valid() else []
    playing.attend(person=person_of(request), lesson_key=lesson_key, answers=answers)
    messages.success(request, _("Confirmed: these minutes count."))
    return redirect(page.get_url(request) or reverse("courses:my_learning"))


@require_GET
@learner_only
def watched(request: HttpRequest, lesson_key: UUID) -> HttpResponse:
    report = watched_report(person=person_of(request), lesson_key=lesson_key, language=get_language() or "")
    if report is None:
        raise Http404
    return render(request, "courses/watched.html", {"report": report})


@require_GET
@learner_only
def sign_offs(request: HttpRequest) -> HttpResponse:
    scope = progress.sign_off_scope(person_of(request))
    parts = selectors.open_sign_offs(scope=scope, by=person_of(request), number=request.GET.get("page", "1"))
    for part in parts:
        part.form = SignOffForm(planned=part.planned, prefix=str(part.progress.public_id))
    return render(request, "courses/sign_offs.html", {"parts": parts})


@require_POST
@learner_only
def sign_off(request: HttpRequest, progress_id: UUID) -> HttpResponse:
    # Whose it is comes before what was typed: strangers learn nothing from the form's answers.
    progress.part_to_sign_off(by=person_of(request), progress_id=progress_id)
    form = SignOffForm(request.POST, prefix=str(progress_id))
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return redirect("courses:sign_offs")
    try:
        signed = progress.sign_off(by=person_of(request), progress_id=progress_id, **form.cleaned_data)
    except DomainError as error:
        if error.http_status in {403, 404}:
            raise
        messages.error(request, str(error))
        return redirect("courses:sign_offs")
    messages.success(request, _("Signed off: %(lesson)s.") % {"lesson": signed.title})
    return redirect("courses:sign_offs")


PAGE_VIEWS: dict[type[Page], Callable[..., HttpResponseBase]] = {
    CourseIndexPage: catalogue,
    CoursePage: course,
    LessonPage: lesson,
    QuizPage: quiz_page,
}
