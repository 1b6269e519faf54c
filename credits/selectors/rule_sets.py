"""The rule sets as the engine reads them, built once per process and text."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from cms.shared.errors import DomainError
from credits.models import RuleSetVersion
from credits.rules import FOR_EVER, REVISION, AnchorMissing, Anchors, Period, Prepared, RuleSet, build, period_for

# Periods of one version that are kept ready; personal ones differ from person to person.
KEPT = 64


class NoRuleSetInForce(DomainError):
    code, http_status = "no_rule_set_in_force", 409
    message = _("No version of the credit rules %(rule_set)s covers %(day)s. Ask your administrator which rules apply.")


@dataclass(frozen=True)
class LoadedRuleSet:
    """`rules` merged with their parents; `sha256` covers their texts too, and how the engine reads them."""

    pk: int
    rules: RuleSet
    sha256: str
    _prepared: dict[tuple[date, date, date | None], Prepared] = field(default_factory=dict, compare=False, repr=False)

    def prepared(self, period: Period) -> Prepared:
        """The rules ready for `period`, worked out once for as many people as there are."""
        key = period.begins, period.ends, period.whole_begins
        found = self._prepared.get(key)
        if found is None:
            if len(self._prepared) >= KEPT:
                self._prepared.clear()
            found = self._prepared[key] = Prepared(self.rules, period)
        return found


@dataclass(frozen=True)
class RuleBook:
    """`spans`: rule set → its versions, each cut to a run of days on which it holds, oldest first."""

    versions: tuple[LoadedRuleSet, ...]
    spans: Mapping[str, tuple[LoadedRuleSet, ...]]

    def of(self, rule_set_id: str) -> list[LoadedRuleSet]:
        """Versions of one rule set, oldest first."""
        found = [version for version in self.versions if version.rules.id == rule_set_id]
        return sorted(found, key=lambda version: version.rules.effective_from)

    def in_force(self, rule_set_id: str, day: date) -> LoadedRuleSet | None:
        """The version in force on `day`; where an overlay has none for that day, its parent's."""
        for version in self.spans.get(rule_set_id, ()):
            if version.rules.in_force(day):
                return version
        parents = {self.parents.get(version.pk, "") for version in self.of(rule_set_id)} - {"", rule_set_id}
        for parent in sorted(parents):
            if (found := self.in_force(parent, day)) is not None:
                return found
        return None

    @property
    def parents(self) -> dict[int, str]:
        """Primary key of an overlay → rule set id of its parent."""
        return {version.pk: version.rules.parent.partition("@")[0] for version in self.versions}


@dataclass(frozen=True)
class Text:
    """One version as it is stored, or would be. `not_in` as in RuleSetVersion."""

    pk: int
    key: str
    parent: str
    document: Mapping[str, Any]
    sha256: str
    not_in: tuple[tuple[date, date], ...] = ()


def rule_book() -> RuleBook:
    """All loaded versions. One query, unless a text has changed."""
    rows = RuleSetVersion.objects.order_by("pk").values_list("pk", "document_sha256", "not_in")
    return _build(tuple((pk, sha256, str(not_in)) for pk, sha256, not_in in rows))


def texts() -> list[Text]:
    """Every loaded version in the order of loading."""
    return [
        Text(
            row.pk, f"{row.rule_set_id}@{row.version}", row.parent, row.document, row.document_sha256,
            tuple((date.fromisoformat(begins), date.fromisoformat(ends)) for begins, ends in row.not_in),
        )
        for row in RuleSetVersion.objects.order_by("pk")
    ]  # fmt: skip


@lru_cache(maxsize=4)
def _build(stamp: tuple[tuple[int, str, str], ...]) -> RuleBook:
    return book_of(texts())


def book_of(loaded: Iterable[Text]) -> RuleBook:
    """The rule book of these texts, the last loaded one last."""
    rows = {row.key: row for row in loaded}
    built: dict[str, LoadedRuleSet] = {}

    def get(key: str) -> LoadedRuleSet:
        if key not in built:
            row = rows[key]
            parent = get(row.parent) if row.parent else None
            rules = build(dict(row.document), parent.rules if parent else None)
            text = row.sha256 + (parent.sha256 if parent else f"engine {REVISION}")
            built[key] = LoadedRuleSet(row.pk, rules, hashlib.sha256(text.encode()).hexdigest())
        return built[key]

    versions = tuple(get(key) for key in rows)
    left_out = {row.pk: row.not_in for row in rows.values()}
    ids = dict.fromkeys(version.rules.id for version in versions)
    spans = {name: _spans([v for v in versions if v.rules.id == name], left_out) for name in ids}
    return RuleBook(versions, spans)


