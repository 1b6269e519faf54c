"""A rule set as the engine knows it: every value with its mark and source."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from fractions import Fraction
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from credits.enums import Mark

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

    @cached_property
    def ladder(self) -> tuple[tuple[int, int, tuple[int, int]], ...]:
        """`steps` from the highest down, in whole numbers: threshold as numerator and denominator, and its worth."""
        steps = sorted(self.steps, reverse=True)
        return tuple((*at.as_integer_ratio(), worth.as_integer_ratio()) for at, worth in steps)


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
    approval: "Approval | None" = None
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Approval:
    """An activity counts only with a reference of this scheme of approval."""

    scheme: str
    mark: Mark


@dataclass(frozen=True)
class Attendance:
    """From `since` on an activity counts only if at least `minimum` of it was attended."""

    minimum: Fraction
    since: date
    mark: Mark


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

    @property
    def is_advice(self) -> bool:
        """Shown, but no part of the result."""
        return bool(self.data.get("advice"))


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
    window_last_months: int = 0


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
    applies_if: Mapping[str, Any] = field(default_factory=dict)
    approval: Approval | None = None
    attendance: Attendance | None = None
    has_exemptions: bool = False
    counts_toward: tuple[str, ...] = ()

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

    def day_of(self, instant: datetime) -> date:
        """The local day on which `instant` lies where the rules hold: the day that decides the period."""
        return instant.astimezone(ZoneInfo(self.period.time_zone)).date()

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
                if target not in requirements:
                    raise ValueError(f"{self.key}: an amendment names the unknown requirement {target!r}")
                old = requirements[target]
                mark = worst(old.provenance.mark, Mark(amendment.get("conf", self.mark)))
                requirements[target] = replace(
                    old,
                    data={**old.data, name: value},
                    provenance=replace(
                        old.provenance, mark=mark, source=amendment.get("source", old.provenance.source)
                    ),
                )
        return replace(self, requirements=tuple(requirements.values()), amendments=())


def number(value: Any) -> Fraction:
    """Exact: 0.2 is one fifth and "2/3" two thirds. Raises ValueError for what is not a number."""
    return Fraction(str(value))
