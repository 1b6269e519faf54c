"""The rule sets as the engine reads them, built once per process and text."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from cms.shared.errors import DomainError
from credits.models import RuleSetVersion
from credits.rules import REVISION, AnchorMissing, Anchors, Period, Prepared, RuleSet, build, period_for, version_for

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
    versions: tuple[LoadedRuleSet, ...]

    def of(self, rule_set_id: str) -> list[LoadedRuleSet]:
        """Versions of one rule set, oldest first."""
        found = [version for version in self.versions if version.rules.id == rule_set_id]
        return sorted(found, key=lambda version: version.rules.effective_from)

    def in_force(self, rule_set_id: str, day: date) -> LoadedRuleSet | None:
        """The version in force on `day`; where an overlay has none for that day, its parent's."""
        own = self.of(rule_set_id)
        rules = version_for([version.rules for version in own], day)
        if rules is not None:
            return next(version for version in own if version.rules is rules)
        parents = {self.parents.get(version.pk, "") for version in own} - {"", rule_set_id}
        for parent in sorted(parents):
            if (found := self.in_force(parent, day)) is not None:
                return found
        return None

    @property
    def parents(self) -> dict[int, str]:
        """Primary key of an overlay → rule set id of its parent."""
        return {version.pk: version.rules.parent.partition("@")[0] for version in self.versions}


def rule_book() -> RuleBook:
    """All loaded versions. One query, unless a text has changed."""
    return _build(tuple(RuleSetVersion.objects.order_by("pk").values_list("pk", "document_sha256")))


@lru_cache(maxsize=4)
def _build(stamp: tuple[tuple[int, str], ...]) -> RuleBook:
    rows = {f"{row.rule_set_id}@{row.version}": row for row in RuleSetVersion.objects.all()}
    built: dict[str, LoadedRuleSet] = {}

    def get(key: str) -> LoadedRuleSet:
        if key not in built:
            row = rows[key]
            parent = get(row.parent) if row.parent else None
            rules = build(row.document, parent.rules if parent else None)
            text = row.document_sha256 + (parent.sha256 if parent else f"engine {REVISION}")
            built[key] = LoadedRuleSet(row.pk, rules, hashlib.sha256(text.encode()).hexdigest())
        return built[key]

    return RuleBook(tuple(get(key) for key in rows))


def in_force(rule_set_id: str, day: date) -> LoadedRuleSet:
    """The version for a local day. Raises NoRuleSetInForce."""
    found = rule_book().in_force(rule_set_id, day)
    if found is None:
        raise NoRuleSetInForce(rule_set=rule_set_id, day=day.isoformat())
    return found


def time_zone_of(rule_set_id: str) -> ZoneInfo:
    """Where the rule set's days begin (its newest version's zone). Raises NoRuleSetInForce for an unknown rule set."""
    versions = rule_book().of(rule_set_id)
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
