"""Numbers, units and short texts as people type them."""

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes import grading
from quizzes.grading import Fault, InvalidItem
from quizzes.grading.base import plain
from quizzes.grading.numbers import read
from quizzes.grading.units import unit
from tests.quizzes.grading.examples import paper_item


def numeric(units, number, unit="", tolerance="0", is_="absolute", points="1"):
    key = {"number": number, "unit": unit, "tolerance": tolerance, "tolerance_is": is_}
    return paper_item("NUMERIC", points, settings={"units": units}, key=key)


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("120 kV", "120 kV"),
        (" 120kV ", "120 kV"),
        ("120KV", "120 kV"),
        ("１２０ＫＶ", "120 kV"),
        ("0120.50 kV", "120.5 kV"),
        ("1,200 V", "1200 V"),
        ("1,200.5 V", "1200.5 V"),
        ("0,5 kV", "0.5 kV"),
        ("0。5 kV", "0.5 kV"),
        ("1.2e2 kV", "120 kV"),
        ("−3 kV", "-3 kV"),
        ("-0 kV", "0 kV"),
        (".5 kV", "0.5 kV"),
        ("120", "120"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_normalise_number_gives_one_written_form(typed, written):
    item = numeric(["kV", "V"], "120", "kV")
    assert grading.normalise(typed, item) == written
    assert grading.normalise(written, item) == written


# The widget in the browser must write them the same way; it reads this very file.
@pytest.mark.parametrize(
    ("typed", "written"), json.loads((Path(__file__).parent / "numbers.json").read_text(encoding="utf-8"))
)
def test_read_number_as_the_widget_does(typed, written):
    try:
        number, unit = read(typed)
    except ValueError:
        assert written is None
    else:
        assert (plain(number), unit) == (written, "")


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("viel", "not a number"),
        ("1.2.3 kV", "not a number"),
        ("1,2,3 kV", "not a number"),
        ("kV", "not a number"),
        ("120 mAs", "an unknown unit"),
        ("120–130 kV", "an unknown unit"),
        ("1e99 kV", "too long a number"),
        ("1e-99 kV", "too long a number"),
        ("1" * 25, "too long a number"),
    ],
)
def test_normalise_number_refuses_what_is_none(typed, reason):
    with pytest.raises(ValueError, match=reason):
        grading.normalise(typed, numeric(["kV", "V"], "120", "kV"))


def test_normalise_number_adds_the_only_unit():
    assert grading.normalise("12", numeric(["%"], "12", "%")) == "12 %"
    assert grading.normalise("12", numeric([], "12")) == "12"


@pytest.mark.parametrize(
    ("units", "number", "unit", "tolerance", "is_", "value", "is_right"),
    [
        (["kV", "V"], "120", "kV", "0", "absolute", "120 kV", True),
        (["kV", "V"], "120", "kV", "0", "absolute", "120000 V", True),
        (["kV", "V"], "120", "kV", "0", "absolute", "120 V", False),
        (["kV", "V"], "120", "kV", "0", "absolute", "120", False),
        (["kV"], "120", "kV", "2", "absolute", "122 kV", True),
        (["kV"], "120", "kV", "2", "absolute", "117.99 kV", False),
        (["mGy", "cGy", "μGy"], "0.3", "mGy", "10", "percent", "330 μGy", True),
        (["mGy", "cGy", "μGy"], "0.3", "mGy", "10", "percent", "330.0001 μGy", False),
        (["mGy", "cGy"], "0.3", "mGy", "10", "percent", "0.027 cGy", True),
        (["mGy", "mSv"], "3", "mGy", "0", "absolute", "3 mSv", False),
        (["mAs", "As"], "0.1", "As", "0", "absolute", "100 mAs", True),
        (["mA·s", "mAs"], "100", "mAs", "0", "absolute", "100 mA·s", True),
        (["ms", "s"], "25", "ms", "0", "absolute", "0.025 s", True),
        (["ml/s", "ml/min"], "4", "ml/s", "0", "absolute", "240 ml/min", True),
        (["ml", "cm3"], "80", "ml", "0", "absolute", "80 cm3", True),
        (["mm", "cm"], "0.625", "mm", "0", "absolute", "0.0625 cm", True),
        (["%"], "-2.5", "%", "0.1", "absolute", "-2.6 %", True),
        (["LP/mm", "层"], "10", "LP/mm", "0", "absolute", "10 层", False),
        ([], "0.1", "", "0.2", "absolute", "0.3", True),
    ],
)
def test_score_number_by_tolerance_and_unit(units, number, unit, tolerance, is_, value, is_right):
    item = numeric(units, number, unit, tolerance, is_)
    assert grading.normalise(value, item) == value
    assert grading.score(value, item).is_right is is_right


@pytest.mark.parametrize(
    ("symbol", "other", "ratio"),
    [
        ("kV", "V", 1000),
        ("µs", "s", Fraction(1, 10**6)),
        ("us", "μs", 1),
        ("min", "s", 60),
        ("ml", "cm³", 1),
        ("ml/s", "l/min", Fraction(60, 1000)),
        ("mGy·cm", "Gy·m", Fraction(1, 10**5)),
        ("mGy*cm", "mGy·cm", 1),
        ("MHz", "1/s", None),
        ("mT", "T", Fraction(1, 1000)),
        ("mg/ml", "g/l", 1),
        ("s^-1", "Hz", 1),
        ("Gy", "Sv", None),
        ("mAs", "mA", None),
        ("HU", "%", None),
        ("kHU", "HU", None),
    ],
)
def test_units_of_one_kind_convert_exactly(symbol, other, ratio):
    one, two = unit(symbol), unit(other)
    assert (one.factor / two.factor if one.is_related(two) else None) == ratio


