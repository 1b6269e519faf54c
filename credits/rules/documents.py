"""A rule-set document as the engine reads it: overlays merged into parents, every value with its mark and source."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from credits.enums import Mark

Document = Mapping[str, Any]

_ORDER = [Mark.A, Mark.A_PARTIAL, Mark.B, Mark.M]


def worst(*marks: Mark) -> Mark:
    """The least certain of `marks`; A of none."""
    return max(marks, key=_ORDER.index, default=Mark.A)


@dataclass(frozen=True)
class Provenance:
    """Where a value stands: `origin` is "rule set@version", `clause` the authority and the item's own title."""

    origin: str
    mark: Mark
    clause: str
    source: str = ""

    @property
    def is_verified(self) -> bool:
        return self.mark == Mark.A


@dataclass(frozen=True)
class Cap:
    """At most `maximum` credits per "activity", "day" or "period"."""

    scope: str
    maximum: Fraction
    mark: Mark


@dataclass(frozen=True)
class CreditRule:
    mode: str
    unit: str = ""
    qty: Fraction = Fraction(1)
    credits: Fraction = Fraction(0)
    role: str = ""
    rounding: str = "none"
    per: str = ""
    integer_input: bool = False
    steps: tuple[tuple[Fraction, Fraction], ...] = ()
    keys: tuple[str, ...] = ()
    rows: tuple[tuple[tuple[str, ...], Fraction], ...] = ()
    min_months: int = 0


@dataclass(frozen=True)
class ActivityType:
    code: str
    category: str
    title: str
    title_en: str
    tags: frozenset[str]
    credit: CreditRule
    caps: tuple[Cap, ...]
    evidence: tuple[str, ...]
    provenance: Provenance
    note: str = ""


@dataclass(frozen=True)
class Requirement:
    id: str
    kind: str
    data: Mapping[str, Any]
    provenance: Provenance

    @property
    def value(self) -> Fraction:
        return number(self.data.get("value", 0))

    @property
    def category(self) -> str:
        return str(self.data.get("category") or "")


@dataclass(frozen=True)
class MinutesPerHour:
    """How long an hour of study is. Where that is unverified, `alternatives` are the other readings in use."""

    value: Fraction = Fraction(60)
    alternatives: tuple[Fraction, ...] = ()
    mark: Mark = Mark.M

    @property
    def longest(self) -> Fraction:
        return self.value if self.mark == Mark.A else max((self.value, *self.alternatives))

    @property
    def shortest(self) -> Fraction:
        return self.value if self.mark == Mark.A else min((self.value, *self.alternatives))


@dataclass(frozen=True)
class PeriodRule:
    type: str
    months: int = 12
    boundaries: tuple[date, ...] = ()
    year_start: str = "01-01"
    time_zone: str = "UTC"
    time_zone_mark: Mark = Mark.A


@dataclass(frozen=True)
class RuleSet:
    """One version, merged with its parents. `effective_to` is exclusive; None: no end is known."""

    id: str
    version: str
    title: str
    title_en: str
    authority: str
    jurisdiction: str
    unit: str
    mark: Mark
    sources: tuple[str, ...]
    effective_from: date
    effective_to: date | None
    parent: str
    period: PeriodRule
    minutes_per_hour: MinutesPerHour
    categories: Mapping[str, str]
    categories_en: Mapping[str, str]
    types: Mapping[str, ActivityType]
    requirements: tuple[Requirement, ...]
    amendments: tuple[Mapping[str, Any], ...] = ()
    project_number_warning: str = ""
    hour_label: str = ""
    english: Mapping[str, str] = field(default_factory=dict)

    def in_english(self, text: str) -> str:
        """`text` of this version (a clause, a source, a note) in English, as far as its document gives it."""
        return self.english.get(text) or " · ".join(self.english.get(part, part) for part in text.split(" · "))

    @property
    def language(self) -> str:
        """The language that the document was taken from, as a tag for the page."""
        return {"CN": "zh-Hans", "JP": "ja"}.get(self.jurisdiction.partition("-")[0], "en")

    @property
    def key(self) -> str:
        return f"{self.id}@{self.version}"

    def in_force(self, day: date) -> bool:
        return self.effective_from <= day and (self.effective_to is None or day < self.effective_to)

    def amended(self, day: date) -> "RuleSet":
        """As it reads for a period that begins on `day`, with the amendments in force by then."""
        requirements = {requirement.id: requirement for requirement in self.requirements}
        for amendment in self.amendments:
            if date.fromisoformat(amendment["effective_from"]) > day:
                continue
            for path, value in amendment.get("set", {}).items():
                target, _, name = path.partition(".")
                old = requirements[target]
                mark = worst(old.provenance.mark, Mark(amendment.get("conf", self.mark)))
                requirements[target] = replace(
                    old,
                    data={**old.data, name: value},
                    provenance=replace(
                        old.provenance, mark=mark, source=amendment.get("source", old.provenance.source)
                    ),
                )
        return replace(self, requirements=tuple(requirements.values()))


def number(value: Any) -> Fraction:
    """Exact: 0.2 is one fifth and "2/3" two thirds. Raises ValueError for what is not a number."""
    return Fraction(str(value))


