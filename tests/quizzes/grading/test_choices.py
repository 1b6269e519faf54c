"""Options to choose: the values of the domain rules, and what holds for every answer."""

from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes import grading
from quizzes.enums import MultipleScoring
from quizzes.grading import Fault, InvalidItem, Mark
from tests.quizzes.grading.examples import FIVE, SEVEN, paper_item


def several(key, points="1", mode="all_or_nothing"):
    return paper_item("X", points, scoring={"mode": mode, "each": "0.5"}, key=key)


@pytest.mark.parametrize("type", ["A1", "A2", "A3", "A4", "B1"])
@pytest.mark.parametrize(("value", "points"), [("B", "2.00"), ("A", "0.00"), ("", "0.00")])
def test_score_single_answer_is_all_or_nothing(type, value, points):
    assert grading.score(value, paper_item(type, "2")) == Mark(Decimal(points), value == "B")


@pytest.mark.parametrize(
    ("value", "points"),
    [("ABCDE", 5), ("ABC", 3), ("ABCF", 2), ("FG", 0), ("ABCDEFG", 3), ("", 0), ("A", 1), ("AF", 0), ("AFG", 0)],
)
def test_score_case_counts_right_minus_wrong_with_floor_nothing(value, points):
    assert grading.score(value, paper_item("CASE", "5")) == Mark(Decimal(points), value == "ABCDE")


@pytest.mark.parametrize(("value", "points"), [("ABCDE", "1.00"), ("ABC", "0.60"), ("ABCF", "0.40"), ("FG", "0.00")])
def test_score_case_scales_to_the_points_of_the_paper(value, points):
    assert grading.score(value, paper_item("CASE", "1")) == Mark(Decimal(points), value == "ABCDE")


@pytest.mark.parametrize(
    ("value", "points"),
    [("ABC", "4.00"), ("A", "2.00"), ("BC", "2.00"), ("AG", "0.00"), ("ABCG", "1.00"), ("ABCF", "3.00"), ("G", "0.00")],
)
def test_score_case_weighs_right_and_wrong_options(value, points):
    item = paper_item("CASE", "4", key={"right": "CAB", "weights": {"A": "2", "G": 3}})
    assert item.key == {"right": "ABC", "weights": {"A": "2", "G": "3"}}
    assert grading.score(value, item) == Mark(Decimal(points), value == "ABC")


def test_score_case_without_deduction_is_right_only_if_nothing_wrong_is_chosen():
    item = paper_item("CASE", scoring={"right": "1", "wrong": "0", "floor_per_item": "0"})
    assert grading.score("ABCDEF", item) == Mark(Decimal("1.00"), False)


@pytest.mark.parametrize(
    ("mode", "value", "points"),
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
def test_score_several_follows_the_mode_of_the_bank(mode, value, points):
    assert grading.score(value, several("ABCD", "4", mode)) == Mark(Decimal(points), value == "ABCD")


def test_score_rounds_half_up_to_the_cent():
    assert grading.score("A", several("ABC", mode="right_minus_wrong")).points == Decimal("0.33")
    assert grading.score("AB", several("ABC", mode="right_minus_wrong")).points == Decimal("0.67")
    assert grading.score("A", several("AB", "0.01", mode="right_minus_wrong")).points == Decimal("0.01")


letters = st.sets(st.sampled_from("ABCDE")).map(lambda chosen: "".join(sorted(chosen)))


@given(key=letters.filter(lambda key: len(key) >= 2), value=letters, extra=st.sampled_from("ABCDE"))
def test_score_never_rises_with_a_wrong_option(key, value, extra):
    if extra in key or extra in value:
        return
    worse = "".join(sorted(value + extra))
    for mode in MultipleScoring:
        assert (
            grading.score(worse, several(key, "3", mode)).points <= grading.score(value, several(key, "3", mode)).points
        )


def test_any_order_of_choosing_is_the_same_answer():
    item = paper_item("CASE")
    assert {grading.normalise("".join(order), item) for order in permutations("CAFB")} == {"ABCF"}


@pytest.mark.parametrize(
    ("type", "value", "reason"),
    [
        ("A1", "F", "an unknown option"),
        ("A2", "AB", "several options for a single answer"),
        ("X", "AA", "an option twice"),
        ("X", "a", "an unknown option"),
        ("X", ["A"], "not a text"),
        ("TRUE_FALSE", "C", "an unknown option"),
        ("A1", 1, "not a text"),
        ("A1", None, "not a text"),
    ],
)
def test_normalise_refuses_what_does_not_fit(type, value, reason):
    with pytest.raises(ValueError, match=reason):
        grading.normalise(value, paper_item(type))


@pytest.mark.parametrize(
    ("type", "change", "field", "fault"),
    [
        ("A1", {"key": ""}, "key", Fault.TOO_FEW),
        ("A1", {"key": "AB"}, "key", Fault.TOO_MANY),
        ("A1", {"key": "F"}, "key", Fault.UNKNOWN),
        ("A1", {"key": ["A"]}, "key", Fault.WRONG_TYPE),
        ("A1", {"options": ["水"]}, "options", Fault.TOO_FEW),
        ("X", {"key": "A"}, "key", Fault.TOO_FEW),
        ("X", {"key": "AAB"}, "key", Fault.TWICE),
        ("CASE", {"options": FIVE}, "options", Fault.TOO_FEW),
        ("CASE", {"key": {"right": "AB", "weights": {"H": "1"}}}, "key.weights.H", Fault.UNKNOWN),
        ("CASE", {"key": {"right": "AB", "weights": {"AB": "1"}}}, "key.weights.AB", Fault.UNKNOWN),
        ("CASE", {"key": {"right": "AB", "weights": {"A": "0"}}}, "key.weights.A", Fault.OUT_OF_RANGE),
        ("CASE", {"key": {"weights": {}}}, "key.right", Fault.MISSING),
    ],
)
def test_check_item_names_the_wrong_field(type, change, field, fault):
    with pytest.raises(InvalidItem) as refused:
        paper_item(type, **change)
    assert (refused.value.field, refused.value.fault) == (field, fault)


@pytest.mark.parametrize(
    ("type", "key", "shown"),
    [
        ("A1", "B", "A"),
        ("CASE", "ABC", "ABE"),
        ("CASE", {"right": "AC", "weights": {"A": "2"}}, {"right": "BE", "weights": {"B": "2"}}),
        ("ORDERING", "CABD", "EBAD"),
        ("MATCHING", "1C,2A", "1E,2B"),
        ("SHORT_TEXT", {"accepted": ["A"]}, {"accepted": ["A"]}),
    ],
)
def test_shown_follows_shuffled_options(type, key, shown):
    mapping = {"A": "B", "B": "A", "C": "E", "D": "D", "E": "C"}
    assert grading.shown(key, type, mapping) == shown


def test_case_may_have_as_many_options_as_letters():
    assert paper_item("CASE", options=[*SEVEN, "1", "2", "3", "4", "5"], key="L").keys == grading.LETTERS
