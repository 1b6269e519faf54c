"""By which day a person's year has to be full, by the nearest place that says so."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from cms.shared.errors import NotFound
from credits.models import YearClosing
from organisations.models import Employment, Node, Person
from organisations.scopes import Scope
from organisations.selectors import in_force


@dataclass(frozen=True)
class ClosingView:
    """`days_left` counts from the day asked on, itself left out; below 0 the place has closed the year."""

    place: str
    closes_on: date
    note: str
    days_left: int

    @property
    def is_over(self) -> bool:
        return self.days_left < 0


def closing_of(*, person: Person, rule_set_id: str, year: int, on: date) -> ClosingView | None:
    """The closing day of the nearest place above where the person works on `on`; of two, the earlier one.

    Two queries; one where the person works nowhere.
    """
    places = list(Employment.objects.filter(in_force(on), person=person).values_list("unit__path", flat=True))
    above = {path[:end] for path in places for end in range(Node.steplen, len(path) + 1, Node.steplen)}
    if not above:
        return None
    rows = YearClosing.objects.filter(node__path__in=above, rule_set_id=rule_set_id, year=year).select_related("node")
    by_path = {row.node.path: row for row in rows}
    nearest = [
        next((by_path[path] for path in sorted(by_path, key=len, reverse=True) if place.startswith(path)), None)
        for place in places
    ]
    found = min((row for row in nearest if row is not None), key=lambda row: row.closes_on, default=None)
    if found is None:
        return None
    return ClosingView(str(found.node), found.closes_on, found.note, (found.closes_on - on).days)


def closings_in(scope: Scope) -> QuerySet[YearClosing]:
    """What the places of `scope` have set, the newest year first, in the order of the tree."""
    return YearClosing.objects.filter(scope.q("node")).select_related("node", "set_by").order_by("-year", "node__path")


def closing_in(scope: Scope, public_id: UUID) -> YearClosing:
    """Raises NotFound, also for one outside of `scope`."""
    found = closings_in(scope).filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found
