import pytest
from django.test import Client
from django.urls import reverse

from courses.enums import EnrolmentState, LessonKind
from courses.models import Enrolment, LessonPage, LessonProgress, Offer
from courses.selectors import required_lessons
from courses.services.enrolment import enrol
from media_pipeline.models import PlaySession
from organisations.enums import Role
from organisations.models import Person
from tests.courses.test_progress import watched
from tests.factories.courses import LessonPageFactory, course_with
from tests.factories.media_pipeline import LectureFactory
from tests.factories.organisations import PersonFactory, RoleGrantFactory

pytestmark = pytest.mark.django_db

LEARNING = "/api/v1/learning/"


def client_of(person: Person | None) -> Client:
    client = Client()
    if person is not None:
        client.force_login(person)
    return client


@pytest.fixture
def lecture_course() -> tuple[Person, Offer, LessonPage]:
    offer = course_with([LessonKind.LECTURE, LessonKind.READING])
    person = PersonFactory()
    enrol(person=person, offer=offer)
    return person, offer, required_lessons(offer)[0]


def url(name: str, lesson: LessonPage) -> str:
    return reverse(f"courses_api:{name}", args=[lesson.translation_key])


@pytest.mark.parametrize(
    ("name", "who", "status", "code"),
    [
        ("play", "learner", 200, None),
        ("play", "administrator", 403, "not_enrolled"),
        ("play", "outsider", 403, "not_enrolled"),
        ("play", "anonymous", 403, "not_signed_in"),
        ("settle", "learner", 200, None),
        ("settle", "administrator", 403, "not_enrolled"),
        ("settle", "outsider", 403, "not_enrolled"),
        ("settle", "anonymous", 403, "not_signed_in"),
    ],
)
def test_lesson_endpoints_answer_the_enrolled_alone(lecture_course, name, who, status, code) -> None:
    learner, _offer, lesson = lecture_course
    person = {
        "learner": learner,
        "administrator": RoleGrantFactory(role=Role.UNIT_CREDIT_ADMINISTRATOR).person,
        "outsider": PersonFactory(),
        "anonymous": None,
    }[who]
    response = client_of(person).post(url(name, lesson))
    assert (response.status_code, response.json().get("code")) == (status, code)
    assert LessonProgress.objects.filter(lesson_key=lesson.translation_key).count() == (status == 200)


@pytest.mark.parametrize("name", ["play", "settle"])
def test_lesson_endpoints_are_only_posted(lecture_course, name: str) -> None:
    person, _offer, lesson = lecture_course
    assert client_of(person).get(url(name, lesson)).status_code == 405


def test_play_opens_a_session_under_the_offers_rule(lecture_course) -> None:
    person, offer, lesson = lecture_course
    body = client_of(person).post(url("play", lesson)).json()
    session = PlaySession.objects.get()
    assert (body["session"], session.person, session.lecture) == (str(session.public_id), person, lesson.lecture)
    assert (session.threshold, session.max_speed, session.background_play) == (
        offer.watch_threshold,
        offer.max_speed,
        offer.background_play,
    )
    assert body["is_completed"] is False


def test_play_of_another_kind_of_lesson_is_refused(lecture_course) -> None:
    person, offer, _lesson = lecture_course
    response = client_of(person).post(url("play", required_lessons(offer)[1]))
    assert (response.status_code, response.json()["code"]) == (409, "wrong_kind")


def test_play_of_a_lecture_in_preparation_says_so() -> None:
    offer = course_with([LessonKind.READING])
    lesson = LessonPageFactory(course=offer.course, lecture=LectureFactory.create(duration_s=None))
    person = PersonFactory()
    enrol(person=person, offer=offer)
    response = client_of(person).post(url("play", lesson))
    assert (response.status_code, response.json()["code"]) == (409, "lecture_not_ready")


@pytest.mark.parametrize("name", ["play", "settle"])
def test_an_unknown_lesson_is_not_found(name: str) -> None:
    key = PersonFactory().public_id
    response = client_of(PersonFactory()).post(reverse(f"courses_api:{name}", args=[key]))
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_settle_says_where_to_go_on(lecture_course) -> None:
    person, offer, lesson = lecture_course
    watched(person, lesson, seconds=120)
    following = required_lessons(offer)[1]
    assert client_of(person).post(url("settle", lesson)).json() == {
        "is_completed": True,
        "is_course_completed": False,
        "next_url": following.url,
        "next_title": following.title,
    }


def test_settle_of_the_last_lesson_completes_the_course() -> None:
    offer = course_with([LessonKind.LECTURE])
    person, lesson = PersonFactory(), required_lessons(offer)[0]
    enrol(person=person, offer=offer)
    watched(person, lesson, seconds=120)
    body = client_of(person).post(url("settle", lesson)).json()
    assert (body["is_course_completed"], body["next_url"]) == (True, "")
    assert Enrolment.objects.get().state == EnrolmentState.COMPLETED


def test_learning_lists_ones_own_courses(lecture_course) -> None:
    person, offer, lesson = lecture_course
    body = client_of(person).get(LEARNING).json()
    assert body["count"] == 1
    row = body["results"][0]
    assert (row["course_key"], row["state"], row["lessons_done"]) == (str(offer.course.translation_key), "active", 0)
    assert (row["lessons"][0]["key"], row["lessons"][0]["url"]) == (str(lesson.translation_key), lesson.url)
    assert client_of(PersonFactory()).get(LEARNING).json()["count"] == 0


def test_learning_asks_visitors_to_sign_in() -> None:
    response = client_of(None).get(LEARNING)
    assert (response.status_code, response.json()["code"]) == (403, "not_signed_in")


@pytest.mark.parametrize("count", [1, 3])
def test_learning_runs_constant_queries(count: int, django_assert_num_queries) -> None:
    person = PersonFactory()
    for _ in range(count):
        enrol(person=person, offer=course_with([LessonKind.READING]))
    client = client_of(person)
    client.get(LEARNING)
    with django_assert_num_queries(5):
        assert client.get(LEARNING).json()["count"] == count
