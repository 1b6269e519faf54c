"""A document that cannot be a rule set says which field is wrong, and how."""

import copy
import json
from typing import Any

import pytest

from credits.rules import build
from credits.rules.validation import BadJson, Problem, ProblemCode, read, schema, validate
from tests.credits.rules.shipped import FOLDER

DOCUMENTS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}
HENAN, NATIONAL, OLD = "cn-henan-cme@2025.1", "cn-nhc-cme@2024.20", "cn-nhc-cme@2006.1"
DROP = object()


def changed(key: str, path: str, value: Any) -> dict[str, Any]:
    """The shipped document with one field set, or dropped."""
    document = copy.deepcopy(DOCUMENTS[key])
    *above, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    target: Any = document
    for part in above:
        target = target[part]
    if value is DROP:
        del target[last]
    elif isinstance(target, list) and last == len(target):
        target.append(value)
    else:
        target[last] = value
    return document


def found(document: dict[str, Any]) -> list[tuple[str, ProblemCode]]:
    return [(problem.path, problem.code) for problem in validate(document, DOCUMENTS)]


@pytest.mark.parametrize("key", sorted(DOCUMENTS))
def test_shipped_document_has_no_errors(key: str) -> None:
    warned = [("requirements[1].tag", ProblemCode.UNKNOWN_TAG)] if key == "us-arrt-ce@2024.09" else []
    assert found(DOCUMENTS[key]) == warned


@pytest.mark.parametrize(
    ("key", "field", "value", "path", "code"),
    [
        (NATIONAL, "activity_types/3/credit/mode", "often", "activity_types[3].credit.mode", ProblemCode.NOT_ONE_OF),
        (NATIONAL, "activity_types/0/credit/qty", -3, "activity_types[0].credit.qty", ProblemCode.TOO_SMALL),
        (NATIONAL, "activity_types/0/credit/qty", 0, "activity_types[0].credit.qty", ProblemCode.TOO_SMALL),
        (NATIONAL, "activity_types/0/credit/qty", "0", "activity_types[0].credit.qty", ProblemCode.WRONG_FORM),
        (NATIONAL, "activity_types/0/credit/qty", True, "activity_types[0].credit.qty", ProblemCode.WRONG_TYPE),
        (NATIONAL, "activity_types/0/credit/unit", DROP, "activity_types[0].credit.unit", ProblemCode.MISSING),
        (NATIONAL, "activity_types/0/category", "x", "activity_types[0].category", ProblemCode.UNKNOWN_CATEGORY),
        (NATIONAL, "activity_types/1/code", "project_attend", "activity_types[1].code", ProblemCode.REPEATED),
        (NATIONAL, "categories/7", {"code": "self"}, "categories[7].code", ProblemCode.REPEATED),
        (NATIONAL, "requirements/1/id", "total", "requirements[1].id", ProblemCode.REPEATED),
        (NATIONAL, "requirements/0/value", "much", "requirements[0].value", ProblemCode.WRONG_FORM),
        (NATIONAL, "requirements/0/value", DROP, "requirements[0].value", ProblemCode.MISSING),
        (NATIONAL, "requirements/2/category", "x", "requirements[2].category", ProblemCode.UNKNOWN_CATEGORY),
        (NATIONAL, "requirements/0/kind", "something_new", "requirements[0].kind", ProblemCode.UNKNOWN_KIND),
        (NATIONAL, "effective_from", "2025-02-30", "effective_from", ProblemCode.WRONG_DATE),
        (NATIONAL, "effective_from", "20250101", "effective_from", ProblemCode.WRONG_DATE),
        (NATIONAL, "effective_to", "2024-12-31", "effective_to", ProblemCode.ENDS_BEFORE_IT_BEGINS),
        (NATIONAL, "period/time_zone", DROP, "period.time_zone", ProblemCode.NO_TIME_ZONE),
        (NATIONAL, "period/time_zone", "Asia/Nowhere", "period.time_zone", ProblemCode.UNKNOWN_TIME_ZONE),
        (NATIONAL, "period/type", "fortnight", "period.type", ProblemCode.NOT_ONE_OF),
        (NATIONAL, "period", DROP, "period", ProblemCode.NO_PERIOD),
        (NATIONAL, "minutes_per_hour/value", 0, "minutes_per_hour.value", ProblemCode.TOO_SMALL),
        (NATIONAL, "conf", "C", "conf", ProblemCode.NOT_ONE_OF),
        (NATIONAL, "sources", [], "sources", ProblemCode.EMPTY),
        (NATIONAL, "title_zh", DROP, "title_zh", ProblemCode.MISSING),
        (NATIONAL, "capz", 3, "capz", ProblemCode.UNKNOWN_KEY),
        (NATIONAL, "carry_over/allowed", True, "carry_over.allowed", ProblemCode.NOT_CARRIED_OVER),
        (NATIONAL, "project_number/regex_warning", "(", "project_number.regex_warning", ProblemCode.WRONG_FORM),
        (HENAN, "parent", "none@1", "parent", ProblemCode.PARENT_MISSING),
        (HENAN, "activity_types/0/caps/0/max", -1, "activity_types[0].caps[0].max", ProblemCode.TOO_SMALL),
        (HENAN, "activity_types/0/caps/0/max", 4, "activity_types[0].credit.steps[9]", ProblemCode.BEYOND_CAP),
        (HENAN, "activity_types/0/caps/0/scope", "week", "activity_types[0].caps[0].scope", ProblemCode.NOT_ONE_OF),
        (HENAN, "activity_types/0/credit/steps/1/0", 0, "activity_types[0].credit.steps", ProblemCode.REPEATED),
        (OLD, "activity_types/8/caps/0/max", 0.2, "activity_types[8].credit.credits", ProblemCode.BEYOND_CAP),
        (OLD, "activity_types/12/credit/rows/0", ["a", 1], "activity_types[12].credit.rows[0]", ProblemCode.ROW_LENGTH),
        (OLD, "amendments/0/set", {"x.value": 1}, "amendments[0].set.x.value", ProblemCode.UNKNOWN_REQUIREMENT),
        (OLD, "amendments/0/set", {"total.value": -1}, "amendments[0].set.total.value", ProblemCode.WRONG_TYPE),
        (OLD, "requirements/4/max_share", 2, "requirements[4].max_share", ProblemCode.SHARE_ABOVE_ONE),
        (OLD, "requirements/4/between", ["I", "III"], "requirements[4].between[1]", ProblemCode.UNKNOWN_CATEGORY),
        (OLD, "requirements/3/applies_if", {"who": 1}, "requirements[3].applies_if.who", ProblemCode.WRONG_FORM),
        (OLD, "requirements/3/tag", "unheard", "requirements[3].tag", ProblemCode.UNKNOWN_TAG),
        ("nz-mrtb-cpd@2023.1", "period/boundaries", DROP, "period.boundaries", ProblemCode.NO_BOUNDARIES),
    ],
)
def test_problem_names_the_field(key: str, field: str, value: Any, path: str, code: ProblemCode) -> None:
    known = [("requirements[1].tag", ProblemCode.UNKNOWN_TAG)]
    problems = [problem for problem in found(changed(key, field, value)) if problem not in known]
    assert problems[0] == (path, code)
    assert {code for _path, code in problems} == {code}


