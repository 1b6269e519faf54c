"""What the pages of the rule sets show: every version, when it holds, and what it changed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from credits.models import RuleSetVersion
from credits.selectors.rule_sets import RuleBook, rule_book


@dataclass(frozen=True)
class Span:
    """Days on which a version holds; `last` is included, None: no end is known."""

    first: date
    last: date | None


@dataclass(frozen=True)
class VersionRow:
    version: RuleSetVersion
    holds: tuple[Span, ...]


@dataclass(frozen=True)
class Difference:
    """A value of the document that is another one: "" where there was none, or is none."""

    path: str
    before: str
    after: str


def version_rows() -> list[VersionRow]:
    """Every version, by rule set, the newest first. Three queries at most."""
    book = rule_book()
    rows = RuleSetVersion.objects.defer("document").order_by("rule_set_id", "-effective_from", "-pk")
    return [VersionRow(row, spans_of(book, row.rule_set_id, row.pk)) for row in rows]


def spans_of(book: RuleBook, rule_set_id: str, pk: int) -> tuple[Span, ...]:
    found = [version.rules for version in book.spans.get(rule_set_id, ()) if version.pk == pk]
    return tuple(
        Span(rules.effective_from, rules.effective_to - date.resolution if rules.effective_to else None)
        for rules in found
    )


def previous_of(rule_set_id: str, effective_from: date, before: int | None = None) -> RuleSetVersion | None:
    """The version that came before one that is in force from a day; `before` is its own key if it is stored."""
    rows = RuleSetVersion.objects.filter(rule_set_id=rule_set_id, effective_from__lte=effective_from)
    if before is not None:
        rows = rows.exclude(pk=before).exclude(effective_from=effective_from, pk__gt=before)
    return rows.order_by("-effective_from", "-pk").first()


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    """Value by value, in the order of the new document, then what went. Types are named by code, others by id."""
    before, after = dict(_flat("", old)), dict(_flat("", new))
    return [
        Difference(path, before.get(path, ""), after.get(path, ""))
        for path in {**after, **before}
        if before.get(path) != after.get(path)
    ]


def _flat(path: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        return [pair for key, item in value.items() for pair in _flat(f"{path}.{key}" if path else str(key), item)]
    if isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
        return [pair for n, item in enumerate(value) for pair in _flat(f"{path}[{_name(item, n)}]", item)]
    return [(path, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))]


def _name(item: Mapping[str, Any], position: int) -> str:
    return str(item.get("code") or item.get("id") or position)