@given(
    number=st.decimals(min_value=-9999, max_value=9999, places=3),
    scale=st.sampled_from([("mm", 1), ("cm", 10), ("m", 1000)]),
)
def test_the_same_length_is_right_in_every_unit(number, scale):
    item = numeric(["mm", "cm", "m"], str(number), "mm")
    value = grading.normalise(f"{number / scale[1]:f} {scale[0]}", item)
    assert grading.score(value, item).points == Decimal("1.00")


@pytest.mark.parametrize(
    ("change", "field", "fault"),
    [
        ({"number": "x"}, "key.number", Fault.NOT_A_NUMBER),
        ({"number": 0.1}, "key.number", Fault.NOT_A_NUMBER),
        ({"number": True}, "key.number", Fault.NOT_A_NUMBER),
        ({"number": "NaN"}, "key.number", Fault.NOT_A_NUMBER),
        ({"number": "1e20"}, "key.number", Fault.OUT_OF_RANGE),
        ({"tolerance": "-1"}, "key.tolerance", Fault.OUT_OF_RANGE),
        ({"number": "0", "tolerance_is": "percent"}, "key.tolerance", Fault.OUT_OF_RANGE),
        ({"tolerance_is": "roughly"}, "key.tolerance_is", Fault.UNKNOWN),
        ({"unit": "mA"}, "key.unit", Fault.UNKNOWN),
        ({"unit": ""}, "key.unit", Fault.MISSING),
        ({"wrong": "1"}, "key.wrong", Fault.UNKNOWN),
    ],
)
def test_check_numeric_names_the_wrong_field(change, field, fault):
    key = {"number": "120", "unit": "kV", "tolerance": "1", "tolerance_is": "absolute", **change}
    with pytest.raises(InvalidItem) as refused:
        paper_item("NUMERIC", key=key)
    assert (refused.value.field, refused.value.fault) == (field, fault)


@pytest.mark.parametrize(
    ("units", "fault"),
    [(["kV", "ｋＶ"], Fault.TWICE), (["10mm"], Fault.UNKNOWN), (["e3"], Fault.UNKNOWN), ("kV", Fault.WRONG_TYPE)],
)
def test_check_numeric_refuses_units_that_cannot_be_told_apart(units, fault):
    with pytest.raises(InvalidItem) as refused:
        numeric(units, "1", "kV")
    assert (refused.value.field, refused.value.fault) == ("settings.units", fault)


@pytest.mark.parametrize(
    "typed",
    [
        "CT值",
        "CT 值",
        "ct值",
        "ＣＴ　值",
        " CT  值 ",
        "hounsfield  UNIT",
        "Hounsfield\nunit",
        "ＨＯＵＮＳＦＩＥＬＤ unit",
    ],
)
def test_short_text_is_the_same_in_any_width_case_and_spacing(typed):
    item = paper_item("SHORT_TEXT")
    assert grading.score(grading.normalise(typed, item), item).is_right


@pytest.mark.parametrize("typed", ["Hounsfieldunit", "CT", "值CT", "CT值。"])
def test_short_text_is_wrong_in_other_words(typed):
    item = paper_item("SHORT_TEXT")
    assert not grading.score(grading.normalise(typed, item), item).is_right


def test_short_text_drops_what_no_database_keeps():
    item = paper_item("SHORT_TEXT")
    assert grading.normalise("C\x00T\ud800值", item) == "CT值"
    assert grading.normalise("\x00", item) == ""


def test_texts_have_a_longest_length():
    assert grading.normalise("值" * 100, paper_item("SHORT_TEXT")) == "值" * 100
    with pytest.raises(ValueError, match="too long a text"):
        grading.normalise("值" * 101, paper_item("SHORT_TEXT"))
    with pytest.raises(ValueError, match="too long a text"):
        grading.normalise("值" * 20_001, paper_item("ESSAY"))


def test_essay_keeps_its_lines():
    assert grading.normalise(" 一\r\n二\t三 \x0b", paper_item("ESSAY")) == "一\n二\t三"


@pytest.mark.parametrize(
    ("accepted", "field", "fault"),
    [
        ([], "key.accepted", Fault.TOO_FEW),
        (["CT值", "ct 值"], "key.accepted", Fault.TWICE),
        (["值" * 101], "key.accepted.1", Fault.TOO_LONG),
        ([1], "key.accepted.1", Fault.WRONG_TYPE),
        ("CT值", "key.accepted", Fault.WRONG_TYPE),
    ],
)
def test_check_short_text_names_the_wrong_field(accepted, field, fault):
    with pytest.raises(InvalidItem) as refused:
        paper_item("SHORT_TEXT", key={"accepted": accepted})
    assert (refused.value.field, refused.value.fault) == (field, fault)


def test_file_is_named_by_its_id():
    value = "2F1F6A1E-6A2B-4A3E-9D0E-1D2F3A4B5C6D"
    assert grading.normalise(value, paper_item("FILE")) == value.lower()
    with pytest.raises(ValueError, match="UUID"):
        grading.normalise("../secret", paper_item("FILE"))
