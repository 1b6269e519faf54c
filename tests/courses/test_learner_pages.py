"""What a learner sees, what others do not, and how many queries it takes."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from courses.enums import EnrolmentState, LessonKind
from courses.models import CoursePage, Enrolment, LessonPage, LessonProgress, Offer
from courses.selectors import required_lessons
from courses.services.enrolment import enrol
from organisations.enums import Role
from organisations.models import Person
from tests.courses.test_progress import on_site, opened
from tests.factories.courses import CoursePageFactory, OfferFactory, course_with, english
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory

pytestmark = pytest.mark.django_db

LEARNING_QUERIES, PANEL_QUERIES, SIGN_OFF_QUERIES, LESSON_QUERIES, FRAGMENT_QUERIES = 6, 9, 6, 17, 14


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def client_of(person: Person | None) -> Client:
    client = Client()
    if person is not None:
        client.force_login(person)
    return client


def text_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def studying(*kinds: str, **offer) -> tuple[Person, Offer, Enrolment]:
    made = course_with(kinds, **offer)
    person = PersonFactory()
    return person, made, enrol(person=person, offer=made)


# Who may see what

PRIVATE = ["courses:my_learning", "courses:sign_offs"]


@pytest.mark.parametrize("name", PRIVATE)
def test_private_pages_ask_visitors_to_sign_in(name: str) -> None:
    response = Client().get(reverse(name))
    assert (response.status_code, response.url) == (302, f"{reverse('account_login')}?next={reverse(name)}")


@pytest.mark.parametrize("name", PRIVATE)
def test_private_pages_are_kept_by_no_cache(name: str) -> None:
    assert client_of(PersonFactory()).get(reverse(name))["Cache-Control"] == "private, no-store"


def test_a_lesson_asks_visitors_to_sign_in() -> None:
    lesson = required_lessons(course_with([LessonKind.READING]))[0]
    assert Client().get(lesson.url).status_code == 302


def test_a_lesson_leads_who_is_not_enrolled_to_the_enrolment() -> None:
    offer = course_with([LessonKind.READING])
    response = client_of(PersonFactory()).get(required_lessons(offer)[0].url)
    assert response.status_code == 302
    assert response.url.endswith(f"/learning/courses/{offer.course.translation_key}/")
    assert LessonProgress.objects.count() == 0


def test_a_lesson_is_kept_by_no_cache_and_shows_its_place() -> None:
    person, offer, _enrolment = studying(LessonKind.READING, LessonKind.READING)
    first, second = required_lessons(offer)
    response = client_of(person).get(second.url)
    assert response["Cache-Control"] == "private, no-store"
    study = response.context["study"]
    assert (study.row.number, study.previous.page, study.next) == (2, first, None)
    assert [title for title, _url in response.context["crumbs"]] == ["课程", offer.course.title, second.title]


@pytest.mark.parametrize("kind", LessonKind.values)
def test_every_kind_of_lesson_has_its_page(kind: str) -> None:
    person, offer, _enrolment = studying(kind)
    response = client_of(person).get(required_lessons(offer)[0].url)
    assert response.status_code == 200
    assert response.context["study"].is_complete is False


# Acting


def test_enrol_by_form_leads_to_the_panel() -> None:
    offer = course_with([LessonKind.READING])
    person = PersonFactory()
    client = client_of(person)
    response = client.post(reverse("courses:enrol", args=[offer.public_id]), follow=True)
    assert Enrolment.objects.get().person == person
    assert "You are enrolled" in text_of(response)
    assert response.context["panel"].standing.next.page == required_lessons(offer)[0]


@pytest.mark.parametrize("name", ["courses:enrol", "courses:withdraw", "courses:confirm_reading", "courses:sign_off"])
def test_forms_are_only_sent(name: str) -> None:
    url = reverse(name, args=[OfferFactory().public_id])
    assert client_of(PersonFactory()).get(url).status_code == 405
    assert Client().post(url).status_code == 302


@pytest.mark.parametrize("name", ["courses:enrol", "courses:withdraw", "courses:confirm_reading"])
def test_forms_do_not_know_made_up_ids(name: str) -> None:
    url = reverse(name, args=[PersonFactory().public_id])
    assert client_of(PersonFactory()).post(url).status_code == 404


def test_enrol_in_a_closed_offer_says_so_in_words() -> None:
    offer = OfferFactory(ends=timezone.localdate() - timedelta(days=1))
    response = client_of(PersonFactory()).post(reverse("courses:enrol", args=[offer.public_id]))
    assert response.status_code == 409
    assert "This course is not on offer today." in text_of(response)


def test_withdraw_by_form_leaves_my_learning_empty() -> None:
    person, _offer, enrolment = studying(LessonKind.READING)
    response = client_of(person).post(reverse("courses:withdraw", args=[enrolment.public_id]), follow=True)
    assert "You are not enrolled in any course yet" in text_of(response)


def test_withdraw_of_somebody_elses_enrolment_is_not_found() -> None:
    _person, _offer, enrolment = studying(LessonKind.READING)
    response = client_of(PersonFactory()).post(reverse("courses:withdraw", args=[enrolment.public_id]))
    assert response.status_code == 404


def test_confirm_reading_by_form_completes_the_course() -> None:
    person, offer, _enrolment = studying(LessonKind.READING)
    lesson = required_lessons(offer)[0]
    client = client_of(person)
    assert "I have read this lesson" in text_of(client.get(english_or_self(lesson).url))
    opened(person, lesson, minutes_ago=5)
    response = client.post(reverse("courses:confirm_reading", args=[lesson.translation_key]), follow=True)
    assert Enrolment.objects.get().state == EnrolmentState.COMPLETED
    assert response.context["study"].is_complete is True


def english_or_self(lesson: LessonPage) -> LessonPage:
    """The lesson in English, so that the page's words are those of this file."""
    return english(lesson)


