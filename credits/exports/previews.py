"""The first rows of what a set would give, for somebody who rearranges its columns."""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice

from credits.columns import ColumnSet, SetKind
from credits.exports import annual, lines, projects
from credits.exports.cells import Row
from credits.exports.making import made
from credits.exports.pdfs import shown
from credits.exports.people import Crowd
from credits.exports.totals import Totals
from credits.models import Project
from credits.selectors import default_rule_set_id
from organisations.scopes import Scope


def rows(column_set: ColumnSet, scope: Scope, *, on: date, count: int = 3) -> list[list[str]]:
    """At most `count` rows of this year (of the newest project's year, for projects), as text."""
    rows = islice(_rows(column_set, scope, on), count)
    return [list(texts) for _row, texts in made(column_set, rows, shown)]


def project_rows(column_set: ColumnSet, found: Iterable[Project]) -> Iterator[list[str]]:
    """A line of text for each project."""
    rows: Iterator[Row] = ((None, None, project) for project in found)
    return (list(texts) for _row, texts in made(column_set, rows, shown))


def _rows(column_set: ColumnSet, scope: Scope, on: date) -> Iterator[Row]:
    if column_set.kind == SetKind.PROJECTS:
        newest = Project.objects.order_by("-year").values_list("year", flat=True).first()
        return projects.rows(newest or on.year)
    wish = annual.asked(rule_set_id=default_rule_set_id(), year=on.year, as_of=on, categories=column_set.categories)
    crowd = Crowd(scope, wish.day)
    if column_set.kind == SetKind.ANNUAL:
        return annual.rows(crowd, wish, Totals(), _on)
    return lines.rows(crowd, wish, Totals(), _on)


def _on(_made: int) -> None:
    return None