def test_every_wrong_field_is_named_once() -> None:
    document = changed(NATIONAL, "effective_from", "soon") | {"unit": 3, "conf": "C"}
    del document["authority"]
    assert sorted(found(document)) == [
        ("authority", ProblemCode.MISSING),
        ("conf", ProblemCode.NOT_ONE_OF),
        ("effective_from", ProblemCode.WRONG_DATE),
        ("unit", ProblemCode.WRONG_TYPE),
    ]


def test_parents_in_a_circle_are_refused() -> None:
    one, other = DOCUMENTS[HENAN], DOCUMENTS[NATIONAL] | {"parent": HENAN}
    assert validate(one, {HENAN: one, NATIONAL: other}) == [
        Problem("parent", ProblemCode.PARENT_IN_A_CIRCLE, {"parent": HENAN})
    ]
    assert validate(one | {"parent": HENAN}, {})[0].code == ProblemCode.PARENT_IN_A_CIRCLE


def test_overlay_takes_time_zone_categories_and_requirements_from_its_parent() -> None:
    overlay = changed(HENAN, "period", DROP) | {
        "amendments": [{"effective_from": "2026-01-01", "set": {"total.value": 30}}],
        "requirements": [{"id": "self", "kind": "min_category", "category": "self", "value": 1}],
    }
    assert found(overlay) == []
    built = build(overlay, build(DOCUMENTS[NATIONAL]))
    assert (built.period.type, built.period.time_zone) == ("calendar_year", "Asia/Shanghai")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'{"id": "x",\n  "version": }', Problem("", ProblemCode.BROKEN_JSON, {"line": "2", "column": "14"})),
        (b'{"id": "x"', Problem("", ProblemCode.BROKEN_JSON, {"line": "1", "column": "11"})),
        (b"\xff\xfe", Problem("", ProblemCode.NOT_UTF8, {"byte": "1"})),
        (b"[1]", Problem("", ProblemCode.NOT_AN_OBJECT)),
        (b'{"id": "x", "id": "y"}', Problem("id", ProblemCode.REPEATED_KEY)),
        (b'{"value": NaN}', Problem("", ProblemCode.WRONG_TYPE, {"expected": "number", "found": "NaN"})),
        (b"[" * 100_000, Problem("", ProblemCode.BROKEN_JSON, {"line": "1", "column": "1"})),
    ],
)
def test_broken_file_says_where(content: bytes, problem: Problem) -> None:
    with pytest.raises(BadJson) as refused:
        read(content)
    assert refused.value.problem == problem


def test_file_may_begin_with_a_byte_order_mark() -> None:
    assert read(b'\xef\xbb\xbf{"id": "x"}') == {"id": "x"}


def test_every_key_says_who_reads_it() -> None:
    """Whatever a shipped document says is read by the engine or shown on pages; the schema says which."""
    properties = {**schema()["properties"], **schema()["properties"]["period"]["properties"]}
    for part in ("activity_type", "requirement", "credit"):
        properties |= schema()["$defs"][part]["properties"]
    assert {name for name, rule in properties.items() if rule.get("x-use") not in {"engine", "page"}} == set()
    assert {name for name, rule in properties.items() if not rule.get("description")} == set()