# Signing off


def test_sign_offs_lists_what_waits_in_the_signatorys_area_alone() -> None:
    progress, lecturer = on_site()
    page = client_of(lecturer).get(reverse("courses:sign_offs"))
    assert [part.progress for part in page.context["parts"]] == [progress]
    outsider = RoleGrantFactory(role=Role.LECTURER).person
    other = client_of(outsider).get(reverse("courses:sign_offs"))
    assert "Nothing waits for your signature" in text_of(other)


def sign_off_form(progress: LessonProgress, **fields: str) -> dict[str, str]:
    filled = {"minutes": "7", "taught_on": timezone.localdate().isoformat()} | fields
    return {f"{progress.public_id}-{name}": value for name, value in filled.items()}


def test_sign_off_by_form_completes_the_part() -> None:
    progress, lecturer = on_site()
    url = reverse("courses:sign_off", args=[progress.public_id])
    response = client_of(lecturer).post(url, sign_off_form(progress), follow=True)
    progress.refresh_from_db()
    assert (progress.minutes, progress.signed_off_by) == (7, lecturer)
    assert "Signed off" in text_of(response)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"minutes": "11"}, "more than 0 and at most 10"),
        ({"minutes": ""}, "Enter the minutes that were really taught."),
        ({"minutes": "-3"}, "Enter more than 0 minutes."),
        ({"taught_on": "yesterday"}, "Enter the day as year-month-day."),
        ({"taught_on": "2001-01-01"}, "Enter the day on which it was taught"),
    ],
)
def test_sign_off_by_form_says_what_is_wrong(fields: dict[str, str], words: str) -> None:
    progress, lecturer = on_site()
    url = reverse("courses:sign_off", args=[progress.public_id])
    response = client_of(lecturer).post(url, sign_off_form(progress, **fields), follow=True)
    assert words in text_of(response)
    progress.refresh_from_db()
    assert progress.completed_at is None


def test_sign_off_by_an_outsider_is_refused() -> None:
    progress, _lecturer = on_site()
    outsider = RoleGrantFactory(role=Role.LECTURER).person
    url = reverse("courses:sign_off", args=[progress.public_id])
    for person in (outsider, progress.enrolment.person):
        assert client_of(person).post(url, sign_off_form(progress)).status_code == 403


# Queries


@pytest.mark.parametrize("count", [1, 3])
def test_my_learning_runs_constant_queries(count: int, django_assert_num_queries) -> None:
    person = PersonFactory()
    for _ in range(count):
        enrol(person=person, offer=course_with([LessonKind.READING, LessonKind.ON_SITE]))
    client = client_of(person)
    client.get(reverse("courses:my_learning"))
    with django_assert_num_queries(LEARNING_QUERIES):
        assert len(client.get(reverse("courses:my_learning")).context["active"]) == count


