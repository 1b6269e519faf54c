"""What every page of people and units shares: who asks, and the navigation around the page."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from cms.shared import search_words
from organisations.models import Person
from organisations.selectors import manage


def person_of(request: HttpRequest) -> Person:
    """Who is signed in; `managed` asks for that first."""
    return cast(Person, request.user)


def managed(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A view for the signed-in only that no cache keeps. Its first line asks for a power (`required_scope`)."""

    def read(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with search_words.read_by(str(person_of(request).public_id)):
            return view(request, *args, **kwargs)

    return wraps(view)(never_cache(login_required(read)))


def page(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, section: str, status: int = 200
) -> HttpResponse:
    """Render a page that extends organisations/manage/base.html; `section` marks its entry in the navigation."""
    links = manage.links_of(person_of(request))
    return render(request, template, {"links": links, "section": section} | (context or {}), status=status)
