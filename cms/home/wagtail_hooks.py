"""Wagtail: the front page's view, and what an editor is told about caches when a page was published."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.admin import messages
from wagtail.models import Page

from cms.home.models import HomePage
from cms.home.views import home
from cms.shared.public import SHARED_SECONDS
from courses.models import LessonPage, QuizPage


@hooks.register("on_serve_page", order=100)
def serve_home(following: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    def serve(page: Page, request: HttpRequest, args: Any, kwargs: Any) -> HttpResponseBase:
        return home(request, page) if isinstance(page, HomePage) else following(page, request, args, kwargs)

    return serve


@hooks.register("construct_help_menu")
def leave_out_pages_about_wagtail(request: HttpRequest, items: list[Any]) -> None:
    """They are English pages on another host, which a hospital's network may not reach; ours explain themselves."""
    items.clear()


@hooks.register("after_publish_page")
def tell_how_long_the_earlier_version_lasts(request: HttpRequest, page: Page) -> None:
    """With an address that no cache has met yet, so that the editor sees the page as it is now."""
    if not page.live or page.approved_schedule:  # what is planned changes nothing yet
        return
    # A lesson and a quiz are kept by no cache; the public page that lists them is the one above.
    public = page.get_parent() if isinstance(page, LessonPage | QuizPage) else page
    address = public.get_url(request)
    buttons = [messages.button(f"{address}?version={page.live_revision_id}", _("See the page as it is now"))]
    text = _("Readers may see the earlier version of public pages for up to %(minutes)s minutes.")
    messages.info(request, text % {"minutes": SHARED_SECONDS // 60}, buttons=buttons if address else None)


@hooks.register("after_unpublish_page")
@hooks.register("after_delete_page")
def tell_how_long_a_page_is_still_seen(request: HttpRequest, page: Page) -> None:
    text = _("Readers may still see what was removed on public pages for up to %(minutes)s minutes.")
    messages.info(request, text % {"minutes": SHARED_SECONDS // 60})
