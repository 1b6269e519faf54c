"""What a paper is put together from: fixed questions, draws, sections, orders, windows."""

import random
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from quizzes import selectors
from quizzes.models import Question, QuizDraw, QuizQuestion, QuizSection
from quizzes.services import attempts, papers, scorings
from tests.factories.organisations import PersonFactory
from tests.factories.quizzes import AttemptFactory, BankFactory, QuestionFactory, QuizFactory, make_group

pytestmark = pytest.mark.django_db


def codes(paper: dict) -> list[str]:
    names = dict(Question.objects.values_list("public_id", "code"))
    return [{str(id): code for id, code in names.items()}[group["question"]] for group in paper["groups"]]


def test_a_draw_takes_what_fits_and_nothing_twice():
    home = BankFactory()
    fixed = QuestionFactory(bank=home, code="F", difficulty=3)
    fitting = [QuestionFactory(bank=home, code=f"D{n}", difficulty=3) for n in range(4)]
    QuestionFactory(bank=home, code="easy", difficulty=1)
    QuestionFactory(bank=home, code="X", type="X", answer="AB", difficulty=3)
    QuestionFactory(bank=home, code="MR", subject="MR安全", difficulty=3)
    QuestionFactory(code="elsewhere", difficulty=3)
    quiz = QuizFactory(questions=[fixed])
    QuizDraw.objects.create(quiz=quiz, bank=home, count=3, difficulty=3, subject="CT成像原理", type="A1")
    seen = set()
    for _n in range(8):
        drawn = codes(papers.build(quiz).paper)
        assert (drawn[0], len(set(drawn)), set(drawn[1:]) <= {q.code for q in fitting}) == ("F", 4, True)
        seen.add(tuple(drawn))
    assert len(seen) > 1


def test_a_draw_by_syllabus_looks_into_the_codes():
    home = BankFactory()
    one, two = QuestionFactory(bank=home, code="one"), QuestionFactory(bank=home, code="two")
    Question.objects.filter(pk=one.pk).update(syllabus_codes=["5", "15"])
    Question.objects.filter(pk=two.pk).update(syllabus_codes=["1"])
    quiz = QuizFactory(questions=[])
    QuizDraw.objects.create(quiz=quiz, bank=home, count=1, syllabus_code="5")
    assert codes(papers.build(quiz).paper) == ["one"]


def test_a_draw_that_cannot_be_filled_is_named():
    home = BankFactory(title="题库甲")
    QuestionFactory(bank=home)
    quiz = QuizFactory(questions=[])
    QuizDraw.objects.create(quiz=quiz, bank=home, count=3, subject="CT成像原理", difficulty=2)
    with pytest.raises(papers.QuizNotReady) as refused:
        AttemptFactory(quiz=quiz)
    assert refused.value.params["missing"] == [{"draw": "题库甲 · CT成像原理 · 2", "wanted": 3, "found": 1}]
    assert "题库甲 · CT成像原理 · 2 (1/3)" in str(refused.value)


def test_draws_that_overlap_leave_each_other_what_they_need():
    home = BankFactory()
    for n in range(3):
        QuestionFactory(bank=home, difficulty=1, code=f"easy{n}")
    quiz = QuizFactory(questions=[])
    QuestionFactory(bank=home, difficulty=4, code="hard")
    # The first would take the only hard one in a quarter of all cases; the second has nothing else.
    QuizDraw.objects.create(quiz=quiz, bank=home, count=3, sort_order=0)
    QuizDraw.objects.create(quiz=quiz, bank=home, count=1, difficulty=4, sort_order=1)
    for _n in range(12):
        assert codes(papers.build(quiz).paper)[3] == "hard"


def test_the_same_draw_stays_in_its_attempt():
    home = BankFactory()
    for _n in range(8):
        QuestionFactory(bank=home)
    quiz = QuizFactory(questions=[])
    QuizDraw.objects.create(quiz=quiz, bank=home, count=2)
    attempt = AttemptFactory(quiz=quiz)
    again = AttemptFactory(quiz=quiz, person=attempt.person)
    assert (again.pk, again.paper) == (attempt.pk, attempt.paper)


def test_questions_are_shuffled_inside_their_section_and_groups_stay_whole():
    case = make_group("A4")
    quiz = QuizFactory(questions=[case, *[QuestionFactory(code=f"S{n}") for n in range(5)]], shuffle_questions=True)
    last = QuestionFactory(code="last")
    QuizQuestion.objects.create(quiz=quiz, question=last, section=2, sort_order=9)
    QuizSection.objects.create(quiz=quiz, number=2, title="末")
    orders = set()
    for _n in range(8):
        paper = papers.build(quiz).paper
        order = codes(paper)
        assert (order[-1], paper["groups"][-1]["section"], len(order)) == ("last", 1, 7)
        group = paper["groups"][order.index(case.code)]
        assert [item["stem"] for item in group["items"]] == ["第 1 问", "第 2 问", "第 3 问"]
        orders.add(tuple(order))
    assert len(orders) > 1


