"""What one, two or three marks make."""

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.grading import marking, scorings
from quizzes.grading.base import Fault, InvalidItem
from quizzes.grading.marking import Basis, Verdict, settle

GAP = D(2)


def of_two(*marks: str, tie: str = "higher") -> Verdict:
    return settle([D(mark) for mark in marks], markers=2, gap=GAP, tie=tie)


def test_one_marker_stands_alone():
    assert settle([D("7.5")], markers=1, gap=GAP, tie="higher") == Verdict(D("7.50"), Basis.ONE)
    assert settle([], markers=1, gap=GAP, tie="higher") == Verdict(None)


@pytest.mark.parametrize(
    ("marks", "verdict"),
    [
        ([], Verdict(None)),
        (["6"], Verdict(None)),
        (["6", "8"], Verdict(D("7.00"), Basis.MEAN)),
        (["6", "8.01"], Verdict(None, calls_third=True)),
        (["7.5", "7.51"], Verdict(D("7.51"), Basis.MEAN)),  # 7.505, half up
        (["2", "8", "7"], Verdict(D("7.50"), Basis.NEAREST)),
        (["8", "2", "1"], Verdict(D("1.50"), Basis.NEAREST)),
        (["2", "8", "8"], Verdict(D("8.00"), Basis.NEAREST)),
        (["2", "8", "5"], Verdict(D("6.50"), Basis.TIE)),
    ],
)
def test_two_markers_make_their_mean_or_call_a_third(marks, verdict):
    assert of_two(*marks) == verdict


def test_tie_may_count_all_three():
    assert of_two("2", "8", "5", tie="all") == Verdict(D("5.00"), Basis.TIE)


@pytest.mark.parametrize("marks", [["1", "2", "3"], ["1", "9", "3", "4"]])
def test_marks_that_nothing_called_are_refused(marks):
    with pytest.raises(ValueError, match=r"gap|rounds"):
        of_two(*marks)


_MARK = st.decimals(min_value=0, max_value=10, places=2)


@given(_MARK, _MARK, _MARK, st.sampled_from(["higher", "all"]))
def test_final_points_lie_between_the_marks_and_never_depend_on_the_order_of_the_first_two(first, second, third, tie):
    marks = [first, second, third] if abs(first - second) > GAP else [first, second]
    verdict = settle(marks, markers=2, gap=GAP, tie=tie)
    assert verdict.points is not None
    assert min(marks) <= verdict.points <= max(marks)
    assert settle([second, first, *marks[2:]], markers=2, gap=GAP, tie=tie) == verdict


def test_default_rules_are_two_blind_markers_and_say_that_nobody_has_verified_them():
    default = scorings.default()
    for kind in ("ESSAY", "FILE"):
        rules = marking.rules_from(default.rules[kind])
        assert rules == marking.Rules(markers=2, is_blind=True, gap=D("0.2"), tie=marking.Tie.HIGHER)
        assert (default.mark_of(kind), marking.gap_points(rules, D("12.5"))) == ("M", D("2.50"))


WHOLE = {"markers": "1", "blind": "no", "gap": "0.10", "tie": "all"}


def test_rules_have_one_written_form():
    assert marking.check_rules(WHOLE) == {"markers": "1", "blind": "no", "gap": "0.1", "tie": "all"}


@pytest.mark.parametrize(
    ("change", "field", "fault"),
    [
        ({"markers": "3"}, "markers", Fault.UNKNOWN),
        ({"markers": 2}, "markers", Fault.UNKNOWN),
        ({"blind": True}, "blind", Fault.UNKNOWN),
        ({"tie": "lower"}, "tie", Fault.UNKNOWN),
        ({"gap": "1.1"}, "gap", Fault.OUT_OF_RANGE),
        ({"gap": "NaN"}, "gap", Fault.NOT_A_NUMBER),
        ({"gap": 0.2}, "gap", Fault.NOT_A_NUMBER),
        ({"fourth": "yes"}, "fourth", Fault.UNKNOWN),
    ],
)
def test_rules_that_make_no_sense_are_refused(change, field, fault):
    with pytest.raises(InvalidItem) as refused:
        marking.check_rules({**WHOLE, **change})
    assert (refused.value.field, refused.value.fault) == (field, fault)


@pytest.mark.parametrize("missing", list(WHOLE))
def test_rules_must_be_whole(missing):
    with pytest.raises(InvalidItem) as refused:
        marking.check_rules({name: value for name, value in WHOLE.items() if name != missing})
    assert (refused.value.field, refused.value.fault) == (missing, Fault.MISSING)


@pytest.mark.parametrize(("points", "kept"), [("0", "0.00"), ("10", "10.00"), ("3.25", "3.25")])
def test_points_of_the_item_are_taken(points, kept):
    assert str(marking.check_points(D(points), maximum=D(10))) == kept


@pytest.mark.parametrize("points", ["-0.01", "10.01", "1.005", "NaN", "Infinity"])
def test_other_points_are_refused(points):
    with pytest.raises(ValueError, match=r"points|finer"):
        marking.check_points(D(points), maximum=D(10))
