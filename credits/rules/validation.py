"""Whether a document can be a rule set: every problem with the field it lies in. `SCHEMA` is its shape."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from credits.rules.building import Document, build
from credits.rules.documents import number
from credits.rules.earning import rounded
from credits.rules.kinds import KINDS
from credits.rules.requirements import LIMITS

SCHEMA = Path(__file__).resolve().parent.parent / "schemas" / "rule-set.schema.json"


class ProblemCode(StrEnum):
    BROKEN_JSON = "broken_json"
    NOT_UTF8 = "not_utf8"
    NOT_AN_OBJECT = "not_an_object"
    REPEATED_KEY = "repeated_key"
    MISSING = "missing"
    WRONG_TYPE = "wrong_type"
    WRONG_FORM = "wrong_form"
    NOT_ONE_OF = "not_one_of"
    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    EMPTY = "empty"
    REPEATED = "repeated"
    WRONG_DATE = "wrong_date"
    ENDS_BEFORE_IT_BEGINS = "ends_before_it_begins"
    PARENT_MISSING = "parent_missing"
    PARENT_IN_A_CIRCLE = "parent_in_a_circle"
    NO_TIME_ZONE = "no_time_zone"
    UNKNOWN_TIME_ZONE = "unknown_time_zone"
    NO_PERIOD = "no_period"
    NO_BOUNDARIES = "no_boundaries"
    UNKNOWN_CATEGORY = "unknown_category"
    BEYOND_CAP = "beyond_cap"
    SHARE_ABOVE_ONE = "share_above_one"
    ROW_LENGTH = "row_length"
    UNKNOWN_REQUIREMENT = "unknown_requirement"
    UNREADABLE = "unreadable"
    # Warnings: the version can be used.
    UNKNOWN_KEY = "unknown_key"
    UNKNOWN_KIND = "unknown_kind"
    UNKNOWN_TAG = "unknown_tag"
    NOT_CARRIED_OVER = "not_carried_over"


WARNINGS = frozenset(
    {ProblemCode.UNKNOWN_KEY, ProblemCode.UNKNOWN_KIND, ProblemCode.UNKNOWN_TAG, ProblemCode.NOT_CARRIED_OVER}
)


@dataclass(frozen=True)
class Problem:
    """What is wrong at `path` ("activity_types[3].credit.qty"; "" for the whole); `params` fill the sentence."""

    path: str
    code: ProblemCode
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_warning(self) -> bool:
        return self.code in WARNINGS

    def __str__(self) -> str:
        return " ".join([self.path, self.code.value, *(f"{name}={value}" for name, value in self.params.items())])


class BadJson(ValueError):
    """The text is no JSON object; `problem` says where."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def read(content: bytes) -> dict[str, Any]:
    """The document in a file. Raises BadJson with line and column, or the repeated key."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadJson(Problem("", ProblemCode.NOT_UTF8, {"byte": str(error.start + 1)})) from error
    try:
        document = json.loads(text, object_pairs_hook=_pairs, parse_constant=_constant)
    except json.JSONDecodeError as error:
        where = {"line": str(error.lineno), "column": str(error.colno)}
        raise BadJson(Problem("", ProblemCode.BROKEN_JSON, where)) from error
    except RecursionError as error:
        raise BadJson(Problem("", ProblemCode.BROKEN_JSON, {"line": "1", "column": "1"})) from error
    if not isinstance(document, dict):
        raise BadJson(Problem("", ProblemCode.NOT_AN_OBJECT))
    return document


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    repeated = next((key for key, n in Counter(key for key, _value in pairs).items() if n > 1), None)
    if repeated is not None:
        raise BadJson(Problem(repeated, ProblemCode.REPEATED_KEY))
    return dict(pairs)


def _constant(name: str) -> None:
    raise BadJson(Problem("", ProblemCode.WRONG_TYPE, {"expected": "number", "found": name}))


def validate(document: Document, parents: Mapping[str, Document]) -> list[Problem]:
    """Every problem of `document`, in its own order, warnings among them; `parents` are the other versions by key.

    A document without errors (`is_warning`) can be built and judged by.
    """
    problems = [*_shape(document)]
    if any(not problem.is_warning for problem in problems):
        return problems
    chain = _chain(document, parents)
    if isinstance(chain, Problem):
        return [*problems, chain]
    problems += _meaning(document, chain)
    if not any(not problem.is_warning for problem in problems):
        problems += _unreadable([document, *chain])
    return problems


def _unreadable(chain: Sequence[Document]) -> Iterator[Problem]:
    """What only the engine finds."""
    built = None
    try:
        for document in reversed(chain):
            built = build(document, built)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        yield Problem("", ProblemCode.UNREADABLE, {"reason": str(error)})


@cache
def schema() -> dict[str, Any]:
    """The shape of a rule set, with a description of every key and who reads it (x-use: engine, page)."""
    found: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return found


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(schema(), format_checker=FormatChecker())


def _shape(document: Document) -> list[Problem]:
    errors = sorted(_validator().iter_errors(document), key=lambda e: [str(part).zfill(6) for part in e.absolute_path])
    found = (problem for error in errors for problem in _problems(error))
    return list({(problem.path, problem.code): problem for problem in found}.values())


def path_of(parts: Iterable[str | int]) -> str:
    found = ""
    for part in parts:
        found += f"[{part}]" if isinstance(part, int) else f".{part}" if found else str(part)
    return found


def _problems(error: ValidationError) -> Iterator[Problem]:
    """One error of the schema as problems of ours."""
    parts = list(error.absolute_path)
    path, value = path_of(parts), str(error.validator_value)
    found = {"found": json.dumps(error.instance, ensure_ascii=False)[:60]}
    match error.validator:
        case "required":
            for name in error.validator_value:
                if name not in error.instance:
                    yield Problem(path_of([*parts, name]), ProblemCode.MISSING)
        case "additionalProperties":
            patterns = error.schema.get("patternProperties")
            known = set(error.schema.get("properties", {}))
            for name in error.instance:
                if patterns and not any(re.search(pattern, name) for pattern in patterns):
                    yield Problem(path_of([*parts, name]), ProblemCode.WRONG_FORM, {"found": name})
                elif not patterns and name not in known:
                    yield Problem(path_of([*parts, name]), ProblemCode.UNKNOWN_KEY)
        case "type":
            wanted = error.validator_value
            expected = " | ".join(wanted) if isinstance(wanted, list) else value
            yield Problem(path, ProblemCode.WRONG_TYPE, found | {"expected": expected})
        case "enum":
            allowed = ", ".join(str(v) for v in error.validator_value)
            yield Problem(path, ProblemCode.NOT_ONE_OF, found | {"allowed": allowed})
        case "minimum" | "exclusiveMinimum":
            yield Problem(path, ProblemCode.TOO_SMALL, found | {"limit": value})
        case "maximum" | "maxLength" | "maxItems":
            yield Problem(path, ProblemCode.TOO_LARGE, found | {"limit": value})
        case "minLength" | "minItems" | "minProperties":
            yield Problem(path, ProblemCode.EMPTY)
        case "uniqueItems":
            yield Problem(path, ProblemCode.REPEATED, found)
        case "format" if value == "date":
            yield Problem(path, ProblemCode.WRONG_DATE, found)
        case "anyOf":
            yield Problem(path, ProblemCode.WRONG_DATE, found)
        case "pattern" if error.schema.get("format") == "date":
            yield Problem(path, ProblemCode.WRONG_DATE, found)
        case _:
            yield Problem(path, ProblemCode.WRONG_FORM, found)


def _chain(document: Document, parents: Mapping[str, Document]) -> list[Document] | Problem:
    """The document's parents, the nearest first."""
    found: list[Document] = []
    below = [f"{document['id']}@{document['version']}"]
    current = document
    while key := current.get("parent"):
        if key in below:
            return Problem("parent", ProblemCode.PARENT_IN_A_CIRCLE, {"parent": str(key)})
        if key not in parents:
            return Problem("parent", ProblemCode.PARENT_MISSING, {"parent": str(key)})
        below.append(str(key))
        current = parents[key]
        found.append(current)
    return found


