"""Closing days: a place says by when it wants a year's credits."""

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from credits.models import YearClosing
from credits.selectors import NoRuleSetInForce, period_of_year
from organisations import audit
from organisations.deeds import Deed
from organisations.enums import Power
from organisations.models import Node, Person
from organisations.selectors import scope_for

# A report that is due later than this is about another year.
LATEST = timedelta(days=183)


class NotInTheYear(errors.InvalidInput):
    code = "closing_day_outside_the_year"
    message = _("The year %(year)s runs from %(begins)s; its last day here lies between that and %(latest)s.")


class SourceMissing(errors.InvalidInput):
    code = "closing_day_without_source"
    message = _("Write where this day comes from: which notice, or whose decision.")


@transaction.atomic
def set_closing(*, by: Person, node: Node, rule_set_id: str, year: int, closes_on: date, note: str) -> YearClosing:
    """Set the place's last day for a year, or set it anew.

    Raises OutOfScope, NotInTheYear, SourceMissing, NoRuleSetInForce.
    """
    if not scope_for(by, Power.REVIEW_CREDITS).covers(node.path):
        raise errors.OutOfScope
    if not note.strip():
        raise SourceMissing
    _version, period = period_of_year(rule_set_id, year, on=date(year, 12, 31))
    if period is None:
        raise NoRuleSetInForce
    latest = period.ends + LATEST
    if not period.begins <= closes_on <= latest:
        raise NotInTheYear(year=year, begins=period.begins.isoformat(), latest=latest.isoformat())
    before = YearClosing.objects.filter(node=node, rule_set_id=rule_set_id, year=year).first()
    row, _is_new = YearClosing.objects.update_or_create(
        node=node, rule_set_id=rule_set_id, year=year,
        defaults={"closes_on": closes_on, "note": note.strip(), "set_by": by, "set_at": timezone.now()},
    )  # fmt: skip
    audit.record(
        by=by,
        verb=Deed.CLOSING_SET,
        target=row,
        before={"closes_on": before.closes_on} if before is not None else {},
        after={"place": node.code, "rule_set": rule_set_id, "year": year, "closes_on": closes_on, "note": row.note},
    )
    return row


@transaction.atomic
def remove_closing(*, by: Person, closing: YearClosing) -> None:
    """The place has no day of its own any more; that of the place above holds. Raises OutOfScope."""
    if not scope_for(by, Power.REVIEW_CREDITS).covers(closing.node.path):
        raise errors.OutOfScope
    told = {"place": closing.node.code, "year": closing.year, "closes_on": closing.closes_on}
    audit.record(by=by, verb=Deed.CLOSING_REMOVE, target=closing, before=told)
    closing.delete()
