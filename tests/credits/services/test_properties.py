"""What holds of any deeds on a book, through the services and on whichever database: not of the rules alone."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from credits.enums import GrantMethod
from credits.models import Book, Entry, Judgement
from credits.selectors import standing
from credits.selectors.rule_sets import rule_book
from credits.services.awards import award, reverse
from credits.services.verification import verify_judgements, verify_ledger
from organisations.models import Person
from tests.factories.credits import HENAN, activity
from tests.factories.organisations import PersonFactory

# The fixtures set up what is shared by all examples (rules); every example has people of its own.
FEW = settings(
    max_examples=4,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
YEAR = 2026

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rule_sets"), pytest.mark.slow]


@dataclass(frozen=True)
class Done:
    """Something done on a day of the year: of which kind and how much."""

    kind: str
    unit: str
    amount: int
    day: int


def deeds() -> st.SearchStrategy[list[Done]]:
    kinds = st.sampled_from([("project_attend", "minute"), ("practice", "minute"), ("paper", "credit")])
    one = st.builds(
        lambda kind, amount, day: Done(kind[0], kind[1], amount % 16 if kind[1] == "credit" else amount, day),
        kinds, st.integers(min_value=0, max_value=4000), st.integers(min_value=0, max_value=364),
    )  # fmt: skip
    return st.lists(one, min_size=1, max_size=4)


def record(person: Person, number: int, done: Done) -> Entry:
    """As the deed `number` of everybody: the same id and title whoever did it, no two in the same hours."""
    on = date(YEAR, 1, 1) + timedelta(days=done.day)
    what = activity(
        on=on, minutes=60, id=f"deed-{number}", title=f"活动 {number}", activity_type=done.kind,
        quantity=Decimal(done.amount), unit=done.unit,
    )  # fmt: skip
    return award(person=person, activity=what, rule_set_id=HENAN, how=GrantMethod.ASSESSMENT)


def judged(person: Person) -> dict[str, Any]:
    """All that the stored judgement says, lines by what they are of; and the page says the same."""
    row = Judgement.objects.get(book__owner=person)
    titles = {str(one.public_id): one for one in Entry.objects.filter(book__owner=person)}
    page = standing(person=person, rule_set_id=HENAN, year=YEAR)
    assert (page.credits, page.hours, page.by_category) == (
        row.credits, row.hours, {code: Decimal(text) for code, text in row.by_category.items()},
    )  # fmt: skip
    lines = {
        titles[key].title: line for key, line in row.lines.items() if line["reason"] not in ("reversal", "reversed")
    }
    return {
        "credits": row.credits, "hours": row.hours, "categories": row.by_category, "lines": lines,
        "requirements": row.requirements, "state": row.state_closed,
    }  # fmt: skip


@FEW
@given(chosen=deeds(), turn=st.randoms(use_true_random=False))
def test_any_order_of_the_same_deeds_gives_the_same_judgement(chosen: list[Done], turn: Any) -> None:
    # The earlier of two on one day counts first where a cap lets only one in: days differ.
    numbered = list({done.day: (number, done) for number, done in enumerate(chosen)}.values())
    shuffled = turn.sample(numbered, len(numbered))
    first, second = PersonFactory(), PersonFactory()
    for person, order in ((first, numbered), (second, shuffled)):
        for number, done in order:
            record(person, number, done)
    assert judged(first) == judged(second)


@FEW
@given(chosen=deeds(), which=st.integers(min_value=0, max_value=5))
def test_reversal_restores_what_was_and_recording_again_works(chosen: list[Done], which: int) -> None:
    person = PersonFactory()
    *others, last = list({done.day: (number, done) for number, done in enumerate(chosen)}.values())
    entries = [record(person, *one) for one in others]
    before = judged(person) if others else None
    taken = record(person, *last)
    after = judged(person)
    back = reverse(entry=taken, by=None, reason="核对")
    if before is not None:
        assert judged(person) == before
    again = record(person, *last)
    assert (again.revision, again.pk != taken.pk, back.reverses) == (2, True, taken)
    assert judged(person) == after
    assert record(person, *last) == again
    if others:  # and of an earlier one
        chosen_one = which % len(others)
        reverse(entry=entries[chosen_one], by=None, reason="核对")
        record(person, *others[chosen_one])
        assert judged(person)["credits"] == after["credits"]
    book = str(Book.objects.get(owner=person).public_id)
    assert [problem for problem in (*verify_ledger(), *verify_judgements()) if book in problem.where] == []


@FEW
@given(chosen=deeds())
def test_no_cap_is_exceeded_on_any_stored_judgement(chosen: list[Done]) -> None:
    person = PersonFactory()
    for number, done in enumerate(chosen):
        record(person, number, done)
    row = Judgement.objects.select_related("version").get(book__owner=person)
    rules = next(one.rules for one in rule_book().versions if one.pk == row.version_id)
    by_type: dict[str, Decimal] = {}
    for line in row.lines.values():
        assert Decimal(line["credits"]) <= Decimal(line["earned"])
        by_type[line["activity_type"]] = by_type.get(line["activity_type"], Decimal(0)) + Decimal(line["credits"])
        for cap in rules.types[line["activity_type"]].caps:
            assert Decimal(line["credits"]) <= cap.maximum if cap.scope == "activity" else True
    for code, credits in by_type.items():
        assert all(credits <= cap.maximum for cap in rules.types[code].caps if cap.scope == "period")
    limits = {one.category: one.value for one in rules.requirements if one.kind == "cap_category"}
    assert limits != {}
    for category, most in limits.items():
        assert Decimal(row.by_category.get(category, 0)) <= most
    assert sum(map(Decimal, row.by_category.values()), Decimal(0)) == row.credits
