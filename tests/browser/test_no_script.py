"""A browser without JavaScript: one can sign in, enrol, confirm a reading, take the quiz and hand it in."""

import pytest

from cms.home.demo.people import PASSWORD
from courses.models import Enrolment, LessonProgress
from organisations.models import Person
from quizzes.models import Attempt
from tests.browser.conftest import Visit
from tests.browser.visitor import PHONE
from tests.browser.world import World
from tests.factories.quizzes import right_answers

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_course_is_studied_without_javascript(world: World, visit: Visit) -> None:
    newcomer = Person.objects.get(username="newcomer")
    with visit(world.site, java_script_enabled=False, viewport=PHONE) as visitor:
        page = visitor.sign_in("newcomer", PASSWORD)
        visitor.open(world.path("catalogue"))
        page.locator(".card a[href$='/courses/c7/']").click()
        page.locator("a.button--primary[href*='/learning/courses/']").click()
        with page.expect_navigation():
            page.locator("form[action*='/enrol/'] button").click()
        enrolment = Enrolment.objects.get(person=newcomer, offer__course__code="C7")

        page.locator(".steps a[href$='/c7/reading/']").click()
        with page.expect_navigation():
            page.locator("form[action$='/confirm/'] button").click()
        reading = LessonProgress.objects.get(enrolment=enrolment, kind="reading")
        assert reading.completed_at is not None

        visitor.open("/zh-hans/courses/c7/lecture/")
        assert page.locator("noscript video[controls]").is_visible()

        visitor.open("/zh-hans/courses/c7/quiz/")
        page.locator("form[action$='/quizzes/attempts/'] button").click()
        page.wait_for_url("**/quizzes/attempts/*-*/")
        attempt = Attempt.objects.get(person=newcomer, public_id=page.url.rstrip("/").rpartition("/")[2])
        for item, keys in right_answers(attempt):
            for key in keys:
                page.check(f"input[name='q-{item}'][value='{key}']")
        page.locator("button[name=do][value=submit]").click()
        page.wait_for_selector(".result-head")
        attempt.refresh_from_db()
        assert (attempt.points, attempt.is_passed) == (attempt.points_possible, True)

        visitor.open("/zh-hans/courses/c7/quiz/")
        assert LessonProgress.objects.get(enrolment=enrolment, kind="quiz").completed_at is not None