def _meaning(document: Document, chain: Sequence[Document]) -> Iterator[Problem]:
    """What the shape cannot say: how the parts of the document, and of its parents, hang together."""
    every = [document, *chain]
    if document.get("effective_to") and document["effective_to"] < document["effective_from"]:
        yield Problem("effective_to", ProblemCode.ENDS_BEFORE_IT_BEGINS, {"begins": document["effective_from"]})
    yield from _of_the_period(document, every)
    for name, key in (("categories", "code"), ("activity_types", "code"), ("requirements", "id")):
        yield from _repeated(document, name, key)
    categories = {item["code"] for one in every for item in one.get("categories", [])}
    tags = {tag for one in every for item in one.get("activity_types", []) for tag in item.get("tags", [])}
    for n, item in enumerate(document.get("activity_types", [])):
        if item.get("category") and item["category"] not in categories:
            yield Problem(f"activity_types[{n}].category", ProblemCode.UNKNOWN_CATEGORY, {"category": item["category"]})
        yield from _of_the_type(f"activity_types[{n}]", item)
    for n, item in enumerate(document.get("requirements", [])):
        yield from _of_the_requirement(f"requirements[{n}]", item, categories, tags)
    known = {item["id"] for one in every for item in one.get("requirements", [])}
    for n, item in enumerate(document.get("amendments", [])):
        for target, value in item["set"].items():
            where, (requirement, _dot, name) = f"amendments[{n}].set.{target}", target.partition(".")
            if requirement not in known:
                yield Problem(where, ProblemCode.UNKNOWN_REQUIREMENT, {"requirement": requirement})
            if name in {"value", "max_share"} and ((figure := _figure(value)) is None or figure < 0):
                yield Problem(where, ProblemCode.WRONG_TYPE, {"expected": "number ≥ 0", "found": str(value)})


