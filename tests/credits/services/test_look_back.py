"""A requirement over several years reads the book's earlier years, and follows when one of them changes."""

from datetime import date
from decimal import Decimal

import pytest

from credits.models import Book, Entry, Judgement
from credits.selectors import standing, standings
from credits.services.awards import reverse
from credits.services.verification import verify_judgements
from organisations.models import Person
from tests.factories.credits import NATIONAL, entry
from tests.factories.organisations import PersonFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rule_sets")]


def national(person: Person, year: int, minutes: int = 360) -> Entry:
    """Six hours of a national project: two credits."""
    return entry(person=person, rule_set_id=NATIONAL, on=date(year, 3, 1), minutes=minutes, activity_type="nat_attend")


def five_years(year: int) -> Decimal:
    (row,) = Judgement.objects.filter(rule_set_id=NATIONAL, period_begins=date(year, 1, 1))
    return Decimal(next(one["reached"] for one in row.requirements if one["id"] == "nat5y"))


def shown(person: Person, year: int) -> Decimal:
    found = standing(person=person, rule_set_id=NATIONAL, year=year)
    return next(one.reached for one in found.requirements if one.id == "nat5y")


def test_look_back_reads_the_five_years_and_no_more() -> None:
    person = PersonFactory()
    for year in (2018, 2019, 2021, 2023):
        national(person, year)
    assert (five_years(2023), shown(person, 2023)) == (6, 6)  # 2019 to 2023
    assert [line.entry.ends_on.year for line in standing(person=person, rule_set_id=NATIONAL, year=2023).lines] == [
        2023
    ]
    assert Judgement.objects.get(period_begins=date(2023, 1, 1)).entries_judged == 1
    assert verify_judgements() == []


def test_later_years_follow_what_is_recorded_and_taken_back_before_them() -> None:
    person = PersonFactory()
    national(person, 2023)
    assert five_years(2023) == 2
    late = national(person, 2020)
    assert (five_years(2020), five_years(2023)) == (2, 4)
    before = Judgement.objects.get(period_begins=date(2023, 1, 1)).requirements
    reverse(entry=late, by=None, reason="核对")
    assert (five_years(2020), five_years(2023)) == (0, 2)
    national(person, 2020)
    assert Judgement.objects.get(period_begins=date(2023, 1, 1)).requirements == before
    national(person, 2015)  # beyond the window
    assert five_years(2023) == 4
    assert verify_judgements() == []


def test_look_back_spans_the_books_of_one_person_and_no_other() -> None:
    kept, merged, other = PersonFactory(), PersonFactory(), PersonFactory()
    national(kept, 2023)
    national(merged, 2021)
    national(other, 2021)
    Book.objects.filter(owner=merged).update(owner=kept, is_primary=False)
    assert (shown(kept, 2023), shown(other, 2021)) == (Decimal(4), Decimal(2))
    first, second = standings(people=[kept, other], rule_set_id=NATIONAL, year=2023)
    assert [first.credits, second.credits] == [Decimal(2), Decimal(0)]
