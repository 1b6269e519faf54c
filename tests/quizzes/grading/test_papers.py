"""Whole papers, scoring rules as data, and what holds for every type."""

import ast
import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quizzes import grading
from quizzes.enums import QuestionType
from quizzes.grading import Fault, InvalidItem, Mark, rubrics, scorings
from tests.quizzes.grading.examples import AUTOMATIC, CODES, EXAMPLES, draft_item, paper_item


@pytest.mark.parametrize("type", list(EXAMPLES))
def test_every_type_reads_and_scores_its_right_value(type):
    item, right = paper_item(type, "3"), EXAMPLES[type][1]
    assert grading.normalise(right, item) == right
    people = type in ("ESSAY", "FILE")
    assert grading.score(right, item) == (None if people else Mark(Decimal("3.00"), True))
    assert grading.score("", item) == Mark(Decimal("0.00"), False)


@pytest.mark.parametrize("type", list(EXAMPLES))
def test_check_item_again_changes_nothing(type):
    checked = grading.check_item(type, draft_item(type))
    assert grading.check_item(type, checked) == checked
    stored = {"key": checked.key, "settings": checked.settings}
    assert json.loads(json.dumps(stored)) == stored


def test_check_item_refuses_an_unknown_type():
    with pytest.raises(InvalidItem, match="type: unknown"):
        grading.check_item("K", draft_item("A1"))


letters = st.text(alphabet="ABCDEFG", max_size=7)
place = st.integers(0, 1000)
values = {
    "NUMERIC": st.tuples(st.decimals(-1000, 1000, places=2), st.sampled_from(["kV", "V", ""])).map(
        lambda drawn: f"{drawn[0]} {drawn[1]}"
    ),
    "SHORT_TEXT": st.text(max_size=20),
    "ORDERING": st.permutations("ABCD").map("".join),
    "MATCHING": st.dictionaries(st.integers(1, 3), st.sampled_from("ABCDE")).map(
        lambda found: ",".join(f"{prompt}{letter}" for prompt, letter in found.items())
    ),
    "HOTSPOT": st.lists(st.tuples(place, place), max_size=2).map(
        lambda found: ";".join(f"{across},{down}" for across, down in found)
    ),
    "IMAGE_GRADING": st.tuples(
        st.dictionaries(st.sampled_from(CODES), st.sampled_from("+-")), st.sampled_from(["", *"甲乙丙废"])
    ).map(lambda drawn: ",".join(f"{code}{sign}" for code, sign in drawn[0].items()) + f";{drawn[1]}"),
}


@pytest.mark.parametrize("type", AUTOMATIC)
@settings(max_examples=40)
@given(data=st.data())
def test_a_score_stays_between_nothing_and_the_points(type, data):
    item = paper_item(type, str(Decimal(data.draw(st.integers(1, 10_000))) / 100))
    typed = data.draw(values.get(type, letters))
    try:
        value = grading.normalise(typed, item)
    except ValueError:
        return
    assert grading.normalise(value, item) == value
    mark = grading.score(value, item)
    assert 0 <= mark.points <= item.points
    assert mark.points.as_tuple().exponent == -2
    assert not mark.is_right or mark.points == item.points


@pytest.mark.parametrize("type", [str(type) for type in QuestionType])
@settings(max_examples=40)
@given(typed=st.one_of(st.text(max_size=40), st.text(alphabet="0123456789,.;+-eEA→×甲 \x00", max_size=40)))
def test_no_text_breaks_a_scorer(type, typed):
    item = paper_item(type)
    try:
        value = grading.normalise(typed, item)
    except ValueError:
        return
    assert grading.normalise(value, item) == value
    value.encode()
    grading.score(value, item)


def test_grade_adds_up_and_passes_at_exactly_the_share():
    items = [paper_item("A1", id=str(n)) for n in range(5)]
    grade = grading.grade(items, {"0": "B", "1": "B", "2": "B", "3": "A"}, pass_share=Decimal("0.6"))
    assert (grade.points, grade.possible, grade.is_passed, grade.is_complete) == (Decimal("3.00"), 5, True, True)
    assert [grade.marks[str(n)].is_right for n in range(5)] == [True, True, True, False, False]
    assert not grading.grade(items, {"0": "B", "1": "B"}, pass_share=Decimal("0.6")).is_passed