def _of_the_period(document: Document, every: Sequence[Document]) -> Iterator[Problem]:
    own = document.get("period") or {}
    period = next((one["period"] for one in every if one.get("period")), None)
    if period is None:
        yield Problem("period", ProblemCode.NO_PERIOD)
        return
    zone = next((one["period"]["time_zone"] for one in every if one.get("period", {}).get("time_zone")), None)
    if zone is None:
        yield Problem("period.time_zone", ProblemCode.NO_TIME_ZONE)
    elif own.get("time_zone") and not _is_zone(own["time_zone"]):
        yield Problem("period.time_zone", ProblemCode.UNKNOWN_TIME_ZONE, {"zone": own["time_zone"]})
    if own.get("type") == "fixed_multi_year" and not own.get("boundaries"):
        yield Problem("period.boundaries", ProblemCode.NO_BOUNDARIES)
    if (document.get("carry_over") or {}).get("allowed") and period["type"] != "none":
        yield Problem("carry_over.allowed", ProblemCode.NOT_CARRIED_OVER)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return False
    return True


def _repeated(document: Document, name: str, key: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for n, item in enumerate(document.get(name, [])):
        if item[key] in seen:
            yield Problem(f"{name}[{n}].{key}", ProblemCode.REPEATED, {"found": item[key]})
        seen.add(item[key])


def _of_the_type(path: str, item: Mapping[str, Any]) -> Iterator[Problem]:
    credit = item["credit"]
    caps = [(f"{path}.caps[{n}].max", number(cap["max"])) for n, cap in enumerate(item.get("caps", []))]
    if "max_per_activity" in credit:
        caps.append((f"{path}.credit.max_per_activity", number(credit["max_per_activity"])))
    worth = {"per_unit": ["credits"], "flat": ["credits"]}.get(credit["mode"], [])
    values = [(f"{path}.credit.{name}", number(credit[name])) for name in worth]
    if credit["mode"] == "step":
        values += [(f"{path}.credit.steps[{n}]", number(step[1])) for n, step in enumerate(credit["steps"])]
    if credit["mode"] == "table":
        for n, row in enumerate(credit["rows"]):
            if len(row) != len(credit["keys"]) + 1:
                yield Problem(
                    f"{path}.credit.rows[{n}]", ProblemCode.ROW_LENGTH, {"columns": str(len(credit["keys"]) + 1)}
                )
                continue
            value = _figure(row[-1])
            if value is None:
                found = {"expected": "number", "found": str(row[-1])}
                yield Problem(f"{path}.credit.rows[{n}]", ProblemCode.WRONG_TYPE, found)
            else:
                values.append((f"{path}.credit.rows[{n}]", value))
    for where, value in values:
        if value < 0:
            yield Problem(where, ProblemCode.TOO_SMALL, {"found": str(value), "limit": "0"})
        for cap_path, cap in caps:
            if value > cap:
                yield Problem(where, ProblemCode.BEYOND_CAP, {"found": str(rounded(value)), "cap": cap_path})
    once: Counter[str] = Counter(str(number(step[0])) for step in credit.get("steps", []))
    for threshold, n in once.items():
        if n > 1:
            yield Problem(f"{path}.credit.steps", ProblemCode.REPEATED, {"found": threshold})


def _figure(value: Any) -> Fraction | None:
    try:
        return number(value) if not isinstance(value, bool) else None
    except (ValueError, ZeroDivisionError):
        return None


def _of_the_requirement(path: str, item: Mapping[str, Any], categories: set[str], tags: set[str]) -> Iterator[Problem]:
    if item["kind"] not in KINDS and item["kind"] not in LIMITS:
        yield Problem(f"{path}.kind", ProblemCode.UNKNOWN_KIND, {"kind": item["kind"]})
    named = [(f"{path}.category", item["category"])] if "category" in item else []
    named += [(f"{path}.between[{n}]", code) for n, code in enumerate(item.get("between", []))]
    named += [(f"{path}.with_category.{code}", code) for code in item.get("with_category", {})]
    for where, code in named:
        if code not in categories:
            yield Problem(where, ProblemCode.UNKNOWN_CATEGORY, {"category": code})
    if "tag" in item and item["tag"] not in tags:
        yield Problem(f"{path}.tag", ProblemCode.UNKNOWN_TAG, {"tag": item["tag"]})
    for name, kind in (("value", "min_share"), ("max_share", "substitution")):
        if item["kind"] == kind and number(item[name]) > 1:
            yield Problem(f"{path}.{name}", ProblemCode.SHARE_ABOVE_ONE, {"found": str(item[name])})
