"""No figure that rests on unverified data stands anywhere without its mark. A new page with figures joins RENDERERS."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup, Tag
from django.test import Client
from django.urls import reverse

from credits.models import Judgement
from credits.selectors import standing
from credits.selectors.pages import year_page
from credits.services import objections
from credits.services.verification import verify_judgements
from organisations.enums import Role
from organisations.models import Person
from tests.factories.credits import HENAN, entry
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rule_sets")]
YEAR = 2026
# What a reader takes in at one glance: a figure and its mark stand in the same one.
TOGETHER = ("p", "li", "dd", "td", "tr", "svg")


def _client(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _own_year(learner: Person, reviewer: Person) -> str:
    return _client(learner).get(reverse("credits:my_credits"), {"year": YEAR, "rules": HENAN}).content.decode()


def _year_of_a_person(learner: Person, reviewer: Person) -> str:
    path = reverse("credits:person_credits", args=[learner.public_id])
    return _client(reviewer).get(path, {"year": YEAR, "rules": HENAN}).content.decode()


def _objection(learner: Person, reviewer: Person) -> str:
    line = standing(person=learner, rule_set_id=HENAN, year=YEAR).lines[0]
    made = objections.object_to(by=learner, entry=line.entry, text="不对")
    return _client(reviewer).get(reverse("manage:entry_objection", args=[made.public_id])).content.decode()


RENDERERS: dict[str, Callable[[Person, Person], str]] = {
    "own year": _own_year,
    "year of a person": _year_of_a_person,
    "objection": _objection,
}


def unmarked(html: str, figure: Decimal) -> tuple[int, list[str]]:
    """How often `figure` stands in the text of the page, and the places where no mark stands with it."""
    main = BeautifulSoup(html, "html.parser").find("main")
    assert isinstance(main, Tag)
    found, wrong = 0, []
    for text in main.find_all(string=lambda string: figure in _numbers(string or "")):
        found += 1
        around = next(place for place in text.parents if place.name in TOGETHER or "card" in (place.get("class") or []))
        while around is not None and around.name != "main":
            if around.select_one(".mark") or "待核对" in around.get_text():
                break
            # A figure of a card is marked anywhere in its card.
            around = around.find_parent(class_="card") if around.name != "li" else None
        if around is None or around.name == "main":
            wrong.append(str(text.parent)[:200])
    return found, wrong


def _numbers(text: str) -> list[Decimal]:
    """The figures of a text, however many zeros end them."""
    words = "".join(letter if letter in "0123456789.-" else " " for letter in text).split()
    return [Decimal(word) for word in words if re.fullmatch(r"\d+(\.\d+)?", word)]


def _world(minutes: int) -> tuple[Person, Person]:
    hospital = NodeFactory()
    learner = PersonFactory()
    EmploymentFactory(person=learner, unit=hospital, begins=date(2020, 1, 1))
    reviewer = RoleGrantFactory(role=Role.UNIT_CREDIT_ADMINISTRATOR, node=hospital, begins=date(2020, 1, 1)).person
    entry(person=learner, on=date(YEAR, 3, 1), minutes=minutes)
    return learner, reviewer


@pytest.mark.parametrize("name", RENDERERS)
def test_every_unverified_figure_has_its_mark(name: str) -> None:
    learner, reviewer = _world(minutes=630)
    found = standing(person=learner, rule_set_id=HENAN, year=YEAR)
    assert (len(found.marks) > 0, found.credits) == (True, Decimal("3.5"))
    page = RENDERERS[name](learner, reviewer)
    times, wrong = unmarked(page, found.credits)
    assert (times > 0, wrong) == (True, [])
    # How many minutes an hour has is not settled either; an objection is about credits and names no hours.
    assert (found.version.minutes_per_hour.mark != "A", unmarked(page, found.hours)[1]) == (True, [])


def test_the_crawler_finds_a_figure_without_its_mark() -> None:
    marked = '<li><p>3.50 <span class="mark">待核对</span></p></li>'
    times, wrong = unmarked(f'<main><ul><li class="card"><p>3.5 学分</p></li>{marked}</ul></main>', Decimal("3.5"))
    assert (times, len(wrong)) == (2, 1)


def test_figures_of_the_page_are_the_stored_and_the_recomputed_ones() -> None:
    learner, _reviewer = _world(minutes=630)
    page = year_page(person=learner, year=str(YEAR), rule_set_id=HENAN)
    stored = Judgement.objects.get(rule_set_id=HENAN)
    assert page.standing.credits == stored.credits == sum(line.credits for line in page.standing.lines) > 0
    assert page.standing.hours == stored.hours
    assert list(verify_judgements()) == []
    shown = BeautifulSoup(_own_year(learner, learner), "html.parser").select_one(".figure-large")
    assert shown is not None
    assert _numbers(shown.get_text()) == [stored.credits]
