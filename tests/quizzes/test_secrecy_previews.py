"""Previews and drafts do not depend on what is right: with another key and another explanation they read the same.

So nothing of the key can be in them, in whatever form: every type, by every page that shows a paper before the review.
"""

import re
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from courses.enums import LessonKind
from courses.models import CoursePage
from quizzes.enums import GROUPS, QuestionType
from quizzes.models import Question, Quiz, QuizDraw
from quizzes.services import attempts, bank
from quizzes.services.bank import ImageDraft
from tests.factories.courses import LessonPageFactory, QuizPageFactory
from tests.factories.organisations import PersonFactory
from tests.factories.quizzes import QuizFactory, permit_for
from tests.quizzes.admin.conftest import author, picture  # noqa: F401
from tests.quizzes.admin.test_question_form import posted_of
from tests.quizzes.admin.test_quiz_pages import a_draw, posted
from tests.quizzes.grading.examples import CODES
from tests.quizzes.test_secrecy import SECRET, question_of

# Wagtail leaves the original open when it makes a rendition.
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:Unclosed file <tempfile.SpooledTemporaryFile:ResourceWarning"),
]

# Another key than that of the examples, with everything beside it as it was.
OTHER: dict[str, Any] = {
    **dict.fromkeys(("A1", "A2", "A3", "A4", "B1"), "C"),
    "X": "CE",
    "CASE": {"right": "DEF", "weights": {"D": "2"}},
    "TRUE_FALSE": "B",
    "NUMERIC": {"number": "83", "unit": "V", "tolerance": "7", "tolerance_is": "percent"},
    "SHORT_TEXT": {"accepted": ["别的答案"]},
    "ORDERING": "DCBA",
    "MATCHING": "1A,2B,3E",
    "HOTSPOT": {
        "regions": [
            {"shape": "polygon", "points": [["10", "20"], ["90", "20"], ["50", "95"]]},
            {"shape": "ellipse", "x": "777", "y": "888", "rx": "66", "ry": "55"},
        ],
        "tolerance": "3",
    },
    "IMAGE_GRADING": {"met": {code: code == "ROT" for code in CODES}, "grade": "废"},
    "ESSAY": {"guidance": "别的评分要点"},
    "FILE": {"guidance": "别的评分要点"},
}
PICTURED = ("HOTSPOT", "IMAGE_GRADING")


@pytest.fixture
def make(picture: Any) -> Any:  # noqa: F811
    """Makes a question of a type, with a picture where it asks about one."""

    def make_(type: str) -> Question:
        question = question_of(type)
        if type in PICTURED:
            pictured = replace(bank.draft_of(question.current), images=(ImageDraft(picture.pk, "胸部正位片"),))
            question = bank.revise_question(by=None, question=question, draft=pictured)
        return question

    return make_


def turn(question: Question) -> None:
    """Give the question another key and explanation, and nothing else."""
    question = Question.objects.get(pk=question.pk)
    draft = bank.draft_of(question.current)
    type = draft.type
    items = tuple(replace(item, key=OTHER[type], explanation=f"另一{SECRET}") for item in draft.items)
    before = [item["key"] for item in question.current.items]
    bank.revise_question(by=None, question=question, draft=replace(draft, items=items))
    question.refresh_from_db()
    assert [a == b["key"] for a, b in zip(before, question.current.items, strict=True)] == [False] * len(before)


def read(response: Any) -> str:
    """A page without what is new at every asking: tokens, times, and the ids of attempts and revisions."""
    assert response.status_code == 200
    text = re.sub(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", "UUID", response.content.decode())
    text = re.sub(r'(csrfmiddlewaretoken"?[^>]*?value=")[^"]*', r"\1", text)
    # A new revision has its pictures in rows of its own.
    text = re.sub(r'(/images/|"images":\[\{"id":)\d+', r"\1N", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+(?:\+[\d:]+|Z)?", "TIME", text)
    assert (SECRET in text, "answer--right" in text, "callout--key" in text) == (False, False, False)
    return text


def question_preview(author: Client, question: Question) -> str:  # noqa: F811
    def address(view: str) -> str:
        return reverse(f"wagtailsnippets_quizzes_question:{view}", args=[question.pk])

    form = author.get(address("edit")).context["form"]
    data = posted_of(form)
    assert author.post(address("preview_on_edit"), data).json() == {"is_valid": True, "is_available": True}
    return read(author.get(address("preview_on_edit"), {"mode": ""}))


@pytest.mark.parametrize("type", list(QuestionType))
def test_question_preview_reads_the_same_with_another_key(author, make, type):  # noqa: F811
    question = make(type)
    before = question_preview(author, question)
    turn(question)
    assert question_preview(author, question) == before
    assert len(re.findall(r"<fieldset class=\"question", before)) == (3 if type in GROUPS else 1)


@pytest.fixture
def questions(make):
    """One of every type."""
    return [make(type) for type in QuestionType]


def test_sample_papers_and_drafts_of_pages_read_the_same_with_other_keys(author, questions):  # noqa: F811
    quiz = QuizFactory(questions=questions[:8], shuffle_options=True, shuffle_questions=True, title="各题型")
    for question in questions[8:]:
        QuizDraw.objects.create(quiz=quiz, bank=question.bank, count=1)
    lesson = LessonPageFactory(kind=LessonKind.QUIZ, quiz=quiz)
    course, page = CoursePage.objects.get(pk=lesson.get_parent().pk), QuizPageFactory(quiz=quiz)
    typed = posted(
        questions=[{"question": question.pk} for question in questions[:8]],
        draws=[a_draw(question.bank, 1) for question in questions[8:]],
        shuffle_options="on",
    )

    def shown() -> list[str]:
        sample = reverse("wagtailsnippets_quizzes_quiz:sample", args=[quiz.pk])
        preview = reverse("wagtailsnippets_quizzes_quiz:preview_on_add")
        assert author.post(preview, typed).json()["is_valid"]
        return [
            *(read(author.get(sample, {"seed": seed})) for seed in ("1", "4321")),
            read(author.get(preview, {"mode": "", "seed": "9"})),
            read(lesson.make_preview_request()),
            read(course.make_preview_request()),
            read(page.make_preview_request()),
        ]

    before = shown()
    for question in questions:
        turn(question)
    assert shown() == before
    assert [len(re.findall(r"<fieldset class=\"question", page)) for page in before] == [24, 24, 24, 0, 0, 0]


def test_open_and_unreviewed_papers_read_the_same_with_other_keys(client, questions):
    person = PersonFactory()
    client.force_login(person)

    def shown(quiz: Quiz) -> list[str]:
        attempt, _new = attempts.open_attempt(person=person, permit=permit_for(person, quiz))
        page = reverse("quizzes:attempt", args=[attempt.public_id])
        told = reverse("quizzes_api:attempt", args=[attempt.public_id])
        read_open = [read(client.get(page)), read(client.get(told))]
        attempts.submit(public_id=attempt.public_id, person=person)
        return [*read_open, *(without_receipt(read(client.get(address))) for address in (page, told))]

    first, second = (QuizFactory(questions=questions, title="各题型", review_policy="never") for _n in range(2))
    before = shown(first)
    for question in questions:
        turn(question)
    assert shown(second) == before


def without_receipt(text: str) -> str:
    return re.sub(r"[0-9A-Z]{4}-?[0-9A-Z]{4}-?[0-9A-Z]{4}", "RECEIPT", text)


def test_every_type_has_another_key():
    assert set(OTHER) == set(QuestionType)
