"""The public pages: the same bytes for everybody, constant queries, nothing of a session."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from courses.enums import LessonKind, Modality
from courses.models import CoursePage
from tests.factories.courses import (
    CoursePageFactory,
    CurrentProjectFactory,
    LessonPageFactory,
    OfferFactory,
    course_index,
    course_with,
    english,
    home_page,
)
from tests.factories.credits import entry as book_entry
from tests.factories.organisations import NodeFactory, PersonFactory

pytestmark = pytest.mark.django_db

CATALOGUE_QUERIES, COURSE_QUERIES, HOME_QUERIES = 14, 12, 10


def signed_in(person=None) -> Client:
    client = Client()
    client.force_login(person or PersonFactory())
    return client


@pytest.fixture
def everything(rule_sets) -> CoursePage:
    offer = course_with([LessonKind.READING, LessonKind.ON_SITE], project=CurrentProjectFactory())
    return offer.course


@pytest.mark.parametrize("which", ["home", "catalogue", "course"])
def test_public_pages_are_the_same_bytes_for_everybody(everything: CoursePage, which: str) -> None:
    page = {"home": home_page(), "catalogue": course_index(), "course": everything}[which]
    anonymous, learner = Client().get(page.url), signed_in().get(page.url)
    assert anonymous.status_code == 200
    assert anonymous.content == learner.content
    for response in (anonymous, learner):
        assert response["Cache-Control"] == "public, max-age=0, s-maxage=300"
        assert response.cookies == {}
        assert "Cookie" not in response.get("Vary", "")
    assert anonymous["ETag"] == learner["ETag"]


@pytest.mark.parametrize("which", ["home", "catalogue", "course"])
def test_public_pages_answer_304_to_who_has_them(everything: CoursePage, which: str) -> None:
    page = {"home": home_page(), "catalogue": course_index(), "course": everything}[which]
    first = Client().get(page.url)
    again = Client().get(page.url, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("count", [1, 3])
def test_catalogue_runs_constant_queries(count: int, django_assert_num_queries) -> None:
    for _ in range(count):
        course = CoursePageFactory()
        LessonPageFactory(course=course)
        OfferFactory(course=course)
    url = course_index().url
    Client().get(url)
    with django_assert_num_queries(CATALOGUE_QUERIES):
        assert len(Client().get(url).context["courses"]) == count


@pytest.mark.parametrize("count", [1, 3])
def test_course_runs_constant_queries(count: int, rule_sets, django_assert_num_queries) -> None:
    offer = course_with([LessonKind.READING] * count, project=CurrentProjectFactory())
    for _ in range(count - 1):
        OfferFactory(course=offer.course, project=CurrentProjectFactory())
    Client().get(offer.course.url)
    with django_assert_num_queries(COURSE_QUERIES):
        assert len(Client().get(offer.course.url).context["course"].offers) == count


@pytest.mark.parametrize("count", [1, 3])
def test_places_of_projects_take_one_statement_more(count: int, rule_sets, django_assert_num_queries) -> None:
    offer = course_with([LessonKind.READING], project=CurrentProjectFactory(quota=9))
    for _ in range(count - 1):
        OfferFactory(course=offer.course, project=CurrentProjectFactory(quota=9))
    Client().get(offer.course.url)
    with django_assert_num_queries(COURSE_QUERIES + 1):
        assert len(Client().get(offer.course.url).context["course"].offers) == count


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("open", "3 of 3 left; a place is taken when the course is finished"),
        ("closed", "is closed: this course earns no credit any more."),
        ("over", "this course earns no credit any more."),
        ("coming", "what you begin before that day earns no credit."),
        ("full", "All 3 places of the project"),
    ],
)
def test_offer_says_before_enrolment_what_its_project_is(state: str, words: str, rule_sets) -> None:
    today = timezone.localdate()
    changes: dict[str, dict[str, Any]] = {
        "closed": {"closed_on": today, "closed_because": "撤销"},
        "over": {"ends": today - timedelta(days=1)},
        "coming": {"begins": today + timedelta(days=1)},
    }
    project = CurrentProjectFactory(quota=3, **changes.get(state, {}))
    offer = course_with([LessonKind.READING], project=project)
    if state == "full":
        for _ in range(3):
            book_entry(on=today, project=project)
    course = english(offer.course)
    page = Client().get(course.url).content.decode()
    assert page.count(words) == 1
    assert page.count("No credit at present") == (state != "open")
    with translation.override("en"):
        panel = signed_in().get(reverse("courses:course_panel", args=[offer.course.translation_key]))
    button = "Enrol" if state == "open" else "Enrol without credit"
    assert panel.content.decode().count(f">{button}</button>") == 1


@pytest.mark.parametrize("count", [1, 3])
def test_home_runs_constant_queries(count: int, django_assert_num_queries) -> None:
    for _ in range(count):
        OfferFactory()
    url = home_page().url
    Client().get(url)
    with django_assert_num_queries(HOME_QUERIES):
        assert len(Client().get(url).context["featured"]) == count


def test_catalogue_filters_by_modality_and_credit() -> None:
    with_credit = OfferFactory(course__modality=Modality.CT, in_house_unit=NodeFactory()).course
    without = OfferFactory(course__modality=Modality.MR).course
    CoursePageFactory(modality=Modality.MR)
    url = course_index().url

    def titles(**chosen: str) -> list[str]:
        return [card.page.title for card in Client().get(url, chosen).context["courses"]]

    assert len(titles()) == 3
    assert titles(modality="CT") == [with_credit.title]
    assert titles(credit="with") == [with_credit.title]
    assert titles(modality="MR", credit="without")[0] == without.title
    assert len(titles(modality="nonsense", credit="nonsense", page="nonsense")) == 3


def test_catalogue_says_when_nothing_matches() -> None:
    CoursePageFactory(modality=Modality.CT)
    response = Client().get(english(course_index()).url, {"modality": "US"})
    assert "No course or quiz matches" in response.content.decode()


def test_course_page_says_before_enrolling_that_there_is_no_credit() -> None:
    offer = OfferFactory()
    page = english(offer.course, title="CT basics")
    assert "This course grants no credit at present." in Client().get(page.url).content.decode()


def test_course_page_marks_an_unverified_credit(rule_sets) -> None:
    offer = course_with([LessonKind.READING], project=CurrentProjectFactory())
    detail = Client().get(offer.course.url).context["course"]
    assert (str(detail.offers[0].estimate.credits), detail.offers[0].estimate.mark) == ("0.05", "M")


def test_course_page_says_what_a_demonstration_is(rule_sets) -> None:
    offer = course_with([LessonKind.READING], project=CurrentProjectFactory(), is_demo=True, time_scale=30)
    page = english(offer.course)
    html = Client().get(page.url).content.decode()
    assert "one minute stands for 30 minutes" in html
    assert "stands for 300 minutes, factor 30" in html


def test_the_language_switch_leads_to_the_translated_page() -> None:
    course = CoursePageFactory()
    page = english(course, title="CT basics", slug="ct-basics")
    response = Client().get(course.url)
    assert response.context["language_urls"]["en"] == page.url
    assert f'href="{page.url}"' in response.content.decode()


def test_featured_prefers_courses_with_credit() -> None:
    OfferFactory()
    credit = OfferFactory(in_house_unit=NodeFactory()).course
    featured = Client().get(home_page().url).context["featured"]
    assert featured[0].page == credit


def test_an_offer_of_next_month_is_announced() -> None:
    today = timezone.localdate()
    offer = OfferFactory(begins=today + timezone.timedelta(days=20), ends=today + timezone.timedelta(days=40))
    detail = Client().get(offer.course.url).context["course"]
    assert ([view.public_id for view in detail.upcoming], detail.offers) == ([offer.public_id], ())
