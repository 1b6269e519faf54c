from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from wagtail import hooks
from wagtail.models import Page

from cms.home.models import HomePage
from cms.home.views import home


@hooks.register("on_serve_page", order=100)
def serve_home(following: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    def serve(page: Page, request: HttpRequest, args: Any, kwargs: Any) -> HttpResponseBase:
        return home(request, page) if isinstance(page, HomePage) else following(page, request, args, kwargs)

    return serve
