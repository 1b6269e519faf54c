"""A quiz on a page of its own: who may open it, what it says before, what passing it records."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from courses.enums import QuizAccess
from courses.models import PublishedVersion, QuizPage, QuizProgress
from courses.selectors import may_open, published_content
from courses.services import quiz_pages
from courses.services.enrolment import enrol
from courses.services.histories import HISTORY
from courses.services.progress import settle_outcomes
from credits.models import Entry
from organisations.models import Person
from quizzes.enums import GradeCause, QuestionType
from quizzes.grading import Grade, Mark
from quizzes.models import Attempt, AttemptOutcome, QuizDraw
from quizzes.protocol import Event
from quizzes.services import attempts, grades
from tests.factories.courses import OfferFactory, QuizPageFactory, course_index, english
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory
from tests.factories.quizzes import BankFactory, QuizFactory, item_ids
from tests.quizzes.test_secrecy import SECRET, question_of

pytestmark = pytest.mark.django_db

PAGE_QUERIES, CATALOGUE_QUERIES = 21, 13


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


def opened(person: Person, page: QuizPage) -> Attempt:
    desk = quiz_pages.sit_down(person=person, page=page, return_url="/zh-hans/")
    return attempts.open_attempt(person=person, permit=desk.permit)[0]


def handed_in(person: Person, page: QuizPage, answer: str = "B") -> Attempt:
    attempt = opened(person, page)
    events = [Event(item, answer, number, "tab-0001") for number, item in enumerate(item_ids(attempt), 1)]
    return attempts.submit(person=person, public_id=attempt.public_id, events=events)


# Who may open it


def test_visitors_are_asked_to_sign_in() -> None:
    page = QuizPageFactory()
    response = Client().get(page.url)
    assert (response.status_code, response.url) == (302, f"{reverse('account_login')}?next={page.url}")


def test_page_for_members_is_for_everybody_with_an_account() -> None:
    page, person = QuizPageFactory(), PersonFactory()
    response = client_of(person).get(page.url)
    assert (response.status_code, response["Cache-Control"]) == (200, "private, no-store")
    assert response.context["desk"].permit != ""


def test_page_of_a_course_is_for_those_who_study_it_in_any_language() -> None:
    offer = OfferFactory()
    page = QuizPageFactory(access=QuizAccess.COURSE, course=english(offer.course))
    inside, outside = PersonFactory(), PersonFactory()
    enrol(person=inside, offer=offer)
    assert (may_open(inside, page), may_open(outside, page)) == (True, False)


def test_page_of_a_unit_is_for_those_who_work_there_or_below_today() -> None:
    hospital = NodeFactory()
    department = NodeFactory(parent=hospital)
    page = QuizPageFactory(access=QuizAccess.UNIT, unit=hospital)
    here, below, elsewhere = (EmploymentFactory(unit=unit).person for unit in (hospital, department, NodeFactory()))
    left = EmploymentFactory(unit=hospital, ends=timezone.localdate()).person
    assert [may_open(person, page) for person in (here, below, elsewhere, left)] == [True, True, False, False]


def test_who_may_not_open_it_reads_why_and_leaves_no_trace() -> None:
    offer = OfferFactory()
    page = english(QuizPageFactory(access=QuizAccess.COURSE, course=offer.course))
    response = client_of(PersonFactory()).get(page.url)
    assert f"This quiz is for those who are enrolled in the course “{offer.course.title}”." in text_of(response)
    assert (reverse("quizzes:open") in response.content.decode(), QuizProgress.objects.count()) == (False, 0)


# What it says before


def test_page_says_what_the_quiz_asks_for() -> None:
    quiz = QuizFactory(questions=3, time_limit_minutes=20, attempts_allowed=2, cool_down_minutes=120)
    text = text_of(client_of(PersonFactory()).get(english(QuizPageFactory(quiz=quiz)).url))
    for said in (
        "3 questions · points: 3",
        "20 minutes from opening",
        "0 of 2 used",
        "After an attempt that was not passed the next one is possible 2 hours later.",
        "is shown after each attempt; after one that was not passed when the waiting time is over",
        "This quiz grants no credit.",
        "For everybody with an account",
        "A1 All points for the right answer; nothing is taken off for a wrong one. to be verified",
    ):
        assert said in text


@pytest.mark.parametrize(
    ("hours", "said", "may_start"),
    [
        ((1, 2), "The quiz opens at", False),
        ((-2, -1), "The quiz closed at", False),
        ((-1, 1), "Start the quiz", True),
    ],
)
def test_page_keeps_to_the_window_of_the_quiz(hours, said, may_start) -> None:
    now = timezone.now()
    opens, closes = (now + timedelta(hours=number) for number in hours)
    page = english(QuizPageFactory(quiz=QuizFactory(opens_at=opens, closes_at=closes)))
    response = client_of(PersonFactory()).get(page.url)
    assert said in text_of(response)
    assert bool(response.context["desk"].permit) == may_start


def test_page_resumes_an_open_attempt() -> None:
    page, person = QuizPageFactory(), PersonFactory()
    attempt = opened(person, page)
    response = client_of(person).get(english(page).url)
    assert "Continue the quiz" in text_of(response)
    assert attempts.open_attempt(person=person, permit=response.context["desk"].permit) == (attempt, False)


def test_page_waits_for_the_cool_down_and_shows_the_attempt() -> None:
    page, person = QuizPageFactory(quiz=QuizFactory(cool_down_minutes=30)), PersonFactory()
    attempt = handed_in(person, page, "C")
    text = text_of(client_of(person).get(english(page).url))
    assert "The next attempt is possible from" in text
    assert f"Attempt 1 Not passed yet 0% {timezone.localtime(attempt.closed_at):%Y-%m-%d %H:%M}" in text
    assert attempt.receipt in text


def test_page_of_a_quiz_without_questions_says_so() -> None:
    response = client_of(PersonFactory()).get(english(QuizPageFactory(quiz=QuizFactory(questions=0))).url)
    assert "This quiz has no questions yet. Please come back later." in text_of(response)


@pytest.mark.parametrize("count", [1, 3])
def test_page_runs_constant_queries(count: int, django_assert_num_queries) -> None:
    page, person = QuizPageFactory(quiz=QuizFactory(questions=count, attempts_allowed=0)), PersonFactory()
    for _number in range(count):
        handed_in(person, page, "C")
    client = client_of(person)
    client.get(page.url)
    with django_assert_num_queries(PAGE_QUERIES):
        assert len(client.get(page.url).context["desk"].history) == count


# What passing records


def test_passing_is_recorded_with_its_evidence_and_grants_nothing() -> None:
    page, person = QuizPageFactory(), PersonFactory()
    attempt = handed_in(person, page)
    assert settle_outcomes(person=person) == 1
    progress = QuizProgress.objects.get()
    version = PublishedVersion.objects.get(page_id_copy=page.pk)
    assert (progress.passed_at, progress.attempt_id_copy, progress.content_sha256, progress.title) == (
        attempt.closed_at,
        attempt.public_id,
        version.content_sha256,
        page.title,
    )
    assert [item["kind"] for item in progress.evidence] == ["attempt"]
    assert Entry.objects.count() == 0
    assert settle_outcomes(person=person) == 0


def test_page_settles_what_its_learner_brings_and_later_failures_change_nothing() -> None:
    page, person = QuizPageFactory(), PersonFactory()
    passed = handed_in(person, page)
    assert "You passed this quiz on" in text_of(client_of(person).get(english(page).url))
    handed_in(person, page, "C")
    settle_outcomes()
    assert QuizProgress.objects.get().attempt_id_copy == passed.public_id


def test_two_languages_of_a_page_are_one_quiz() -> None:
    page, person = QuizPageFactory(), PersonFactory()
    twin = english(page)
    attempt = opened(person, page)
    assert opened(person, twin) == attempt
    assert QuizProgress.objects.count() == 1


def regrade(attempt: Attempt, *, is_passed: bool) -> None:
    """A next grade, as a regrade writes it."""
    marks = {item: Mark(attempt.points_possible / 2 * is_passed, is_passed) for item in item_ids(attempt)}
    points = attempt.points_possible * is_passed
    grade = Grade(marks=marks, points=points, possible=attempt.points_possible, is_passed=is_passed, is_complete=True)
    Attempt.objects.filter(pk=attempt.pk).update(points=points, is_passed=is_passed)
    last = AttemptOutcome.objects.filter(subject=attempt).count()
    grades.append(attempt=attempt, grade=grade, revision=last + 1, cause=GradeCause.REGRADE, at=timezone.now())


def test_regrade_gives_a_pass_and_takes_it_back_to_the_next_one() -> None:
    page, person = QuizPageFactory(), PersonFactory()
    first, second = handed_in(person, page, "C"), handed_in(person, page)
    settle_outcomes()
    assert QuizProgress.objects.get().attempt_id_copy == second.public_id
    regrade(first, is_passed=True)
    regrade(second, is_passed=False)
    settle_outcomes()
    assert QuizProgress.objects.get().attempt_id_copy == first.public_id
    regrade(first, is_passed=False)
    settle_outcomes()
    progress = QuizProgress.objects.get()
    assert (progress.passed_at, progress.attempt_id_copy, progress.evidence) == (None, None, [])


def test_content_of_a_page_names_its_draws_and_that_of_others_keeps_its_hash() -> None:
    quiz = QuizFactory()
    page = QuizPageFactory(quiz=quiz)
    assert "draws" not in published_content(page)["quiz"]
    draw = QuizDraw.objects.create(quiz=quiz, bank=BankFactory(), count=2, type=QuestionType.A1)
    assert published_content(page)["quiz"]["draws"] == [["1", str(draw.bank.public_id), "2", "", None, "A1", ""]]


# The catalogue


def test_catalogue_shows_quizzes_among_the_courses() -> None:
    offer, page = OfferFactory(), QuizPageFactory(quiz=QuizFactory(questions=3))
    QuizDraw.objects.create(quiz=page.quiz, bank=BankFactory(), count=4)
    QuizPageFactory().unpublish()
    url = course_index().url

    def titles(**chosen: str) -> list[str]:
        return [card.page.title for card in Client().get(url, chosen).context["courses"]]

    both = [offer.course.title, page.title]
    assert (titles(), titles(kind="nonsense"), titles(credit="without")) == (both, both, both)
    assert (titles(kind="courses"), titles(kind="quizzes"), titles(credit="with")) == (both[:1], both[1:], [])
    english(page)
    shown = Client().get("/en/courses/", {"kind": "quizzes"})
    assert "7 questions · No time limit · For everybody with an account · Without credit" in text_of(shown)


@pytest.mark.parametrize("count", [1, 3])
def test_catalogue_of_quizzes_runs_constant_queries(count: int, django_assert_num_queries) -> None:
    for _number in range(count):
        QuizPageFactory(access=QuizAccess.UNIT, unit=NodeFactory())
    url = course_index().url
    Client().get(url)
    with django_assert_num_queries(CATALOGUE_QUERIES):
        assert len(Client().get(url).context["courses"]) == count


# Editors


def test_preview_shows_what_the_quiz_asks_for_and_nothing_of_a_key() -> None:
    quiz = QuizFactory(questions=[question_of(type) for type in QuestionType])
    page = english(QuizPageFactory(quiz=quiz))
    shown = page.make_preview_request().content.decode()
    person = PersonFactory()
    pages = [shown, client_of(person).get(page.url).content.decode()]
    assert ["Preview: learners find the button" in html for html in pages] == [True, False]
    for html in pages:
        assert "16 questions" in html
        assert [word for word in (SECRET, "题干", "guidance", "accepted", "regions") if word in html] == []


@pytest.fixture
def editor() -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(Person.objects.create_superuser("boss", name="Boss", password=None, language="en"))
    return client


def written(**changes: object) -> dict[str, object]:
    form = {"title": "Q", "slug": "q", "summary": "s", "introduction": "null", "modality": "GEN", "access": "members"}
    return form | {"quiz": "", "course": "", "unit": "", "action-publish": "1"} | changes


def create(editor: Client, **changes: object):
    url = reverse("wagtailadmin_pages:add", args=["courses", "quizpage", course_index().pk])
    return editor.post(url, written(**changes))


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({}, "quiz", "Choose the quiz that this page is for."),
        ({"quiz": "empty"}, "quiz", "This quiz cannot be put together yet"),
        ({"quiz": "short"}, "quiz", "This quiz cannot be put together yet"),
        ({"quiz": "full", "access": "course"}, "course", "Choose the course whose learners"),
        ({"quiz": "full", "access": "unit"}, "unit", "Choose the unit whose people"),
    ],
)
def test_page_without_what_it_needs_is_not_published(editor, changes, field, words) -> None:
    if "quiz" in changes:
        quiz = QuizFactory(questions=0 if changes["quiz"] == "empty" else 1)
        if changes["quiz"] == "short":
            QuizDraw.objects.create(quiz=quiz, bank=BankFactory(), count=1)
        changes = changes | {"quiz": quiz.pk}
    response = create(editor, **changes)
    assert words in str(response.context["form"].errors[field])
    assert QuizPage.objects.count() == 0


def test_editor_publishes_a_page_and_its_version_is_kept(editor) -> None:
    quiz, unit = QuizFactory(), NodeFactory()
    assert create(editor, quiz=quiz.pk, unit=unit.pk).status_code == 302
    page = QuizPage.objects.get()
    # A unit is left out where the page is for everybody.
    assert (page.live, page.quiz, page.unit) == (True, quiz, None)
    assert PublishedVersion.objects.get(page_id_copy=page.pk).content["quiz"]["id"] == str(quiz.public_id)


def test_quiz_of_a_page_that_people_opened_is_not_exchanged(editor) -> None:
    page = QuizPageFactory()
    quiz_pages.open_page(person=PersonFactory(), page=page)
    url = reverse("wagtailadmin_pages:edit", args=[page.pk])
    response = editor.post(url, written(title=page.title, slug=page.slug, quiz=QuizFactory().pk))
    assert "Make a new page for another quiz." in str(response.context["form"].errors["quiz"])
    page.refresh_from_db()
    assert response.context["form"].instance.pk == page.pk


# Two accounts of one person, and the person's copy


def test_merging_gives_the_kept_account_the_pass() -> None:
    first, second, third = QuizPageFactory(), QuizPageFactory(), QuizPageFactory()
    kept, merged = PersonFactory(), PersonFactory()
    handed_in(kept, first, "C")
    passed = handed_in(merged, first)
    handed_in(merged, second)
    mine = handed_in(kept, third)
    handed_in(merged, third)
    settle_outcomes()
    assert HISTORY.move(kept, merged)["courses.QuizProgress"] == 2
    found = dict(kept.quiz_progress.values_list("page_key", "attempt_id_copy"))
    assert (found[first.translation_key], found[third.translation_key]) == (passed.public_id, mine.public_id)
    assert (kept.quiz_progress.count(), merged.quiz_progress.count()) == (3, 2)
    assert HISTORY.count(kept)["courses.QuizProgress"] == 3


def test_copy_of_the_own_data_names_quiz_pages() -> None:
    page, person = QuizPageFactory(), PersonFactory()
    handed_in(person, page)
    settle_outcomes()
    told = HISTORY.export(person).data["quiz_pages"]
    assert [(row["title"], row["passed_at"] is not None) for row in told] == [(page.title, True)]
