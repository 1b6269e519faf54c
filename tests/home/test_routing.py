"""An address leads to its page at once, and to nothing else."""

import pytest
from django.test import Client

from courses.enums import LessonKind
from courses.selectors.lessons import required_lessons
from tests.factories.courses import course_with

pytestmark = pytest.mark.django_db


def test_page_below_an_unpublished_one_is_found_and_the_unpublished_one_is_not(client: Client) -> None:
    offer = course_with([LessonKind.READING])
    lesson = required_lessons(offer)[0]
    offer.course.unpublish()
    # A lesson asks to sign in: it was found.
    assert client.get(lesson.url).status_code == 302
    assert client.get(offer.course.url).status_code == 404


def test_address_that_is_no_page_is_not_found(client: Client) -> None:
    offer = course_with([LessonKind.READING])
    tried = [f"{offer.course.url}nothing/", f"{offer.course.url}../", "/zh-hans/nothing/at/all/"]
    assert [client.get(path).status_code for path in tried] == [404, 404, 404]
