"""A quiz in the admin: what the banks cannot fill is said before it is saved, a sample is shown, a copy made."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from courses.enums import LessonKind
from organisations.models import AuditEvent
from quizzes.admin import quiz_listing
from quizzes.admin.quizzes import DuplicateView, SampleView
from quizzes.models import Attempt, Quiz, QuizDraw, QuizQuestion, QuizSection
from tests.factories.courses import LessonPageFactory
from tests.factories.organisations import PersonFactory
from tests.factories.quizzes import AttemptFactory, BankFactory, QuestionFactory, QuizFactory, make_group
from tests.quizzes.admin.conftest import author_in

pytestmark = pytest.mark.django_db


BACKEND = "django.contrib.auth.backends.ModelBackend"


def address(view: str, *args: object) -> str:
    return reverse(f"wagtailsnippets_quizzes_quiz:{view}", args=args)


def rows(name: str, values: list[dict[str, Any]]) -> dict[str, str]:
    """What the form posts for the rows of one kind; a row that is stored already has its `id`."""
    said = {
        f"{name}-TOTAL_FORMS": str(len(values)),
        f"{name}-INITIAL_FORMS": str(sum("id" in row for row in values)),
        f"{name}-MIN_NUM_FORMS": "0",
        f"{name}-MAX_NUM_FORMS": "1000",
    }
    for number, row in enumerate(values):
        for field, value in {"section": 1, "DELETE": "", "ORDER": number + 1, "id": "", **row}.items():
            if not (name == "sections" and field == "section"):
                said[f"{name}-{number}-{field}"] = str(value)
    return said


def posted(questions: Any = (), draws: Any = (), sections: Any = (), **changed: str) -> dict[str, str]:
    return {
        "title": "测验",
        "pass_share": "0.6",
        "attempts_allowed": "3",
        "cool_down_minutes": "0",
        "time_limit_minutes": "",
        "opens_at": "",
        "closes_at": "",
        "review_policy": "after_each",
        "navigation": "free",
        **rows("quiz_questions", list(questions)),
        **rows("draws", list(draws)),
        **rows("sections", list(sections)),
        **changed,
    }


def a_draw(bank: Any, count: int, **rule: Any) -> dict[str, Any]:
    return {"bank": bank.pk, "count": count, "subject": "", "difficulty": "", "type": "", "syllabus_code": "", **rule}


@pytest.fixture
def home():
    """A bank with three easy questions and one that is hard."""
    bank = BankFactory(title="题库甲")
    for difficulty in (1, 1, 1, 4):
        QuestionFactory(bank=bank, difficulty=difficulty)
    return bank


def test_author_is_told_before_saving_what_the_banks_cannot_fill(author, home):
    data = posted(draws=[a_draw(home, 4), a_draw(home, 1, difficulty=4)])
    refused = author.post(address("add"), data, headers={"accept-language": "en"})
    cells = refused.context["form"].readiness.short
    assert ([(cell.number, cell.missing, cell.rivals) for cell in cells]) == [(2, 1, (1,))]
    assert (refused.status_code, Quiz.objects.count(), "题库甲" in refused.content.decode()) == (200, 0, True)
    assert 'name="anyway"' in refused.content.decode()
    saved = author.post(address("add"), {**data, "anyway": "on"})
    assert (saved.status_code, Quiz.objects.get().draws.count()) == (302, 2)
    assert AuditEvent.objects.get(verb="quizzes.quiz.save").after["draws"] == ["4 × 题库甲", "1 × 题库甲 · 4"]


def test_check_tells_without_saving_and_keeps_what_was_typed(author, home):
    quiz = QuizFactory(questions=1, title="原名")
    first = quiz.quiz_questions.get()
    data = posted(
        questions=[{"question": first.question_id, "id": first.pk}],
        draws=[a_draw(home, 2, subject="CT成像原理")],
        title="新名",
        time_limit_minutes="6",
        do="check",
    )
    shown = author.post(address("edit", quiz.pk), data)
    told = shown.context["form"].readiness
    assert (told.is_ready, told.questions, told.points.most, told.seconds_an_item) == (True, 3, 3, 120)
    assert (shown.context["form"]["title"].value(), Quiz.objects.get().title, quiz.draws.count()) == ("新名", "原名", 0)
    assert 'name="anyway"' not in shown.content.decode()
    again = author.post(address("add"), {**posted(draws=[a_draw(home, 9)]), "do": "check"})
    assert (again.context["form"].readiness.short[0].missing, Quiz.objects.count()) == (5, 1)


def test_check_of_what_cannot_be_read_points_at_the_fields(author):
    shown = author.post(address("add"), posted(title="", do="check"))
    assert (shown.context["form"].readiness, list(shown.context["form"].errors)) == (None, ["title"])


def test_edited_rows_are_judged_and_saved_as_typed(author, home):
    quiz = QuizFactory(questions=2)
    kept, gone = quiz.quiz_questions.order_by("sort_order")
    data = posted(
        questions=[
            {"question": kept.question_id, "id": kept.pk, "section": 2},
            {"question": gone.question_id, "id": gone.pk, "DELETE": "on"},
        ],
        draws=[a_draw(home, 3)],
        sections=[{"number": 2, "title": "第二部分"}],
    )
    assert author.post(address("edit", quiz.pk), data).status_code == 302
    assert list(quiz.quiz_questions.values_list("question", "section")) == [(kept.question_id, 2)]
    assert list(quiz.draws.values_list("bank", "count")) == [(home.pk, 3)]
    event = AuditEvent.objects.get(verb="quizzes.quiz.save")
    assert (event.before["questions"], event.after["questions"]) == (
        [kept.question_id, gone.question_id],
        [kept.question_id],
    )


def test_same_question_twice_and_two_sections_of_one_number_are_told(author):
    question = QuestionFactory()
    twice = author.post(address("add"), posted(questions=[{"question": question.pk}, {"question": question.pk}]))
    sections = [{"number": 1, "title": "甲"}, {"number": 1, "title": "乙"}]
    both = author.post(address("add"), posted(questions=[{"question": question.pk}], sections=sections))
    assert (twice.status_code, both.status_code, Quiz.objects.count()) == (200, 200, 0)


def test_edit_page_says_how_the_saved_quiz_stands(author):
    waiting = make_group("A3")
    quiz = QuizFactory(questions=[waiting])
    QuizSection.objects.create(quiz=quiz, number=3, title="末")
    told = author.get(address("edit", quiz.pk)).context["form"].readiness
    assert (told.is_ready, told.items.most, told.unreviewed, list(told.named), told.empty) == (
        True,
        3,
        1,
        [waiting],
        (3,),
    )


def test_sample_shows_what_is_typed_and_the_same_for_the_same_seed(author, home):
    data = posted(draws=[a_draw(home, 3)], shuffle_questions="on", shuffle_options="on")
    preview = address("preview_on_add")
    assert author.post(preview, data).json() == {"is_valid": True, "is_available": True}

    def paper(seed: str) -> Any:
        return author.get(preview, {"mode": "", "seed": seed}).context["sample"]

    first, again, other = paper("7"), paper("7"), paper("8")
    assert (first.seed, first.items, first.sections == again.sections, first.sections == other.sections) == (
        7,
        3,
        True,
        False,
    )
    assert [paper(bad).seed for bad in ("", "x", "-4", "0", "12345", "²")] == [1] * 6
    assert Quiz.objects.count() == 0


def test_sample_of_a_quiz_that_cannot_be_filled_says_so(author, home):
    quiz = QuizFactory(questions=[])
    QuizDraw.objects.create(quiz=quiz, bank=home, count=9)
    shown = author.get(address("sample", quiz.pk), {"seed": "3"})
    assert (shown.context["sample"].sections, "(4/9)" in shown.content.decode()) == ((), True)


def test_sample_numbers_its_questions_through_all_sections(author):
    quiz = QuizFactory(questions=[make_group("A3"), QuestionFactory()], navigation="sections")
    last = QuestionFactory(stem="最后一题")
    QuizQuestion.objects.create(quiz=quiz, question=last, section=2, sort_order=9)
    told = author.get(address("sample", quiz.pk)).context["sample"]
    assert [item.position for group in told.groups for item in group.items] == [1, 2, 3, 4, 5]
    assert [(section.number, section.may_finish) for section in told.sections] == [(1, True), (2, False)]
    assert (told.groups[-1].first.stem, told.points) == ("最后一题", 5)


def test_copy_has_the_same_rows_and_rules_and_no_attempts(author, home):
    quiz = QuizFactory(questions=2, title="期中", time_limit_minutes=20, is_demo=True)
    QuizDraw.objects.create(quiz=quiz, bank=home, count=2, difficulty=1, section=2)
    QuizSection.objects.create(quiz=quiz, number=2, title="第二部分")
    AttemptFactory(quiz=quiz)
    page = author.get(address("duplicate", quiz.pk))
    with override("zh-hans"):
        assert page.context["form"]["title"].value().startswith("期中")
    assert author.post(address("duplicate", quiz.pk), {"title": " "}).status_code == 200
    made = author.post(address("duplicate", quiz.pk), {"title": "期末"})
    copied = Quiz.objects.get(title="期末")
    assert made.url == address("edit", copied.pk)
    assert [row.question_id for row in copied.quiz_questions.all()] == [
        row.question_id for row in quiz.quiz_questions.all()
    ]
    assert list(copied.draws.values_list("bank", "count", "difficulty", "section")) == [(home.pk, 2, 1, 2)]
    assert list(copied.sections.values_list("number", "title")) == [(2, "第二部分")]
    assert (copied.time_limit_minutes, copied.is_demo, copied.public_id == quiz.public_id) == (20, False, False)
    assert (Attempt.objects.filter(quiz=copied).count(), quiz.draws.count()) == (0, 1)
    assert AuditEvent.objects.get(verb="quizzes.quiz.copy").after["title"] == "期末"


def test_list_filters_searches_and_counts(author, home):
    now = timezone.now()
    drawn = QuizFactory(questions=[], title="B 抽题", opens_at=now + timedelta(hours=1))
    QuizDraw.objects.create(quiz=drawn, bank=home, count=2)
    QuizDraw.objects.create(quiz=drawn, bank=home, count=1, difficulty=4)
    over = QuizFactory(questions=1, title="A 已结束", closes_at=now - timedelta(hours=1), review_policy="never")
    shown = QuizFactory(questions=[home.questions.first()], title="C 用于课程", is_demo=True)
    LessonPageFactory(kind=LessonKind.QUIZ, quiz=shown)
    AttemptFactory(quiz=shown)

    def found(**query: object) -> list[Quiz]:
        return list(author.get(address("list"), query).context["object_list"])

    assert [(quiz.title, quiz.asked, quiz.papers, quiz.used) for quiz in found()] == [
        ("A 已结束", 1, 0, 0),
        ("B 抽题", 3, 0, 0),
        ("C 用于课程", 1, 1, 1),
    ]
    assert found(q="抽") == [drawn]
    assert found(bank=home.pk) == [drawn, shown]
    assert [found(window=name) for name in ("open", "coming", "over")] == [[shown], [drawn], [over]]
    assert [found(used=said) for said in ("yes", "no")] == [[shown], [over, drawn]]
    assert [found(drawn=said) for said in ("yes", "no")] == [[drawn], [over, shown]]
    assert (found(review_policy="never"), found(is_demo="yes"), found(navigation="sections")) == ([over], [shown], [])


def test_where_used_names_lessons_and_hides_titles_in_the_making(author):
    quiz = QuizFactory()
    lessons = [LessonPageFactory(kind=LessonKind.QUIZ, quiz=quiz, title=title) for title in ("甲课", "乙课")]
    lessons[1].unpublish()

    def uses(client: Any) -> list[tuple[str, bool, bool, bool]]:
        page = client.get(address("edit", quiz.pk))
        return sorted(
            (use.title, bool(use.url), bool(use.edit_url), use.is_live)
            for use in quiz_listing.uses_of(quiz, page.wsgi_request.user)
            if use.title in page.content.decode()
        )

    assert uses(author) == [("", False, False, False), ("甲课", True, False, True)]
    author.force_login(PersonFactory(is_staff=True, is_superuser=True), backend=BACKEND)
    assert uses(author) == [("乙课", False, True, False), ("甲课", True, True, True)]


VIEWS = ["list", "add", "edit", "sample", "duplicate", "preview_on_edit", "preview_on_add", "usage"]


@pytest.mark.parametrize("view", VIEWS)
def test_who_may_only_look_at_quizzes_sees_the_list_and_no_paper(client, view):
    reader = author_in(client, "view")
    quiz = QuizFactory()
    args = () if view in ("list", "add", "preview_on_add") else (quiz.pk,)
    status = reader.get(address(view, *args)).status_code
    assert status == (200 if view == "list" else 302)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("signed_in", [True, False])
def test_quizzes_are_closed_to_learners_and_to_nobody_signed_in(client, view, signed_in):
    if signed_in:
        client.force_login(PersonFactory())
    args = () if view in ("list", "add", "preview_on_add") else (QuizFactory().pk,)
    assert client.get(address(view, *args)).status_code == 302


@pytest.mark.parametrize("view", [SampleView, DuplicateView])
def test_pages_of_a_quiz_refuse_who_may_not_write_even_past_wagtail(rf, view):
    request = rf.get("/")
    request.user = PersonFactory()
    with pytest.raises(PermissionDenied):
        view.as_view()(request, pk=QuizFactory().pk)