def _spans(
    versions: list[LoadedRuleSet], left_out: Mapping[int, tuple[tuple[date, date], ...]]
) -> tuple[LoadedRuleSet, ...]:
    """Which of `versions` (in the order of loading) holds when: see RuleSetVersion."""
    own = sorted(versions, key=lambda version: version.rules.effective_from)
    edges = {day for version in own for day in (version.rules.effective_from, version.rules.effective_to or FOR_EVER)}
    edges |= {day for version in own for span in left_out[version.pk] for day in span}
    found: list[tuple[LoadedRuleSet, date, date]] = []
    for begins, ends in pairwise(sorted(edges)):
        holding = [
            version
            for version in own
            if version.rules.in_force(begins) and not any(a <= begins < b for a, b in left_out[version.pk])
        ]
        if not holding:
            continue
        if found and found[-1][0] is holding[-1] and found[-1][2] == begins:
            begins = found.pop()[1]
        found.append((holding[-1], begins, ends))
    return tuple(_cut(version, begins, ends) for version, begins, ends in found)


def _cut(version: LoadedRuleSet, begins: date, ends: date) -> LoadedRuleSet:
    until = None if ends == FOR_EVER else ends
    if (begins, until) == (version.rules.effective_from, version.rules.effective_to):
        return version
    return replace(version, rules=replace(version.rules, effective_from=begins, effective_to=until), _prepared={})


def in_force(rule_set_id: str, day: date) -> LoadedRuleSet:
    """The version for a local day. Raises NoRuleSetInForce."""
    found = rule_book().in_force(rule_set_id, day)
    if found is None:
        raise NoRuleSetInForce(rule_set=rule_set_id, day=day.isoformat())
    return found


def time_zone_of(rule_set_id: str) -> ZoneInfo:
    """Where the rule set's days begin (its newest version's zone). Raises NoRuleSetInForce for an unknown rule set."""
    return zone_in(rule_book(), rule_set_id)


def zone_in(book: RuleBook, rule_set_id: str) -> ZoneInfo:
    """As `time_zone_of`; no query."""
    versions = book.of(rule_set_id)
    if not versions:
        raise NoRuleSetInForce(rule_set=rule_set_id, day=_("any day"))
    return ZoneInfo(versions[-1].rules.period.time_zone)


def default_rule_set_id() -> str:
    """The rule set whose figures pages show first."""
    return str(settings.DEFAULT_RULE_SET)


def is_usual_project_number(number: str, rule_set_id: str, day: date) -> bool:
    """Whether a project number looks like those that the rules in force describe; True where they describe none.

    A ground for a warning only: authorities also publish other numbers.
    """
    version = rule_book().in_force(rule_set_id, day)
    pattern = version.rules.project_number_warning if version is not None else ""
    return not pattern or re.match(pattern, number) is not None


def period_of_year(
    rule_set_id: str,
    year: int,
    *,
    on: date,
    anchors: Anchors = Anchors(),  # noqa: B008 - frozen
    book: RuleBook | None = None,
) -> tuple[LoadedRuleSet, Period | None]:
    """The version and period that a reader of `year` means: in the running year the period that holds `on`, else the
    last one of that year. The period is None where it hangs on something that is not known of the person.

    No query with `book`. Raises NoRuleSetInForce.
    """
    book = book or rule_book()
    days = [date(year, 12, 31)]
    if on.year == year:
        days.insert(0, on)
    days += [
        version.rules.effective_from
        for version in reversed(book.of(rule_set_id))
        if version.rules.effective_from.year == year
    ]
    for day in days:
        if (version := book.in_force(rule_set_id, day)) is not None:
            try:
                return version, period_for(version.rules, day, anchors)
            except AnchorMissing:
                return version, None
    raise NoRuleSetInForce(rule_set=rule_set_id, day=str(year))
