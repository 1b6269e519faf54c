"""Scoring: the values of the domain rules, and what holds for every answer."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes import grading
from quizzes.enums import MultipleScoring, QuestionType
from quizzes.grading import Item, Mark

FIVE = "ABCDE"


def item(type: str = QuestionType.A1, answer: str = "B", points: str = "1", scoring: str = "all_or_nothing") -> Item:
    return Item(question="q", type=type, keys=FIVE, answer=answer, points=Decimal(points), scoring=scoring)


@pytest.mark.parametrize("type", [QuestionType.A1, QuestionType.A2])
@pytest.mark.parametrize(("value", "points"), [("B", "2.00"), ("A", "0.00"), ("", "0.00")])
def test_score_single_answer_is_all_or_nothing(type, value, points):
    assert grading.score(value, item(type, points="2")) == Mark(Decimal(points), value == "B")


@pytest.mark.parametrize(
    ("scoring", "value", "points"),
    [
        ("all_or_nothing", "ABCD", "4.00"),
        ("all_or_nothing", "ABC", "0.00"),
        ("all_or_nothing", "ABCDE", "0.00"),
        ("partial_no_wrong", "ABCD", "4.00"),
        ("partial_no_wrong", "ABC", "1.50"),
        ("partial_no_wrong", "A", "0.50"),
        ("partial_no_wrong", "ABCE", "0.00"),
        ("right_minus_wrong", "ABCD", "4.00"),
        ("right_minus_wrong", "ABC", "3.00"),
        ("right_minus_wrong", "ABCE", "2.00"),
        ("right_minus_wrong", "ABCDE", "3.00"),
        ("right_minus_wrong", "E", "0.00"),
        ("right_minus_wrong", "", "0.00"),
    ],
)
def test_score_multiple_follows_the_mode_of_the_bank(scoring, value, points):
    question = item(QuestionType.X, "ABCD", "4", scoring)
    assert grading.score(value, question) == Mark(Decimal(points), value == "ABCD")


def test_score_rounds_half_up_to_the_cent():
    assert grading.score("A", item(QuestionType.X, "ABC", "1", "right_minus_wrong")).points == Decimal("0.33")
    assert grading.score("AB", item(QuestionType.X, "ABC", "1", "right_minus_wrong")).points == Decimal("0.67")


letters = st.sets(st.sampled_from(FIVE)).map(lambda chosen: "".join(sorted(chosen)))


@given(
    scoring=st.sampled_from(list(MultipleScoring)),
    answer=letters.filter(lambda letters: len(letters) >= 2),
    value=letters,
    cents=st.integers(1, 10_000),
)
def test_score_stays_between_nothing_and_the_points(scoring, answer, value, cents):
    points = Decimal(cents) / 100
    mark = grading.score(value, item(QuestionType.X, answer, str(points), scoring))
    assert 0 <= mark.points <= points
    assert mark.is_right == (value == answer)
    assert not mark.is_right or mark.points == points


@given(answer=letters.filter(lambda letters: len(letters) >= 2), value=letters, extra=st.sampled_from(FIVE))
def test_score_never_rises_with_a_wrong_option(answer, value, extra):
    if extra in answer or extra in value:
        return
    for scoring in MultipleScoring:
        question = item(QuestionType.X, answer, "3", scoring)
        worse = "".join(sorted(value + extra))
        assert grading.score(worse, question).points <= grading.score(value, question).points


@pytest.mark.parametrize(
    ("value", "type", "normal"),
    [("B", "A1", "B"), ("", "A1", ""), ("DAB", "X", "ABD"), ("", "X", "")],
)
def test_normalise_gives_one_written_form(value, type, normal):
    assert grading.normalise(value, type=type, keys=FIVE) == normal


@pytest.mark.parametrize(
    ("value", "type"), [("F", "A1"), ("AB", "A2"), ("AA", "X"), ("a", "X"), (["A"], "X"), (1, "A1"), (None, "A1")]
)
def test_normalise_refuses_what_does_not_fit(value, type):
    with pytest.raises(ValueError, match=r"option|text|type"):
        grading.normalise(value, type=type, keys=FIVE)


@pytest.mark.parametrize(("answer", "type"), [("", "A1"), ("AB", "A1"), ("A", "X"), ("F", "A1"), ("A", "K")])
def test_check_key_refuses_a_key_that_does_not_fit(answer, type):
    with pytest.raises(ValueError, match=r"option|text|type"):
        grading.check_key(answer, type=type, keys=FIVE)


def test_grade_adds_up_and_passes_at_exactly_the_share():
    items = [Item(str(n), "A1", FIVE, "B", Decimal(1)) for n in range(5)]
    grade = grading.grade(items, {"0": "B", "1": "B", "2": "B", "3": "A"}, pass_share=Decimal("0.6"))
    assert (grade.points, grade.possible, grade.is_passed) == (Decimal("3.00"), Decimal(5), True)
    assert [grade.marks[str(n)].is_right for n in range(5)] == [True, True, True, False, False]
    assert not grading.grade(items, {"0": "B", "1": "B"}, pass_share=Decimal("0.6")).is_passed


def test_grade_refuses_a_paper_without_points():
    with pytest.raises(ValueError, match="without points"):
        grading.grade([], {}, pass_share=Decimal("0.6"))