def build(document: Document, parent: RuleSet | None = None) -> RuleSet:
    """Read `document`, laid over `parent` if it names one.

    Requirements, categories and activity types of the parent are inherited; an item with the same id or code
    replaces the parent's. Raises ValueError (or KeyError) for a document that cannot be read.
    """
    if bool(document.get("parent")) != (parent is not None) or (parent and parent.key != document["parent"]):
        raise ValueError(f"{document['id']}@{document['version']} wants the parent {document.get('parent')!r}")
    mark = Mark(document["conf"])
    last_day = document.get("effective_to")
    categories = dict(parent.categories) if parent else {}
    categories |= {c["code"]: str(c.get("title_zh") or c["code"]) for c in document.get("categories", [])}
    categories_en = dict(parent.categories_en) if parent else {}
    categories_en |= {c["code"]: str(c.get("title_en", "")) for c in document.get("categories", [])}
    types = dict(parent.types) if parent else {}
    types |= {item["code"]: _activity_type(item, document) for item in document.get("activity_types", [])}
    requirements = {r.id: r for r in parent.requirements} if parent else {}
    requirements |= {item["id"]: _requirement(item, document) for item in document.get("requirements", [])}
    numbering = document.get("project_number", {})
    return RuleSet(
        id=document["id"],
        version=document["version"],
        title=document["title_zh"],
        title_en=document.get("title_en", ""),
        authority=document["authority"],
        jurisdiction=document["jurisdiction"],
        unit=document["unit"],
        mark=mark,
        sources=tuple(document.get("sources", [])),
        effective_from=date.fromisoformat(document["effective_from"]),
        effective_to=date.fromisoformat(last_day) + timedelta(days=1) if last_day else None,
        parent=document.get("parent", ""),
        period=_period(document["period"], mark),
        minutes_per_hour=_minutes_per_hour(document, parent),
        categories=categories,
        categories_en=categories_en,
        types=types,
        requirements=tuple(requirements.values()),
        amendments=(*(parent.amendments if parent else ()), *document.get("amendments", [])),
        project_number_warning=numbering.get("regex_warning", parent.project_number_warning if parent else ""),
        hour_label=document.get("display", {}).get("hour_label_zh", parent.hour_label if parent else ""),
        english={**(parent.english if parent else {}), **_english(document)},
    )


def _english(document: Document) -> dict[str, str]:
    """What the document says in its own language → the same in English, where it gives both."""
    pairs = [*zip(document.get("sources", []), document.get("sources_en", []), strict=False)]
    for item in (document, *document.get("requirements", []), *document.get("activity_types", [])):
        pairs += [(item.get(name), item.get(f"{name}_en")) for name in ("authority", "note")]
        pairs.append((item.get("title_zh"), item.get("title_en")))
    return {original: english for original, english in pairs if original and english}


def _provenance(item: Mapping[str, Any], document: Document, title: str) -> Provenance:
    mark = Mark.M if item.get("assumption") else Mark(item.get("conf", document["conf"]))
    return Provenance(
        origin=f"{document['id']}@{document['version']}",
        mark=mark,
        clause=f"{document['authority']} · {title}" if title else str(document["authority"]),
        source=str(item.get("source") or next(iter(document.get("sources", [])), "")),
    )


def _activity_type(item: Mapping[str, Any], document: Document) -> ActivityType:
    credit = item["credit"]
    provenance = _provenance(item, document, item["title_zh"])
    caps = [
        Cap(cap["scope"], number(cap["max"]), Mark(cap.get("conf", provenance.mark))) for cap in item.get("caps", [])
    ]
    if "max_per_activity" in credit:
        caps.append(Cap("activity", number(credit["max_per_activity"]), provenance.mark))
    unknown = {cap.scope for cap in caps} - {"activity", "day", "period"}
    if unknown:
        raise ValueError(f"{provenance.origin}, {item['code']}: unknown cap {sorted(unknown)}")
    return ActivityType(
        code=item["code"],
        category=item.get("category") or "",
        title=item["title_zh"],
        title_en=item.get("title_en", ""),
        tags=frozenset(item.get("tags", [])),
        credit=CreditRule(
            mode=credit["mode"],
            unit=credit.get("unit", ""),
            qty=number(credit.get("qty", 1)),
            credits=number(credit.get("credits", 0)),
            role=credit.get("role", ""),
            rounding=credit.get("rounding", "none"),
            per=credit.get("per", ""),
            integer_input=bool(credit.get("integer_input")),
            steps=tuple((number(at), number(worth)) for at, worth in credit.get("steps", [])),
            keys=tuple(credit.get("keys", [])),
            rows=tuple((tuple(str(v) for v in row[:-1]), number(row[-1])) for row in credit.get("rows", [])),
            min_months=int(credit.get("min_months", 0)),
        ),
        caps=tuple(caps),
        evidence=tuple(item.get("evidence", [])),
        provenance=provenance,
        note=item.get("note", ""),
    )


def _requirement(item: Mapping[str, Any], document: Document) -> Requirement:
    return Requirement(item["id"], item["kind"], item, _provenance(item, document, str(item.get("title_zh", ""))))


def _minutes_per_hour(document: Document, parent: RuleSet | None) -> MinutesPerHour:
    found = document.get("minutes_per_hour")
    if found is None:
        return parent.minutes_per_hour if parent else MinutesPerHour()
    return MinutesPerHour(
        number(found["value"]), tuple(number(v) for v in found.get("alternatives", [])), Mark(found["conf"])
    )


def _period(item: Mapping[str, Any], mark: Mark) -> PeriodRule:
    return PeriodRule(
        type=item["type"],
        months=int(item.get("months", 12)),
        boundaries=tuple(sorted(date.fromisoformat(day) for day in item.get("boundaries", []))),
        year_start=item.get("year_start", "01-01"),
        time_zone=item.get("time_zone", "UTC"),
        time_zone_mark=Mark(item.get("time_zone_mark", mark)),
    )
