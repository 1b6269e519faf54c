"""Order, matches, places on an image and rubrics."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes import grading
from quizzes.grading import Fault, InvalidItem, Mark, rubrics
from quizzes.grading.hotspots import hits
from tests.quizzes.grading.examples import CODES, RUBRIC, draft_item, paper_item


@pytest.mark.parametrize(
    ("mode", "value", "points"),
    [
        ("all_or_nothing", "CABD", "4.00"),
        ("all_or_nothing", "CADB", "0.00"),
        ("positions", "CABD", "4.00"),
        ("positions", "CADB", "2.00"),
        ("positions", "DCAB", "0.00"),
        ("positions", "", "0.00"),
    ],
)
def test_score_ordering(mode, value, points):
    item = paper_item("ORDERING", "4", scoring={"mode": mode})
    assert grading.score(value, item) == Mark(Decimal(points), value == "CABD")


@pytest.mark.parametrize("value", ["CAB", "CABDE", "CABB", "cabd", "CABX"])
def test_ordering_takes_every_option_once(value):
    with pytest.raises(ValueError, match="not every option once"):
        grading.normalise(value, paper_item("ORDERING"))


@pytest.mark.parametrize(
    ("mode", "value", "points"),
    [
        ("each", "1C,2A,3B", "3.00"),
        ("each", "1C,2A", "2.00"),
        ("each", "1C,2B,3A", "1.00"),
        ("each", "1A,2A,3A", "0.00"),
        ("each", "1C,2C,3B", "1.00"),
        ("each", "", "0.00"),
        ("all_or_nothing", "1C,2A,3B", "3.00"),
        ("all_or_nothing", "1C,2A", "0.00"),
    ],
)
def test_score_matching(mode, value, points):
    item = paper_item("MATCHING", "3", scoring={"mode": mode})
    assert grading.score(value, item) == Mark(Decimal(points), value == "1C,2A,3B")


def test_score_matching_with_options_used_again():
    item = paper_item("MATCHING", "3", settings={"prompts": ["一", "二", "三"], "repeats": True}, key="1C,2A,3A")
    assert grading.score("1C,2A,3A", item) == Mark(Decimal("3.00"), True)
    assert grading.score("1A,2A,3A", item) == Mark(Decimal("2.00"), False)


def test_matching_writes_prompts_in_order():
    item = paper_item("MATCHING")
    assert grading.normalise("3B, 1C", item) == "1C,3B"
    for value, reason in [
        ("1F", "an unknown option"),
        ("4A", "an unknown prompt"),
        ("1A,1B", "a prompt twice"),
        ("A1", "not a prompt and an option"),
        ("1A,", "not a prompt and an option"),
        ("0A", "not a prompt and an option"),
    ]:
        with pytest.raises(ValueError, match=reason):
            grading.normalise(value, item)


@pytest.mark.parametrize(
    ("type", "change", "field", "fault"),
    [
        ("ORDERING", {"key": "CAB"}, "key", Fault.DISAGREES),
        ("ORDERING", {"key": "CABX"}, "key", Fault.UNKNOWN),
        ("ORDERING", {"key": 1}, "key", Fault.WRONG_TYPE),
        ("MATCHING", {"key": "1C,2A"}, "key", Fault.DISAGREES),
        ("MATCHING", {"key": "1C,2A,3F"}, "key", Fault.UNKNOWN),
        ("MATCHING", {"key": "1C,2A,3A"}, "settings.repeats", Fault.DISAGREES),
        ("MATCHING", {"settings": {}}, "settings.prompts", Fault.MISSING),
        ("MATCHING", {"settings": {"prompts": ["一"]}}, "settings.prompts", Fault.TOO_FEW),
        ("HOTSPOT", {"settings": {"points": 1}}, "settings.points", Fault.TOO_FEW),
        ("HOTSPOT", {"settings": {"points": 13}}, "settings.points", Fault.OUT_OF_RANGE),
        ("HOTSPOT", {"settings": {"points": "1.5"}}, "settings.points", Fault.NOT_A_NUMBER),
        ("HOTSPOT", {"key": {"regions": []}}, "key.regions", Fault.TOO_FEW),
        ("HOTSPOT", {"key": {"regions": [{"shape": "star"}]}}, "key.regions.1.shape", Fault.UNKNOWN),
        (
            "HOTSPOT",
            {"key": {"regions": [{"shape": "ellipse", "x": "1", "y": "1001", "rx": "1", "ry": "1"}]}},
            "key.regions.1.y",
            Fault.OUT_OF_RANGE,
        ),
        (
            "HOTSPOT",
            {"key": {"regions": [{"shape": "ellipse", "x": "1", "y": "1", "rx": "0", "ry": "1"}]}},
            "key.regions.1.rx",
            Fault.OUT_OF_RANGE,
        ),
        (
            "HOTSPOT",
            {"key": {"regions": [{"shape": "polygon", "points": [["1", "1"], ["2", "2"]]}]}},
            "key.regions.1.points",
            Fault.TOO_FEW,
        ),
        ("IMAGE_GRADING", {"settings": {"rubric": "none@1"}}, "settings.rubric", Fault.UNKNOWN),
        ("IMAGE_GRADING", {"key": {"met": {"COV": True}}}, "key.met.ROT", Fault.MISSING),
        ("IMAGE_GRADING", {"key": {"met": dict.fromkeys(CODES, 1)}}, "key.met.COV", Fault.WRONG_TYPE),
        ("IMAGE_GRADING", {"key": {"met": dict.fromkeys(CODES, True), "grade": "乙"}}, "key.grade", Fault.DISAGREES),
        ("A1", {"points": "0"}, "points", Fault.OUT_OF_RANGE),
        ("A1", {"points": "1.005"}, "points", Fault.OUT_OF_RANGE),
        ("A1", {"points": "100.01"}, "points", Fault.OUT_OF_RANGE),
        ("FILE", {"settings": {"types": ["exe"]}}, "settings.types", Fault.UNKNOWN),
        ("FILE", {"settings": {"max_bytes": 10**9}}, "settings.max_bytes", Fault.OUT_OF_RANGE),
        ("ESSAY", {"key": {"guidance": 1}}, "key.guidance", Fault.WRONG_TYPE),
        ("A1", {"settings": {"units": []}}, "settings.units", Fault.UNKNOWN),
    ],
)
def test_check_item_names_the_wrong_field(type, change, field, fault):
    with pytest.raises(InvalidItem) as refused:
        grading.check_item(type, draft_item(type, **change))
    assert (refused.value.field, refused.value.fault) == (field, fault)


@pytest.mark.parametrize(
    ("value", "points"),
    [
        ("300,400;700,700", "2.00"),
        ("300,400", "1.00"),
        ("360,400", "1.00"),
        ("361,400", "0.00"),
        ("300,510", "1.00"),
        ("300,511", "0.00"),
        ("700,590", "1.00"),
        ("700,589", "0.00"),
        ("700,910", "1.00"),
        ("300,400;1,1", "0.00"),
        ("300,400;310,400", "1.00"),
        ("", "0.00"),
    ],
)
def test_score_hotspot_by_regions_and_tolerance(value, points):
    assert grading.score(value, paper_item("HOTSPOT", "2")) == Mark(Decimal(points), points == "2.00")


def test_hotspot_gives_overlapping_regions_a_point_each():
    wide = {"shape": "ellipse", "x": "300", "y": "300", "rx": "200", "ry": "200"}
    narrow = {"shape": "ellipse", "x": "300", "y": "300", "rx": "10", "ry": "10"}
    for regions in ([wide, narrow], [narrow, wide]):
        key = {"regions": regions, "tolerance": "0"}
        assert hits([(300, 300), (400, 300)], key) == (2, 0)
        assert hits([(400, 300), (450, 300)], key) == (1, 0)


@pytest.mark.parametrize(
    ("point", "inside"),
    [((450, 600), 0), ((150, 600), 1), ((750, 600), 1), ((450, 150), 1), ((450, 300), 1), ((901, 450), 0)],
)
def test_hotspot_sees_the_notch_of_a_polygon(point, inside):
    outside = [["0", "0"], ["900", "0"], ["900", "900"], ["600", "900"]]
    notch = [["600", "300"], ["300", "300"], ["300", "900"], ["0", "900"]]
    key = {"regions": [{"shape": "polygon", "points": outside + notch}], "tolerance": "0"}
    assert hits([point], key) == (inside, 1 - inside)


def test_hotspot_writes_points_in_order_and_once():
    item = paper_item("HOTSPOT")
    assert grading.normalise("700,700; 0300,400;300,400", item) == "300,400;700,700"
    for value, reason in [
        ("1,1;2,2;3,3", "too many points"),
        ("1001,1", "not a point"),
        ("-1,1", "not a point"),
        ("1.5,1", "not a point"),
        ("1", "not a point"),
        ("1,1;", "not a point"),
        ("²,1", "not a point"),
    ]:
        with pytest.raises(ValueError, match=reason):
            grading.normalise(value, item)


@pytest.mark.parametrize(
    ("missing", "grade"),
    [
        ((), "甲"),
        (("ROT",), "甲"),
        (("ROT", "SCA"), "乙"),
        (("ROT", "INS"), "乙"),
        (("ROT", "INS", "EXP", "POST"), "丙"),
        (("ROT", "INS", "EXP", "CNR", "ART"), "废"),
        (("MRK",), "丙"),
        (("COV",), "废"),
        (("PID",), "废"),
    ],
)
def test_rubric_grades_by_share_and_fatal_defects(missing, grade):
    assert rubrics.load()[RUBRIC].grade({code: code not in missing for code in CODES}) == grade


def test_rubric_shows_no_weights_to_those_who_grade():
    public = rubrics.load()[RUBRIC].public()
    assert sorted(public) == ["grades", "id", "items", "mark", "title", "version"]
    assert {tuple(sorted(item)) for item in public["items"]} == {("code", "text")}


def judged(missing=(), grade="甲", left_out=()):
    signs = [f"{code}{'-' if code in missing else '+'}" for code in CODES if code not in left_out]
    return ",".join(signs) + f";{grade}"


@pytest.mark.parametrize(
    ("value", "points", "is_right"),
    [
        (judged(["ROT"]), "14.00", True),
        (judged(), "13.00", False),
        (judged(["ROT"], "乙"), "12.00", False),
        (judged(["ROT"], ""), "12.00", False),
        (judged(left_out=CODES), "2.00", False),
        (judged(left_out=["ROT", "COV"]), "12.00", False),
    ],
)
def test_score_image_grading_by_agreement(value, points, is_right):
    item = paper_item("IMAGE_GRADING", "14")
    assert grading.normalise(value, item) == value
    assert grading.score(value, item) == Mark(Decimal(points), is_right)


def test_image_grading_writes_items_in_the_order_of_the_rubric():
    item = paper_item("IMAGE_GRADING")
    assert grading.normalise("ROT-,COV+;", item) == "COV+,ROT-;"
    assert grading.normalise("COV+", item) == "COV+;"
    assert grading.normalise(";", item) == ""
    for value in ("XXX+;甲", "COV;甲", "COV+,COV-;甲", "COV+;丁"):
        with pytest.raises(ValueError, match=r"unknown|twice"):
            grading.normalise(value, item)


def test_weighted_kappa_of_a_known_table():
    # Rows one grader, columns the other: [[20, 5], [10, 15]] has kappa 0.4.
    pairs = [("甲", "甲")] * 20 + [("甲", "乙")] * 5 + [("乙", "甲")] * 10 + [("乙", "乙")] * 15
    assert rubrics.weighted_kappa(pairs, ["甲", "乙"]) == Decimal("0.4000")
    # Three grades: agreement 0.7, 0.2 one apart, 0.1 two apart, all margins computed by hand.
    pairs = [("甲", "甲")] * 3 + [("乙", "乙")] * 2 + [("丙", "丙")] * 2 + [("甲", "乙")] * 2 + [("甲", "丙")]
    assert rubrics.weighted_kappa(pairs, ["甲", "乙", "丙"]) == Decimal("0.5652")
    assert rubrics.weighted_kappa(pairs, ["甲", "乙", "丙"], quadratic=True) == Decimal("0.5714")


def test_weighted_kappa_is_undefined_without_difference():
    assert rubrics.weighted_kappa([], ["甲", "乙"]) is None
    assert rubrics.weighted_kappa([("甲", "甲")] * 4, ["甲", "乙"]) is None
    assert rubrics.weighted_kappa([("甲", "甲"), ("乙", "乙")], ["甲", "乙"]) == Decimal("1.0000")


@given(st.lists(st.tuples(st.sampled_from("甲乙丙废"), st.sampled_from("甲乙丙废")), max_size=30))
def test_weighted_kappa_is_the_same_both_ways(pairs):
    grades = list("甲乙丙废")
    kappa = rubrics.weighted_kappa(pairs, grades)
    assert kappa == rubrics.weighted_kappa([(other, one) for one, other in pairs], grades)
    assert kappa is None or (-1 <= kappa <= 1 and (kappa == 1) == all(one == other for one, other in pairs))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"mark": "C"}, "mark"),
        ({"grades": ["甲"]}, "grades"),
        ({"thresholds": {"甲": "0.9"}}, "thresholds.乙"),
        ({"thresholds": {"甲": "0.6", "乙": "0.8", "丙": "0.9"}}, "thresholds"),
        ({"items": []}, "items"),
        ({"items": [{"code": "cov", "text": "x", "weight": "1"}]}, "items.1.code"),
        ({"items": [{"code": "COV", "text": "x", "weight": "0"}]}, "items.1.weight"),
        ({"items": [{"code": "COV", "text": "x", "weight": "1", "fail_grade": "丁"}]}, "items.1.fail_grade"),
        ({"items": [{"code": "COV", "text": "x", "weight": "1"}] * 2}, "items"),
        ({"extra": 1}, "extra"),
    ],
)
def test_rubric_names_the_wrong_field(change, field):
    document = {
        "id": "x", "version": "1", "title": "x", "source": "x", "mark": "M", "grades": list("甲乙丙废"),
        "thresholds": {"甲": "0.9", "乙": "0.8", "丙": "0.6"}, "items": [{"code": "COV", "text": "x", "weight": "1"}],
    }  # fmt: skip
    assert rubrics.parse(document).name == "x@1"
    with pytest.raises(InvalidItem) as refused:
        rubrics.parse({**document, **change})
    assert refused.value.field == field
