"""Further rule sets by data alone: periods of one's own, approvals, reflections, steps and figures."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from cms.shared import errors
from credits.enums import LineState
from credits.models import Declaration, Entry, Following, Judgement, Reflection
from credits.selectors import standing, standings
from credits.selectors.beside import follows
from credits.selectors.following import followed_rules, rules_page
from credits.selectors.pages import year_page
from credits.services import following, histories, reported
from credits.services.verification import verify_judgements, verify_ledger
from organisations.enums import Role
from organisations.models import AuditEvent, Notification, Person
from tests.factories.credits import HENAN, entry
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rule_sets")]
ARRT, HCPC, QUALIFYING, NEW_ZEALAND = "us-arrt-ce", "uk-hcpc-cpd", "us-arrt-cqr", "nz-mrtb-cpd"
DAY = date(2026, 4, 1)
APPROVED = ({"kind": "approval", "scheme": "RCEEM", "reference": "ASRT-2026-0147"},)


def radiographer(**changes: Any) -> Person:
    """Born in May, with a biennium that began in 2023."""
    person = PersonFactory(**changes)
    following.follow(
        by=person, rule_set_id=ARRT, begins=date(2023, 1, 1), birth_month=5, biennium_start_year=2023, credential="R"
    )
    return person


def studied(person: Person, *, rule_set_id: str = ARRT, approved: bool = True, **changes: Any) -> Entry:
    fields: dict[str, Any] = {
        "on": date(2026, 2, 7),
        "minutes": 120,
        "activity_type": "rceem",
        "evidence": APPROVED if approved else (),
    }
    return entry(person=person, rule_set_id=rule_set_id, **(fields | changes))


def client(person: Person) -> Client:
    found = Client()
    found.force_login(person)
    return found


# Periods


def test_biennium_runs_from_the_month_of_birth() -> None:
    person = radiographer()
    studied(person)
    found = standing(person=person, rule_set_id=ARRT, year=2026, on=DAY)
    assert (found.period_begins, found.period_ends) == (date(2025, 5, 1), date(2027, 5, 1))
    assert [line.state for line in found.lines] == [LineState.COUNTED]
    assert found.credits == Decimal(2)


def test_two_people_have_two_periods_and_each_its_own_entries() -> None:
    spring = radiographer()
    autumn = PersonFactory()
    following.follow(by=autumn, rule_set_id=ARRT, birth_month=11, biennium_start_year=2023, credential="R")
    for person in (spring, autumn):
        studied(person, on=date(2025, 6, 1))
    found = standings(people=[spring, autumn], rule_set_id=ARRT, year=2026, on=DAY)
    assert [one.period_begins for one in found] == [date(2025, 5, 1), date(2025, 11, 1)]
    assert [one.credits for one in found] == [Decimal(2), Decimal(0)]


def test_unknown_anchor_leaves_the_period_unknown_and_says_where_to_enter_it() -> None:
    person = PersonFactory()
    studied(person)
    page = client(person).get(reverse("credits:my_credits"), {"rules": ARRT})
    assert (page.context["standing"].period_begins, page.context["standing"].state) == (None, "undetermined")
    assert f'<a href="{reverse("credits:my_rules")}">' in page.content.decode()


def test_period_of_a_credential_runs_from_the_day_on_which_it_was_earned() -> None:
    person = PersonFactory()
    following.follow(by=person, rule_set_id=QUALIFYING, credential_earned_on=date(2015, 9, 12))
    found = standing(person=person, rule_set_id=QUALIFYING, year=2026, on=DAY)
    assert (found.period_begins, found.period_ends) == (date(2025, 9, 12), date(2035, 9, 12))


@pytest.mark.parametrize(
    ("rule_set_id", "anchors", "error"),
    [
        (ARRT, {"birth_month": 5}, following.AnchorMissing),
        (ARRT, {"biennium_start_year": 2023}, following.AnchorMissing),
        (ARRT, {"birth_month": 13, "biennium_start_year": 2023}, following.AnchorMissing),
        (QUALIFYING, {}, following.AnchorMissing),
        (QUALIFYING, {"credential_earned_on": date(2999, 1, 1)}, following.NotYetEarned),
        ("moon-cpd", {}, following.UnknownRuleSet),
    ],
)
def test_following_asks_what_the_period_demands(
    rule_set_id: str, anchors: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        following.follow(by=PersonFactory(), rule_set_id=rule_set_id, **anchors)
    assert Following.objects.count() == 0


def test_rules_are_followed_once_until_they_are_given_up_and_may_be_taken_up_again() -> None:
    person = PersonFactory()
    first = following.follow(by=person, rule_set_id=HCPC)
    with pytest.raises(following.AlreadyFollowed):
        following.follow(by=person, rule_set_id=HCPC)
    now = timezone.now()
    assert follows(person, HCPC, now)
    following.stop(by=person, following=first)
    assert not follows(person, HCPC, now)
    with pytest.raises(following.NotFollowed):
        following.stop(by=person, following=first)
    following.follow(by=person, rule_set_id=HCPC)
    assert follows(person, HCPC, now)


# ARRT: no approval, no credit


def test_activity_without_an_approval_is_not_counted_and_never_called_credit_of_that_body() -> None:
    person = radiographer()
    studied(person, approved=False)
    with override("en"):
        page = client(person).get(reverse("credits:my_credits"), {"rules": ARRT, "year": "2026"})
        reason = page.context["standing"].lines[0].text
    found = page.context["standing"]
    assert (found.credits, [line.state for line in found.lines]) == (Decimal(0), [LineState.NOT_COUNTED])
    text = " ".join(page.content.decode().split())
    for words in ("ARRT credit", "ARRT CE credit", "RCEEM credit", "credits of ARRT"):
        assert words.lower() not in text.lower()
    assert text.count(reason) == 1


# HCPC: no hours, reflections


def test_reflections_and_a_mixture_of_kinds_are_what_counts_where_no_hours_do() -> None:
    person = PersonFactory()
    following.follow(by=person, rule_set_id=HCPC)
    rows = [
        studied(person, rule_set_id=HCPC, activity_type="any", on=date(2026, 3, day), evidence=()) for day in (5, 9)
    ]

    def states() -> dict[str, str]:
        found = standing(person=person, rule_set_id=HCPC, year=2026, on=DAY)
        return {one.id: one.state.value for one in found.requirements}

    assert (states()["mix"], states()["reflect"]) == ("undetermined", "undetermined")
    following.reflect(by=person, entry=rows[0], category="formal", practice="摆位更稳", service_user="重照更少")
    assert (states()["mix"], states()["reflect"]) == ("undetermined", "undetermined")
    following.reflect(by=person, entry=rows[1], category="work_based", practice="剂量更低")
    assert (states()["mix"], states()["reflect"]) == ("met", "open")
    following.reflect(by=person, entry=rows[1], category="work_based", practice="剂量更低", service_user="辐射更少")
    assert (states()["mix"], states()["reflect"]) == ("met", "met")
    assert Reflection.objects.count() == 2


def test_what_hangs_on_more_than_the_book_is_judged_when_asked_for_and_verifies() -> None:
    person = radiographer()
    following.follow(by=person, rule_set_id=HCPC)
    studied(person)
    row = studied(person, rule_set_id=HCPC, activity_type="any", evidence=())
    entry(person=person, rule_set_id=HENAN, on=date(2026, 2, 8))
    following.reflect(by=person, entry=row, category="formal", practice="摆位更稳")
    assert list(Judgement.objects.values_list("rule_set_id", flat=True)) == [HENAN]
    assert (verify_judgements(), verify_ledger()) == ([], [])


def test_reflection_is_written_by_whose_entry_it_is_and_in_words_of_the_rules() -> None:
    person = PersonFactory()
    row = studied(person, rule_set_id=HCPC, activity_type="any", evidence=())
    with pytest.raises(following.NotYours):
        following.reflect(by=PersonFactory(), entry=row, practice="x")
    with pytest.raises(errors.InvalidInput):
        following.reflect(by=person, entry=row, category="luck")
    following.reflect(by=person, entry=row, practice="患者姓名不入日志")
    event = AuditEvent.objects.get(verb="credits.reflection.write")
    assert "患者姓名不入日志" not in str(event.after)
    assert following.reflect(by=person, entry=row, practice=" ") is None
    assert Reflection.objects.count() == 0


# Steps and figures


def test_statement_decides_nothing_until_it_is_confirmed() -> None:
    person, unit = PersonFactory(language="en"), PersonFactory()
    row = following.follow(by=person, rule_set_id=QUALIFYING, credential_earned_on=date(2015, 9, 12))
    rules = followed_rules(row)
    assert rules.period is not None
    values = dict.fromkeys(("professional_profile", "structured_self_assessment", "prescribed_ce"), Decimal(1))

    def declare(given: dict[str, Decimal | None]) -> int:
        assert rules.period is not None
        return following.declare(
            by=person, rules=rules.rules, rule_set_id=QUALIFYING, period=rules.period, values=given
        )

    def state() -> tuple[str, Decimal, Decimal]:
        on = timezone.localdate()
        found = standing(person=person, rule_set_id=QUALIFYING, year=on.year, on=on).requirements[0]
        return found.state.value, found.reached_verified, found.reached_if_unverified

    assert state() == ("undetermined", Decimal(0), Decimal(3))
    assert declare(dict(values)) == 3
    assert declare(dict(values)) == 0
    assert state() == ("undetermined", Decimal(0), Decimal(3))
    for stated in Declaration.objects.all():
        with pytest.raises(reported.OwnFact):
            following.confirm_declaration(by=person, declaration=stated)
        following.confirm_declaration(by=unit, declaration=stated)
    assert state() == ("met", Decimal(3), Decimal(3))
    # What is confirmed is not taken back by an empty box.
    assert declare(dict.fromkeys(values)) == 0
    assert Notification.objects.filter(kind="credits.declaration_confirmed").count() == 3
    with pytest.raises(errors.InvalidInput):
        declare({"luck": Decimal(1)})
    with pytest.raises(errors.InvalidInput):
        declare({"prescribed_ce": Decimal(-1)})


# Pages


def test_rules_are_chosen_changed_and_given_up_on_pages() -> None:
    person = PersonFactory()
    own = client(person)
    page = reverse("credits:follow", args=[ARRT])
    assert list(own.get(page).context["form"].fields) == ["birth_month", "biennium_start_year", "credential"]
    lacking = own.post(page, {"birth_month": "5"})
    assert (lacking.status_code, list(lacking.context["form"].errors)) == (400, ["biennium_start_year"])
    assert own.post(page, {"birth_month": "5", "biennium_start_year": "2023"}).status_code == 302
    row = Following.objects.get()
    change = reverse("credits:rules_change", args=[row.public_id])
    assert own.get(change).context["form"].initial["birth_month"] == 5
    own.post(change, {"birth_month": "6", "biennium_start_year": "2023", "credential": "RRA"})
    row.refresh_from_db()
    assert (row.birth_month, row.credential) == (6, "RRA")
    assert own.post(page, {"birth_month": "5", "biennium_start_year": "2023"}).status_code == 400
    own.post(reverse("credits:rules_stop", args=[row.public_id]))
    assert rules_page(person).followed == ()


def test_rules_without_anchors_ask_for_nothing() -> None:
    person = PersonFactory()
    page = reverse("credits:follow", args=[HCPC])
    assert list(client(person).get(page).context["form"].fields) == []
    assert client(person).post(page, {}).status_code == 302
    offered = [id_ for id_, _title in rules_page(person).offered]
    assert (HCPC in offered, HENAN in offered, ARRT in offered) == (False, False, True)


def test_reflection_is_written_from_the_period_page_and_a_stranger_finds_none() -> None:
    person = PersonFactory()
    following.follow(by=person, rule_set_id=HCPC)
    row = studied(person, rule_set_id=HCPC, activity_type="any", on=date(2026, 3, 5), evidence=())
    page = reverse("credits:reflect", args=[row.public_id])
    listed = client(person).get(reverse("credits:my_credits"), {"rules": HCPC, "year": "2026"}).content.decode()
    assert listed.count(page) == 1
    assert client(person).post(page, {"category": "formal", "practice": "摆位更稳"}).status_code == 302
    assert Reflection.objects.get().practice == "摆位更稳"
    assert client(PersonFactory()).get(page).status_code == 404


def test_keeper_confirms_a_statement_and_others_only_read() -> None:
    hospital, other = NodeFactory(), NodeFactory()
    person = PersonFactory()
    EmploymentFactory(person=person, unit=hospital)
    following.follow(by=person, rule_set_id=QUALIFYING, credential_earned_on=date(2015, 9, 12))
    row = Following.objects.get()
    client(person).post(reverse("credits:declare", args=[row.public_id]), {"prescribed_ce": "on"})
    stated = Declaration.objects.get()
    page = reverse("credits:person_rules", args=[person.public_id])
    deed = reverse("credits:declaration_decide", args=[person.public_id, stated.public_id])
    for role, place, expected in (
        (Role.DEPARTMENT_CREDIT_ADMINISTRATOR, hospital, (200, False, 403)),
        (Role.UNIT_CREDIT_ADMINISTRATOR, other, (404, False, 404)),
    ):
        reader = client(RoleGrantFactory(role=role, node=place, begins=date(2020, 1, 1)).person)
        found = reader.get(page)
        assert (found.status_code, deed in found.content.decode(), reader.post(deed).status_code) == expected
    keeper = client(
        RoleGrantFactory(role=Role.UNIT_CREDIT_ADMINISTRATOR, node=hospital, begins=date(2020, 1, 1)).person
    )
    assert deed in keeper.get(page).content.decode()
    keeper.post(deed, {"do": "confirm"})
    stated.refresh_from_db()
    assert stated.state == "confirmed"


# Housekeeping


def test_merging_moves_what_is_followed_once_and_what_was_written() -> None:
    kept, merged = radiographer(), radiographer()
    following.follow(by=merged, rule_set_id=HCPC)
    row = studied(merged, rule_set_id=HCPC, activity_type="any", evidence=())
    following.reflect(by=merged, entry=row, practice="摆位更稳")
    moved = histories.move(kept, merged)
    assert (moved["credits.Following"], moved["credits.Reflection"]) == (1, 1)
    assert sorted(kept.followings.values_list("rule_set_id", flat=True)) == [HCPC, ARRT]
    told = histories.export(kept).data
    assert [one["practice"] for one in told["reflections"]] == ["摆位更稳"]
    histories.erase(kept)
    assert (Following.objects.filter(person=kept).count(), Reflection.objects.count()) == (0, 0)
    assert verify_ledger() == []


@pytest.mark.parametrize("rows", [1, 3])
def test_personal_standings_ask_the_database_as_often_for_many_as_for_one(rows: int) -> None:
    people = [radiographer() for _number in range(rows)]
    for person in people:
        for day in range(1, rows + 1):
            studied(person, on=date(2026, 2, day))
    standings(people=people, rule_set_id=ARRT, year=2026, on=DAY)
    with CaptureQueriesContext(connection) as found:
        standings(people=people, rule_set_id=ARRT, year=2026, on=DAY, with_lines=True)
    assert len(found) == 7


@pytest.mark.parametrize("rows", [1, 3])
def test_rules_page_asks_the_database_as_often_for_many_as_for_one(rows: int) -> None:
    person = PersonFactory()
    for rule_set_id in (HCPC, NEW_ZEALAND, "au-mrpba-cpd")[:rows]:
        following.follow(by=person, rule_set_id=rule_set_id)
    rules_page(person)
    with CaptureQueriesContext(connection) as found:
        rules_page(person)
    queries = [row["sql"] for row in found.captured_queries if "rulesetversion" not in row["sql"].lower()]
    assert len(queries) == 2


def test_year_page_offers_the_followed_rules() -> None:
    person = radiographer()
    assert [id_ for id_, _title in year_page(person=person).rule_sets] == [HENAN, ARRT]


@pytest.mark.parametrize("hour", [12, 14, 17])
def test_rules_hold_from_the_day_that_it_is_where_they_come_from(hour: int) -> None:
    """From 13:00 UTC it is tomorrow in Sydney, from 16:00 in Shanghai."""
    person = PersonFactory()
    with time_machine.travel(datetime(2026, 11, 20, hour, tzinfo=UTC), tick=False):
        one = following.follow(by=person, rule_set_id="au-mrpba-cpd")
        assert [id_ for id_, _title in year_page(person=person).rule_sets] == [HENAN, "au-mrpba-cpd"]
        following.stop(following=one, by=person)
        assert [id_ for id_, _title in year_page(person=person).rule_sets] == [HENAN]


def test_page_counts_in_the_unit_of_its_rules() -> None:
    person = PersonFactory()
    following.follow(by=person, rule_set_id=HCPC)
    following.follow(by=person, rule_set_id="au-mrpba-cpd")
    with override("en"):
        page = year_page(person=person, rule_set_id=HCPC)
        assert (page.standing.unit_text, page.standing.counts_hours) == ("activities", False)
        hours = year_page(person=person, rule_set_id="au-mrpba-cpd").standing
        titles = [one.title for one in hours.goals if one.kind in {"min_total", "min_each_year"}]
        assert (hours.unit_text, len(titles)) == ("hours", 2)
    assert [title for title in titles if "credit" in title] == []


def test_unapproved_activity_does_not_bear_the_name_of_an_approved_one() -> None:
    person = radiographer()
    studied(person, approved=False)
    with override("en"):
        text = client(person).get(reverse("credits:my_credits"), {"rules": ARRT, "year": "2026"}).content.decode()
    assert "activity without a recognised approval" in text
    assert "RCEEM approved activity" not in text