def test_shared_options_and_true_and_false_are_never_shuffled():
    true = QuestionFactory(type="TRUE_FALSE", options=(), answer="A")
    quiz = QuizFactory(questions=[make_group("B1"), true], shuffle_options=True)
    for _n in range(6):
        shared, judged = papers.build(quiz).paper["groups"]
        assert [option["text"] for option in shared["options"]] == list("甲乙丙丁戊")
        assert [item["key"] for item in shared["items"]] == ["B", "B", "B"]
        assert ([o["origin"] for o in judged["items"][0]["options"]], judged["items"][0]["key"]) == (["A", "B"], "A")


def test_the_banks_latest_scoring_is_frozen():
    home = BankFactory()
    quiz = QuizFactory(questions=[QuestionFactory(bank=home, type="X", answer="AB")])
    person = PersonFactory()
    before = papers.build(quiz).paper["groups"][0]
    scorings.set_multiple_scoring(by=person, bank=home, mode="right_minus_wrong")
    scorings.set_multiple_scoring(by=person, bank=home, mode="right_minus_wrong")
    after = papers.build(quiz).paper["groups"][0]
    assert [(g["scoring"], g["items"][0]["scoring"]["mode"]) for g in (before, after)] == [
        (0, "all_or_nothing"),
        (1, "right_minus_wrong"),
    ]


def test_the_same_seed_makes_the_same_paper_and_another_one_another():
    home = BankFactory()
    for _n in range(12):
        QuestionFactory(bank=home)
    quiz = QuizFactory(questions=[make_group("A4")], shuffle_questions=True, shuffle_options=True)
    QuizDraw.objects.create(quiz=quiz, bank=home, count=6)
    made = [papers.build(quiz, chance=random.Random(seed)).paper for seed in (7, 7, 8)]
    assert (made[0] == made[1], made[0] == made[2]) == (True, False)


@pytest.mark.parametrize("questions", [1, 3])
def test_building_a_paper_asks_as_often_for_three_questions_as_for_one(questions, django_assert_num_queries):
    home = BankFactory()
    quiz = QuizFactory(questions=[QuestionFactory(bank=home) for _n in range(questions)])
    for _n in range(questions):
        QuestionFactory(bank=home)
    QuizDraw.objects.create(quiz=quiz, bank=home, count=questions)
    with django_assert_num_queries(8):
        papers.build(quiz)
    with django_assert_num_queries(4):  # what has been read once is kept
        papers.build(quiz)


def test_a_window_closes_and_opens_by_the_servers_clock():
    now = timezone.now()
    quiz = QuizFactory(opens_at=now + timedelta(hours=1), closes_at=now + timedelta(hours=2), time_limit_minutes=50)
    with pytest.raises(attempts.QuizNotOpen):
        AttemptFactory(quiz=quiz)
    with time_machine.travel(now + timedelta(hours=1, minutes=30), tick=False):
        attempt = AttemptFactory(quiz=quiz)
        assert attempt.deadline_at == quiz.closes_at
    with time_machine.travel(now + timedelta(hours=1, minutes=5), tick=False):
        assert AttemptFactory(quiz=quiz).deadline_at == now + timedelta(hours=1, minutes=55)
    with time_machine.travel(quiz.closes_at, tick=False), pytest.raises(attempts.QuizOver):
        AttemptFactory(quiz=quiz)


def reviewed(attempt, *, at=None) -> tuple[bool, object]:
    with time_machine.travel(at or timezone.now(), tick=False):
        sheet = selectors.sheet(selectors.attempt_of(person=attempt.person, public_id=attempt.public_id))
    return sheet.is_review_allowed, sheet.review_from


def test_what_was_right_is_shown_after_the_window_or_never():
    closes = timezone.now() + timedelta(hours=1)
    after = AttemptFactory(quiz=QuizFactory(closes_at=closes, review_policy="after_window"))
    never = AttemptFactory(quiz=QuizFactory(review_policy="never"))
    for attempt in (after, never):
        attempts.submit(public_id=attempt.public_id, person=attempt.person)
    opens = closes + timedelta(seconds=120)
    assert [reviewed(after), reviewed(after, at=opens - timedelta(seconds=1)), reviewed(after, at=opens)] == [
        (False, opens),
        (False, opens),
        (True, None),
    ]
    assert reviewed(never, at=closes + timedelta(days=999)) == (False, None)