@pytest.mark.parametrize("count", [1, 3])
def test_course_panel_runs_constant_queries(count: int, django_assert_num_queries) -> None:
    person, offer, _enrolment = studying(*[LessonKind.READING] * count)
    client = client_of(person)
    url = reverse("courses:course_panel", args=[offer.course.translation_key])
    client.get(url)
    with django_assert_num_queries(PANEL_QUERIES):
        assert len(client.get(url).context["panel"].standing.lessons) == count


@pytest.mark.parametrize("count", [1, 3])
def test_lesson_runs_constant_queries(count: int, django_assert_num_queries) -> None:
    person, offer, _enrolment = studying(*[LessonKind.READING] * count)
    client = client_of(person)
    url = required_lessons(offer)[0].url
    client.get(url)
    with django_assert_num_queries(LESSON_QUERIES):
        client.get(url)


# A quiz is announced with its questions, draws, sections and scoring.
@pytest.mark.parametrize(("kind", "more"), [(LessonKind.LECTURE, 3), (LessonKind.QUIZ, 7)])
def test_lesson_with_an_engine_asks_little_more(kind: LessonKind, more: int, django_assert_num_queries) -> None:
    person, offer, _enrolment = studying(kind)
    client = client_of(person)
    url = required_lessons(offer)[0].url
    client.get(url)
    with django_assert_num_queries(LESSON_QUERIES + more):
        client.get(url)


@pytest.mark.parametrize("count", [1, 3])
def test_sign_offs_runs_constant_queries(count: int, django_assert_num_queries) -> None:
    unit = NodeFactory()
    lecturer = RoleGrantFactory(role=Role.LECTURER, node=unit).person
    for _ in range(count):
        enrol(person=EmploymentFactory(unit=unit).person, offer=course_with([LessonKind.ON_SITE]))
    client = client_of(lecturer)
    client.get(reverse("courses:sign_offs"))
    with django_assert_num_queries(SIGN_OFF_QUERIES):
        assert len(client.get(reverse("courses:sign_offs")).context["parts"]) == count


# The fragment


def test_the_fragment_of_a_visitor_offers_to_sign_in() -> None:
    response = Client().get(reverse("home:learner_fragment"))
    assert response["Cache-Control"] == "private, no-store"
    assert "Sign in" in text_of(response)
    assert 'data-slot="course"' not in response.content.decode()


def test_the_fragment_brings_account_and_course_in_one_answer(django_assert_num_queries) -> None:
    person, offer, _enrolment = studying(LessonKind.READING)
    client = client_of(person)
    url = reverse("home:learner_fragment")
    client.get(url)
    with django_assert_num_queries(FRAGMENT_QUERIES):
        response = client.get(url, {"course": str(offer.course.translation_key)})
    assert person.name in text_of(response)
    assert 'data-slot="course"' in response.content.decode()
    assert "Your place in this course" in text_of(response)


@pytest.mark.parametrize("course", ["", "nonsense", "00000000-0000-4000-8000-000000000000"])
def test_the_fragment_of_an_unknown_course_is_the_account_alone(course: str) -> None:
    response = client_of(PersonFactory()).get(reverse("home:learner_fragment"), {"course": course})
    assert response.status_code == 200
    assert 'data-slot="course"' not in response.content.decode()


def test_the_panel_of_an_unknown_course_is_not_found() -> None:
    url = reverse("courses:course_panel", args=[PersonFactory().public_id])
    assert client_of(PersonFactory()).get(url).status_code == 404


def test_the_panel_of_a_course_without_offer_says_so() -> None:
    course: CoursePage = CoursePageFactory()
    url = reverse("courses:course_panel", args=[course.translation_key])
    assert "Nobody can enrol at present" in text_of(client_of(PersonFactory()).get(url))


def test_a_lecture_lesson_whose_lecture_is_not_there_yet_says_so() -> None:
    person, offer, _enrolment = studying(LessonKind.READING)
    LessonPage.objects.update(kind=LessonKind.LECTURE)
    page = english(required_lessons(offer)[0])
    assert "still being prepared" in text_of(client_of(person).get(page.url))
