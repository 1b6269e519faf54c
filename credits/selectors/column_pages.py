"""What the pages of column sets show."""

from dataclasses import dataclass
from typing import Any

from credits import columns
from credits.columns import ColumnSet, SetKind
from credits.models import ColumnDraft, ColumnSetVersion
from credits.models.column_sets import SET_KINDS
from credits.selectors import column_sets
from credits.selectors.rule_sets import default_rule_set_id, rule_book
from organisations.enums import Power
from organisations.models import Person
from organisations.scopes import Scope
from organisations.selectors import required_scope


@dataclass(frozen=True)
class Shipped:
    title: str
    kind: str
    column_set: ColumnSet


@dataclass(frozen=True)
class Listing:
    shipped: list[Shipped]
    own: list[ColumnDraft]


@dataclass(frozen=True)
class Page:
    """`rows`: the columns in their order; `addable`: (key, heading) of what can be added."""

    draft: ColumnDraft
    kind: str
    rows: list[dict[str, Any]]
    addable: list[tuple[str, str]]
    headings: list[str]
    versions: list[ColumnSetVersion]


def listing(*, by: Person, language: str) -> Listing:
    """The sets that ship, and those of places in reach, newest first. Raises OutOfScope."""
    scope = required_scope(by, Power.SEE_COLUMNS)
    own = ColumnDraft.objects.filter(scope.q("place")).select_related("place").prefetch_related("versions")
    kinds = dict(SET_KINDS)
    shipped = [Shipped(one.title(language), str(kinds[one.kind]), one) for one in column_sets.shipped().values()]
    return Listing(shipped, list(own.order_by("-pk")[:200]))


def choices(scope: Scope, language: str) -> list[tuple[str, str]]:
    """What can be copied."""
    return [(one.key, f"{one.title(language)} ({one.key})") for one in column_sets.offered_to(scope.paths)]


def page(draft: ColumnDraft, *, language: str) -> Page:
    kind = SetKind(draft.kind)
    last = len(draft.columns) - 1
    rows = [
        {**row, "is_first": number == 0, "is_last": number == last, "number": number + 1}
        for number, row in enumerate(draft.columns)
    ]
    return Page(
        draft=draft,
        kind=str(dict(SET_KINDS)[kind]),
        rows=rows,
        addable=_addable(kind, {row["key"] for row in draft.columns}, language),
        headings=[row["en"] if language.startswith("en") else row["zh"] for row in draft.columns],
        versions=list(draft.versions.select_related("published_by").order_by("-number")),
    )


def _addable(kind: SetKind, used: set[str], language: str) -> list[tuple[str, str]]:
    found = []
    for one in columns.DECLARED[kind].values():
        keys = [one.key]
        if one.key in columns.NEEDS_ARGUMENT:
            keys = [f"{one.key}:{code}" for code in _categories()]
        for key in keys:
            if key not in used:
                argument = key.partition(":")[2]
                found.append((key, f"{one.heading(language)} {argument}".strip()))
    return found


def _categories() -> list[str]:
    """The categories of the rules that pages show first, as their newest version has them."""
    versions = rule_book().of(default_rule_set_id())
    return list(versions[-1].rules.categories) if versions else []
