"""A title pathway as its document says: the ladder, what each step asks, the exams. Every value has mark and source."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from credits.enums import Mark
from credits.rules.documents import Provenance, number

Document = Mapping[str, Any]

SINCE = ("obtained", "appointed", "degree")
KINDS = ("works", "outside", "years_met")
BY = ("exam", "review")
CONDITIONS = ("", "grassroots")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


@dataclass(frozen=True)
class Fault:
    """What is wrong with a document, and where: `path` as in `steps[2].any[0].years`."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class BadPathway(ValueError):
    """The document cannot be used; `faults` name every field that is wrong."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = tuple(faults)


@dataclass(frozen=True)
class Named:
    code: str
    title: str
    title_en: str


@dataclass(frozen=True)
class Option:
    """One way to a step: for holders of one of `degrees` or a higher one.

    `years` in practice since the title before was obtained or one was appointed to it, or since the degree; None: the
    figure is not known. `readings` are other figures in use for it. `title`: the one held before; "": none is asked.
    """

    degrees: tuple[str, ...]
    title: str
    years: Fraction | None
    readings: tuple[Fraction, ...]
    since: str
    only_if: str
    provenance: Provenance


@dataclass(frozen=True)
class Condition:
    """What a step asks besides degree, title and years. `value` and `window_years` None: not known.

    "works": so many representative works; "years_met": the rules `rule_set` met in each year since the last title;
    "outside": somebody else decides, nothing is recorded here. A warning never decides the step.
    """

    id: str
    kind: str
    title: str
    title_en: str
    provenance: Provenance
    value: Fraction | None = None
    window_years: int | None = None
    unless: str = ""
    rule_set: str = ""
    is_warning: bool = False


@dataclass(frozen=True)
class Step:
    to: str
    by: str
    options: tuple[Option, ...]
    conditions: tuple[Condition, ...]
    exams: tuple[str, ...]


@dataclass(frozen=True)
class Exam:
    """`rolling_years`: all papers are passed within so many exam years in a row, each kept until then."""

    code: str
    level: str
    title: str
    title_en: str
    papers: tuple[Named, ...]
    pass_mark: Fraction
    full_mark: Fraction
    rolling_years: int
    provenance: Provenance


@dataclass(frozen=True)
class Pathway:
    """One version. `effective_to` is exclusive; None: no end is known."""

    id: str
    version: str
    title: str
    title_en: str
    authority: str
    jurisdiction: str
    time_zone: str
    mark: Mark
    sources: tuple[Mapping[str, str], ...]
    effective_from: date
    effective_to: date | None
    ladder: tuple[Named, ...]
    ladder_provenance: Provenance
    degrees: tuple[Named, ...]
    steps: tuple[Step, ...]
    exams: Mapping[str, Exam]
    english: Mapping[str, str]

    @property
    def key(self) -> str:
        return f"{self.id}@{self.version}"

    def in_force(self, day: date) -> bool:
        return self.effective_from <= day and (self.effective_to is None or day < self.effective_to)

    def rung(self, title: str) -> int:
        """0 for the lowest title, -1 for none."""
        return next((at for at, rung in enumerate(self.ladder) if rung.code == title), -1)

    def degree_rank(self, degree: str) -> int:
        return next((at for at, one in enumerate(self.degrees) if one.code == degree), -1)


def build_pathway(document: Document) -> Pathway:
    """Raises BadPathway with every fault."""
    faults = validate_pathway(document)
    if faults:
        raise BadPathway(faults)
    last_day = document.get("effective_to")
    ladder = document["ladder"]
    everywhere = tuple(_condition(item, document) for item in document.get("also", []))
    return Pathway(
        id=document["id"],
        version=document["version"],
        title=document["title_zh"],
        title_en=document["title_en"],
        authority=document["authority"],
        jurisdiction=document["jurisdiction"],
        time_zone=document["time_zone"],
        mark=Mark(document["conf"]),
        sources=tuple(document["sources"]),
        effective_from=date.fromisoformat(document["effective_from"]),
        effective_to=date.fromisoformat(last_day) + timedelta(days=1) if last_day else None,
        ladder=tuple(_named(item) for item in ladder["rungs"]),
        ladder_provenance=_provenance(ladder, document),
        degrees=tuple(_named(item) for item in document["degrees"]),
        steps=tuple(_step(item, document, everywhere) for item in document["steps"]),
        exams={item["code"]: _exam(item, document) for item in document.get("exams", [])},
        english={
            document[name]: document[f"{name}_en"] for name in ("source", "authority") if document.get(f"{name}_en")
        },
    )


def _named(item: Mapping[str, Any]) -> Named:
    return Named(item["code"], item["title_zh"], item["title_en"])


def _provenance(item: Mapping[str, Any], document: Document) -> Provenance:
    return Provenance(
        origin=f"{document['id']}@{document['version']}",
        mark=Mark(item.get("conf", document["conf"])),
        clause=str(item.get("clause", document["authority"])),
        source=str(item.get("source", document["source"])),
    )


def _step(item: Mapping[str, Any], document: Document, everywhere: tuple[Condition, ...]) -> Step:
    return Step(
        to=item["to"],
        by=item["by"],
        options=tuple(_option({**item, **option}, document) for option in item["any"]),
        conditions=(*(_condition(condition, document) for condition in item.get("also", [])), *everywhere),
        exams=tuple(item.get("exams", [])),
    )


def _option(item: Mapping[str, Any], document: Document) -> Option:
    return Option(
        degrees=tuple(item["degree"]),
        title=item.get("from", ""),
        years=None if item["years"] is None else number(item["years"]),
        readings=tuple(number(value) for value in item.get("readings", [])),
        since=item.get("since", ""),
        only_if=item.get("only_if", ""),
        provenance=_provenance(item, document),
    )


def _condition(item: Mapping[str, Any], document: Document) -> Condition:
    value = item.get("value")
    return Condition(
        id=item["id"],
        kind=item["kind"],
        title=item["title_zh"],
        title_en=item["title_en"],
        provenance=_provenance(item, document),
        value=None if value is None else number(value),
        window_years=item.get("window_years"),
        unless=item.get("unless", ""),
        rule_set=item.get("rule_set", ""),
        is_warning=item.get("action") == "warn",
    )


def _exam(item: Mapping[str, Any], document: Document) -> Exam:
    return Exam(
        code=item["code"],
        level=item["level"],
        title=item["title_zh"],
        title_en=item["title_en"],
        papers=tuple(_named(paper) for paper in document["papers"][item["papers"]]) if item.get("papers") else (),
        pass_mark=number(item.get("pass", 60)),
        full_mark=number(item.get("full", 100)),
        rolling_years=int(item["rolling_years"]),
        provenance=_provenance(item, document),
    )


def validate_pathway(document: Any) -> list[Fault]:
    """Everything that is wrong with `document`; empty if it can be used."""
    return _Checker().check(document)


class _Checker:
    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def fault(self, path: str, message: str) -> None:
        self.faults.append(Fault(path, message))

    def check(self, document: Any) -> list[Fault]:
        if not isinstance(document, Mapping):
            return [Fault("", "is not an object")]
        names = ("id", "version", "title_zh", "title_en", "authority", "source", "jurisdiction", "time_zone")
        for name in names:
            self.text(document, name, name)
        self.mark(document, "conf", required=True)
        self.days(document)
        self.zone(document)
        if not self.rows(document, "sources"):
            self.fault("sources", "names no source")
        for at, source in enumerate(self.rows(document, "sources")):
            self.text(source, "text_zh", f"sources[{at}].text_zh")
            self.mark(source, f"sources[{at}].conf", required=True)
        ladder = document.get("ladder")
        if not isinstance(ladder, Mapping):
            self.fault("ladder", "is missing")
            ladder = {}
        rungs = self.names(ladder, "rungs", "ladder.rungs")
        degrees = self.names(document, "degrees", "degrees")
        exams = self.exams(document, rungs)
        self.steps(document, rungs, degrees, exams)
        self.conditions(document, "also", "also")
        return self.faults

    def text(self, item: Mapping[str, Any], name: str, path: str) -> None:
        if not isinstance(item.get(name), str) or not item[name].strip():
            self.fault(path, "is missing or no text")

    def mark(self, item: Mapping[str, Any], path: str, *, required: bool = False) -> None:
        given = item.get("conf")
        if (given is None and required) or (given is not None and given not in {mark.value for mark in Mark}):
            self.fault(path, f"is {given!r}, not one of A, A-partial, B, M")

    def rows(self, item: Mapping[str, Any], name: str, path: str = "") -> list[Mapping[str, Any]]:
        found = item.get(name, [])
        if not isinstance(found, list) or not all(isinstance(row, Mapping) for row in found):
            self.fault(path or name, "is not a list of objects")
            return []
        return found

    def days(self, document: Mapping[str, Any]) -> None:
        found: dict[str, date] = {}
        for name, may_lack in (("effective_from", False), ("effective_to", True)):
            value = document.get(name)
            if value is None and may_lack:
                continue
            try:
                if not _DAY.match(str(value)):
                    raise ValueError
                found[name] = date.fromisoformat(str(value))
            except ValueError:
                self.fault(name, f"is {value!r}, not a day like 2021-06-30")
        if len(found) == 2 and found["effective_to"] < found["effective_from"]:
            self.fault("effective_to", "lies before effective_from")

    def zone(self, document: Mapping[str, Any]) -> None:
        try:
            ZoneInfo(str(document.get("time_zone") or "?"))
        except (KeyError, ValueError, OSError):
            self.fault("time_zone", f"is {document.get('time_zone')!r}, not a time zone")

    def names(self, item: Mapping[str, Any], name: str, path: str) -> list[str]:
        codes: list[str] = []
        for at, row in enumerate(self.rows(item, name, path)):
            for part in ("code", "title_zh", "title_en"):
                self.text(row, part, f"{path}[{at}].{part}")
            if row.get("code") in codes:
                self.fault(f"{path}[{at}].code", f"{row['code']} is there twice")
            codes.append(str(row.get("code")))
        if not codes:
            self.fault(path, "is empty")
        return codes

    def number(self, item: Mapping[str, Any], name: str, path: str) -> None:
        """A number of years, works or marks; null where it is not known."""
        value = item.get(name)
        if value is None:
            return
        self.positive(value, path)

    def positive(self, value: Any, path: str) -> None:
        try:
            if isinstance(value, bool) or number(value) < 0:
                raise ValueError
        except (ValueError, ZeroDivisionError):
            self.fault(path, f"is {value!r}, not a number of 0 or more")

    def choice(self, value: Any, allowed: Sequence[str], path: str) -> None:
        if value not in allowed:
            self.fault(path, f"is {value!r}, not one of {', '.join(map(repr, allowed))}")

    def exams(self, document: Mapping[str, Any], rungs: list[str]) -> list[str]:
        codes: list[str] = []
        papers = document.get("papers", {})
        if not isinstance(papers, Mapping):
            self.fault("papers", "is not an object")
            papers = {}
        for name in papers:
            self.names(papers, name, f"papers.{name}")
        for at, exam in enumerate(self.rows(document, "exams")):
            path = f"exams[{at}]"
            for part in ("code", "title_zh", "title_en"):
                self.text(exam, part, f"{path}.{part}")
            self.choice(exam.get("level"), rungs, f"{path}.level")
            if exam.get("papers") and exam["papers"] not in papers:
                self.fault(f"{path}.papers", f"names {exam['papers']!r}, which is not declared")
            if not isinstance(exam.get("rolling_years"), int) or exam["rolling_years"] < 1:
                self.fault(f"{path}.rolling_years", "is not a whole number of 1 or more")
            self.mark(exam, f"{path}.conf")
            codes.append(str(exam.get("code")))
        return codes

    def steps(self, document: Mapping[str, Any], rungs: list[str], degrees: list[str], exams: list[str]) -> None:
        seen: set[str] = set()
        for at, step in enumerate(self.rows(document, "steps")):
            path = f"steps[{at}]"
            self.choice(step.get("to"), rungs, f"{path}.to")
            if step.get("to") in seen:
                self.fault(f"{path}.to", f"{step['to']} is there twice")
            seen.add(str(step.get("to")))
            self.choice(step.get("by"), BY, f"{path}.by")
            for code in step.get("exams", []):
                self.choice(code, exams, f"{path}.exams")
            if not self.rows(step, "any", f"{path}.any"):
                self.fault(f"{path}.any", "names no way to the step")
            for number_, option in enumerate(self.rows(step, "any", f"{path}.any")):
                self.option({**step, **option}, option, f"{path}.any[{number_}]", rungs, degrees)
            self.conditions(step, "also", f"{path}.also")
        if not seen:
            self.fault("steps", "is empty")

    def option(
        self, item: Mapping[str, Any], own: Mapping[str, Any], path: str, rungs: list[str], degrees: list[str]
    ) -> None:
        if not isinstance(own.get("degree"), list) or not own["degree"]:
            self.fault(f"{path}.degree", "names no degree")
        else:
            for degree in own["degree"]:
                self.choice(degree, degrees, f"{path}.degree")
        if "years" not in own:
            self.fault(f"{path}.years", "is missing; null says that the figure is not known")
        self.number(own, "years", f"{path}.years")
        for value in own.get("readings", []):
            self.positive(value, f"{path}.readings")
        if item.get("from"):
            self.choice(item["from"], rungs, f"{path}.from")
            if (
                item["from"] in rungs
                and item.get("to") in rungs
                and rungs.index(item["from"]) >= rungs.index(item["to"])
            ):
                self.fault(f"{path}.from", f"{item['from']} is no lower than {item['to']}")
        if own.get("years") != 0 or own.get("readings"):
            self.choice(item.get("since"), SINCE, f"{path}.since")
        self.choice(item.get("only_if", ""), CONDITIONS, f"{path}.only_if")
        self.mark(own, f"{path}.conf")

    def conditions(self, item: Mapping[str, Any], name: str, path: str) -> None:
        for at, condition in enumerate(self.rows(item, name, path)):
            here = f"{path}[{at}]"
            for part in ("id", "title_zh", "title_en"):
                self.text(condition, part, f"{here}.{part}")
            self.choice(condition.get("kind"), KINDS, f"{here}.kind")
            self.choice(condition.get("unless", ""), CONDITIONS, f"{here}.unless")
            self.number(condition, "value", f"{here}.value")
            self.number(condition, "window_years", f"{here}.window_years")
            if condition.get("kind") == "years_met":
                self.text(condition, "rule_set", f"{here}.rule_set")
            self.mark(condition, f"{here}.conf")