def test_grade_waits_for_people_and_takes_their_marks():
    items = [paper_item("A1", "2", id="a"), paper_item("ESSAY", "8", id="e")]
    answers = {"a": "B", "e": "先停注射"}
    waiting = grading.grade(items, answers, pass_share=Decimal("0.6"))
    assert (waiting.points, waiting.is_complete, waiting.is_passed, list(waiting.marks)) == (None, False, None, ["a"])
    done = grading.grade(items, answers, {"e": Decimal("4.5")}, pass_share=Decimal("0.6"))
    assert (done.points, done.is_complete, done.is_passed) == (Decimal("6.50"), True, True)
    assert done.marks["e"] == Mark(Decimal("4.50"), False)
    assert grading.grade(items, {"a": "B"}, pass_share=Decimal("0.6")).is_complete
    for points in ("8.01", "-1"):
        with pytest.raises(ValueError, match="more points"):
            grading.grade(items, answers, {"e": Decimal(points)}, pass_share=Decimal("0.6"))


def test_grade_leaves_the_scorers_marks_to_the_scorers():
    items = [paper_item("A1", "2", id="a")]
    assert grading.grade(items, {"a": "C"}, {"a": Decimal(2)}, pass_share=Decimal("0.6")).points == 0


def test_grade_refuses_a_paper_without_points():
    with pytest.raises(ValueError, match="without points"):
        grading.grade([], {}, pass_share=Decimal("0.6"))


def test_default_scoring_knows_every_type_with_source_and_mark():
    default = scorings.default()
    assert (list(default.rules), default.mark) == (list(QuestionType), "B")
    assert [default.mark_of(type) for type in ("A1", "CASE", "X", "HOTSPOT")] == ["B", "B", "M", "M"]
    assert scorings.check_rules(default.rules) == default.rules
    assert scorings.rules_for({"X": {"mode": "right_minus_wrong", "each": "0.5"}}, "X")["mode"] == "right_minus_wrong"
    assert scorings.rules_for({}, "CASE") == {"right": "1", "wrong": "-1", "floor_per_item": "0"}


@pytest.mark.parametrize(
    ("rules", "field", "fault"),
    [
        ([], "", Fault.WRONG_TYPE),
        ({"K": {}}, "K", Fault.UNKNOWN),
        ({"A1": []}, "A1", Fault.WRONG_TYPE),
        ({"A1": {"right": "1"}}, "A1.wrong", Fault.MISSING),
        ({"A1": {"right": "1", "wrong": "-1"}}, "A1.wrong", Fault.OUT_OF_RANGE),
        ({"X": {"mode": "some", "each": "0.5"}}, "X.mode", Fault.UNKNOWN),
        ({"X": {"mode": "all_or_nothing", "each": "1.5"}}, "X.each", Fault.OUT_OF_RANGE),
        ({"CASE": {"right": 0.5, "wrong": "-1", "floor_per_item": "0"}}, "CASE.right", Fault.NOT_A_NUMBER),
        ({"CASE": {"right": "1", "wrong": "1", "floor_per_item": "0"}}, "CASE.wrong", Fault.OUT_OF_RANGE),
        ({"CASE": {"right": "1", "wrong": "-1", "floor_per_item": "-1"}}, "CASE.floor_per_item", Fault.OUT_OF_RANGE),
        ({"ORDERING": {"mode": "each"}}, "ORDERING.mode", Fault.UNKNOWN),
        ({"IMAGE_GRADING": {"item": "0", "grade": "1"}}, "IMAGE_GRADING.item", Fault.OUT_OF_RANGE),
        ({"ESSAY": {}}, "ESSAY.markers", Fault.MISSING),
    ],
)
def test_scoring_names_the_wrong_field(rules, field, fault):
    with pytest.raises(InvalidItem) as refused:
        scorings.check_rules(rules)
    assert (refused.value.field, refused.value.fault) == (field, fault)


def test_no_binary_fraction_is_used_in_grading():
    for path in sorted(Path(grading.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), path
            assert not (isinstance(node, ast.Name) and node.id == "float"), path
    for path in [*scorings.DIRECTORY.glob("*.json"), *rubrics.DIRECTORY.glob("*.json")]:
        json.loads(path.read_text("utf-8"), parse_float=pytest.fail, parse_int=pytest.fail)
