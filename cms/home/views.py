from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from cms.home.models import HomePage
from cms.home.selectors import account
from cms.shared.public import private, public
from courses import selectors
from courses.models import CourseIndexPage
from courses.views import language_urls, person_of


def home(request: HttpRequest, page: HomePage) -> HttpResponseBase:
    index = CourseIndexPage.objects.child_of(page).live().first()
    context = {
        **page.get_context(request),
        "featured": selectors.featured(language=get_language() or "", on=timezone.localdate()),
        "catalogue": index,
        "language_urls": language_urls(page, request),
    }
    return public(request, TemplateResponse(request, page.template, context))


@require_GET
def learner_fragment(request: HttpRequest) -> HttpResponse:
    """The learner's part of a public page, in one answer: the header's account part, and a place in a course."""
    if not request.user.is_authenticated:
        return private(render(request, "home/learner_fragment.html", {"account": None}))
    person = person_of(request)
    return private(
        render(request, "home/learner_fragment.html", {"account": account(person), "panel": _panel(request)})
    )


def _panel(request: HttpRequest) -> selectors.LearnerPanel | None:
    try:
        key = UUID(request.GET.get("course", ""))
    except ValueError:
        return None
    return selectors.learner_panel(
        person=person_of(request), course_key=key, language=get_language() or "", on=timezone.localdate()
    )
