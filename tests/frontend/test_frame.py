"""The frame of every page: base.html, the error pages, the components."""

import re

import pytest
from django.core.paginator import Paginator
from django.template import engines
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from cms.shared import errors
from cms.shared.http import error_response
from cms.shared.templatetags.site import language_links


def render(text: str, path: str = "/zh-hans/", **context: object) -> str:
    return engines["django"].from_string(text).render(context, RequestFactory().get(path))


@pytest.mark.parametrize(("prefix", "language"), [("zh-hans", "zh-Hans"), ("en", "en")])
def test_frame_speaks_the_language_of_its_address(prefix: str, language: str) -> None:
    with translation.override(prefix):
        page = render('{% extends "base.html" %}', f"/{prefix}/")
    assert f'<html lang="{language}">' in page
    assert f'data-fragment-url-value="/{prefix}/learner-fragment/"' in page


def test_frame_asks_no_query(db: None, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        render('{% extends "base.html" %}')


def test_public_frame_touches_neither_session_nor_token() -> None:
    """A request without session and user: whatever read them would fail."""
    request = RequestFactory().get("/zh-hans/")
    engines["django"].from_string('{% extends "base.html" %}').render({"page": object()}, request)
    assert "CSRF_COOKIE_NEEDS_UPDATE" not in request.META


def test_language_links_keep_the_query_and_prefer_the_pages_own_addresses() -> None:
    request = RequestFactory().get("/zh-hans/nowhere/?year=2026")
    with translation.override("zh-hans"):
        links = language_links({"request": request})
        own = language_links({"request": request, "language_urls": {"en": "/en/elsewhere/"}})
    assert [(link.code, link.url, link.is_current) for link in links] == [
        ("zh-hans", "/zh-hans/nowhere/?year=2026", True),
        ("en", "/en/nowhere/?year=2026", False),
    ]
    assert [link.url for link in own] == ["/zh-hans/nowhere/?year=2026", "/en/elsewhere/"]


@pytest.mark.parametrize("status", [400, 403, 404, 413, 429])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_error_page_says_what_to_do_and_leads_home(status: int, language: str) -> None:
    with translation.override(language):
        page = render_to_string(f"{status}.html", request=RequestFactory().get(f"/{language}/x/"))
    assert len(re.findall(r"<h1>[^<]+</h1>", page)) == 1
    assert f'href="/{language}/">' in page


def test_server_error_page_needs_no_context() -> None:
    page = render_to_string("500.html")
    assert re.findall(r"<h[12]>([^<]+)</h[12]>", page) == ["服务器出错了", "Something went wrong on the server"]


def test_unknown_address_is_answered_by_the_404_page(client: Client, db: None) -> None:
    response = client.get("/en/nowhere/")
    assert response.status_code == 404
    assert "This page does not exist" in response.content.decode()


def test_domain_error_page_shows_its_message_escaped() -> None:
    request = RequestFactory().get("/en/x/", headers={"accept": "text/html"})
    with translation.override("en"):
        response = error_response(request, errors.Conflict("Mind the <gap>."))
    assert response.status_code == 409
    assert '<p class="empty__text">Mind the &lt;gap&gt;.</p>' in response.content.decode()


@pytest.mark.parametrize(("mark", "shown"), [("A", False), ("", False), ("B", True), ("M", True)])
def test_mark_is_shown_unless_official(mark: str, shown: bool) -> None:
    assert ("to be verified" in render_in_english('{% include "components/mark.html" %}', mark=mark)) is shown


def test_pagination_keeps_the_other_parameters() -> None:
    page = render_in_english(
        '{% include "components/pagination.html" %}',
        path="/en/courses/?modality=CT&page=2",
        page_obj=Paginator(range(30), 10).page(2),
    )
    assert re.findall(r'href="([^"]+)"', page) == ["?modality=CT&amp;page=1", "?modality=CT&amp;page=3"]
    assert "Page 2 of 3" in page


def test_pagination_of_one_page_is_nothing() -> None:
    page = render_in_english('{% include "components/pagination.html" %}', page_obj=Paginator([1], 10).page(1))
    assert page.strip() == ""


def render_in_english(text: str, path: str = "/en/", **context: object) -> str:
    with translation.override("en"):
        return render(text, path, **context)
