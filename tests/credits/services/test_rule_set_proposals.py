"""A version of the rules comes by two people, and what was reported stays as it was reported."""

import copy
import json
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from django.utils.translation import override

from cms.shared import errors
from cms.shared.jobs import JobState
from credits.enums import ChangeKind, OfficialState
from credits.models import Book, Judgement, RuleSetChange, RuleSetProposal, RuleSetVersion
from credits.selectors import in_force, standing
from credits.selectors.rule_sets import rule_book
from credits.services import rule_set_proposals as proposals
from credits.services.rule_sets import load_rule_sets
from credits.services.statuses import set_status
from credits.services.verification import verify_judgements
from organisations.enums import RequestState, Role
from organisations.models import AuditEvent, Notification, Person
from tests.factories.credits import HENAN, entry
from tests.factories.organisations import NodeFactory, PersonFactory, RoleGrantFactory

pytestmark = pytest.mark.usefixtures("rule_sets")


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with override("en"):
        yield


def document(**changes: Any) -> dict[str, Any]:
    """Henan's rules as the next version: six hours of practice give two credits, no longer one."""
    found = copy.deepcopy(RuleSetVersion.objects.get(rule_set_id=HENAN).document)
    found["activity_types"][0]["credit"]["steps"][2] = [6, 2]
    return found | {"version": "2025.2"} | changes


def content(found: dict[str, Any]) -> bytes:
    return json.dumps(found, ensure_ascii=False).encode()


class World:
    def __init__(self) -> None:
        self.province = NodeFactory()
        self.hospital = NodeFactory(parent=self.province)
        self.keeper = self._holder(self.province)
        self.second = self._holder(self.province)
        self.below = self._holder(self.hospital)

    def _holder(self, node: object) -> Person:
        return RoleGrantFactory(role=Role.SYSTEM_ADMINISTRATOR, node=node, begins=date(2020, 1, 1)).person

    def tried(self, found: dict[str, Any]) -> RuleSetProposal:
        row = proposals.propose(by=self.keeper, content=content(found), reason="省厅新文件")
        proposals.run(row.pk)
        row.refresh_from_db()
        assert row.state == JobState.DONE, row.last_words
        return row

    def published(self, found: dict[str, Any]) -> RuleSetProposal:
        row = self.tried(found)
        proposals.publish(by=self.second, public_id=str(row.public_id))
        proposals.run(row.pk)
        row.refresh_from_db()
        assert row.state == JobState.DONE, row.last_words
        return row


def practised(on: date, **changes: Any) -> Any:
    return entry(activity_type="practice", minutes=360, on=on, **changes)


def test_trial_names_everybody_whose_result_changes_and_changes_nothing() -> None:
    world, person, other = World(), PersonFactory(), PersonFactory()
    practised(date(2026, 5, 20), person=person)
    entry(person=other)
    before = list(Judgement.objects.order_by("pk").values())
    row = world.tried(document())
    change = RuleSetChange.objects.get(proposal=row)
    assert (change.person, change.period_begins, change.period_ends) == (person, date(2026, 1, 1), date(2027, 1, 1))
    assert (change.credits_before, change.credits_after, change.kind) == (1, 2, ChangeKind.MORE)
    assert (row.counts, row.kept) == ({"more": 1}, [])
    assert list(Judgement.objects.order_by("pk").values()) == before
    assert RuleSetVersion.objects.count() == 17


def test_trial_tells_which_requirement_turns() -> None:
    world, person = World(), PersonFactory()
    entry(person=person, minutes=540, on=date(2025, 3, 1))
    found = document(requirements=[{"id": "total", "kind": "min_total", "value": 2, "conf": "A"}])
    row = world.tried(found)
    change = RuleSetChange.objects.get(proposal=row)
    # What was earned is not verified: enough of it is not yet "met".
    assert change.requirements == [{"id": "total", "before": "failed", "after": "undetermined"}]


def test_trial_run_again_after_a_kill_replaces_what_it_left() -> None:
    world = World()
    practised(date(2026, 5, 20))
    row = world.tried(document())
    RuleSetProposal.objects.filter(pk=row.pk).update(
        state=JobState.RUNNING, heartbeat_at=timezone.now() - timedelta(minutes=5), finished_at=None
    )
    assert RuleSetProposal.reap() == 1
    proposals.run(row.pk)
    row.refresh_from_db()
    assert (row.state, row.counts, row.changes.count()) == (JobState.DONE, {"more": 1}, 1)


def test_publishing_takes_a_second_person_and_judges_anew() -> None:
    world, person = World(), PersonFactory()
    practised(date(2026, 5, 20), person=person)
    row = world.tried(document())
    with pytest.raises(proposals.OwnProposal):
        proposals.publish(by=world.keeper, public_id=str(row.public_id))
    with pytest.raises(errors.OutOfScope):
        proposals.publish(by=world.below, public_id=str(row.public_id))
    assert RuleSetVersion.objects.count() == 17
    proposals.publish(by=world.second, public_id=str(row.public_id))
    # Right from the moment of publishing, before the job has run.
    assert standing(person=person, rule_set_id=HENAN, year=2026).credits == 2
    with pytest.raises(proposals.AlreadyDecided):
        proposals.publish(by=world.second, public_id=str(row.public_id))
    proposals.run(row.pk)
    judgement = Judgement.objects.get(book__owner=person)
    assert (judgement.version.version, judgement.credits) == ("2025.2", 2)
    assert verify_judgements() == []
    assert [event.verb for event in AuditEvent.objects.filter(verb="credits.rules.publish")] == [
        "credits.rules.publish"
    ]
    assert Notification.objects.get(kind="credits.rule_set_published").person == world.keeper


def test_reported_years_stay_with_the_version_they_were_reported_under() -> None:
    world, person, other = World(), PersonFactory(), PersonFactory()
    reported = practised(date(2025, 5, 20), person=person)
    practised(date(2025, 6, 20), person=other)
    practised(date(2026, 5, 20), person=person)
    set_status(entry=reported, state=OfficialState.REPORTED, on=date(2026, 1, 9), by=None)
    row = world.published(document())
    assert row.kept == [
        {"rule_set_id": HENAN, "begins": "2025-01-01", "ends": "2026-01-01", "version": f"{HENAN}@2025.1", "people": 1}
    ]
    days = [date(2025, 1, 1), date(2025, 12, 31), date(2026, 1, 1)]
    assert [in_force(HENAN, day).rules.version for day in days] == ["2025.1", "2025.1", "2025.2"]
    found = {(j.book.owner_id, j.period_begins.year): (j.version.version, j.credits) for j in Judgement.objects.all()}
    assert found == {
        (person.pk, 2025): ("2025.1", Decimal(1)),
        (other.pk, 2025): ("2025.1", Decimal(1)),
        (person.pk, 2026): ("2025.2", Decimal(2)),
    }
    years = [standing(person=person, rule_set_id=HENAN, year=year) for year in (2025, 2026)]
    assert [(one.version.version, one.credits) for one in years] == [("2025.1", 1), ("2025.2", 2)]
    assert verify_judgements() == []


def test_version_from_the_middle_of_a_year_cuts_the_one_before() -> None:
    world, person = World(), PersonFactory()
    practised(date(2026, 3, 1), person=person)
    practised(date(2026, 8, 1), person=person)
    world.published(document(effective_from="2026-07-01"))
    found = Judgement.objects.order_by("period_begins").values_list("period_begins", "period_ends", "credits")
    assert list(found) == [
        (date(2026, 1, 1), date(2026, 7, 1), 1),
        (date(2026, 7, 1), date(2027, 1, 1), 2),
    ]
    assert verify_judgements() == []


def test_new_entry_is_judged_by_the_published_version() -> None:
    world = World()
    world.published(document())
    made = practised(date(2026, 5, 20))
    assert (made.rule_set_version, Judgement.objects.get().credits) == (f"{HENAN}@2025.2", 2)


def test_judging_anew_goes_on_where_a_killed_run_stopped() -> None:
    world = World()
    for _number in range(3):
        practised(date(2026, 5, 20))
    row = world.tried(document())
    proposals.publish(by=world.second, public_id=str(row.public_id))
    first = Book.objects.order_by("pk")[0].pk
    RuleSetProposal.objects.filter(pk=row.pk).update(judged_to=first)
    proposals.run(row.pk)
    versions = Judgement.objects.order_by("book").values_list("version__version", flat=True)
    assert list(versions) == ["2025.1", "2025.2", "2025.2"]
    RuleSetProposal.objects.filter(pk=row.pk).update(judged_to=0, state=JobState.QUEUED)
    proposals.run(row.pk)
    assert list(versions.all()) == ["2025.2"] * 3


def test_trial_ends_with_a_report_another_version_or_a_day() -> None:
    world = World()
    made = practised(date(2026, 5, 20))
    row = world.tried(document())
    practised(date(2026, 5, 21))
    assert not proposals.is_outdated(row)
    set_status(entry=made, state=OfficialState.REGISTERED, on=date(2026, 6, 1), by=None)
    with pytest.raises(proposals.TrialOutdated):
        proposals.publish(by=world.second, public_id=str(row.public_id))
    proposals.run_again(by=world.keeper, public_id=str(row.public_id))
    proposals.run(row.pk)
    row.refresh_from_db()
    assert (row.counts, len(row.kept), proposals.is_outdated(row)) == ({}, 1, False)
    world.published(document(version="2025.3", effective_from="2027-01-01"))
    assert proposals.is_outdated(row)
    proposals.run_again(by=world.keeper, public_id=str(row.public_id))
    proposals.run(row.pk)
    RuleSetProposal.objects.filter(pk=row.pk).update(tried_at=timezone.now() - timedelta(hours=25))
    row.refresh_from_db()
    assert proposals.is_outdated(row)


def test_refusing_takes_a_second_person_and_a_reason_and_taking_back_the_first() -> None:
    world = World()
    row = world.tried(document())
    with pytest.raises(proposals.OwnProposal):
        proposals.refuse(by=world.keeper, public_id=str(row.public_id), reason="不对")
    with pytest.raises(proposals.ReasonMissing):
        proposals.refuse(by=world.second, public_id=str(row.public_id), reason=" ")
    with pytest.raises(errors.OutOfScope):
        proposals.withdraw(by=world.second, public_id=str(row.public_id))
    refused = proposals.refuse(by=world.second, public_id=str(row.public_id), reason="条文号有误")
    assert (refused.decision, refused.decided_by) == (RequestState.REFUSED, world.second)
    with pytest.raises(proposals.AlreadyDecided):
        proposals.withdraw(by=world.keeper, public_id=str(row.public_id))
    again = world.tried(document())
    with pytest.raises(proposals.VersionWaits):
        proposals.propose(by=world.second, content=content(document()), reason="再来")
    proposals.withdraw(by=world.keeper, public_id=str(again.public_id))
    with pytest.raises(proposals.AlreadyDecided):
        proposals.publish(by=world.second, public_id=str(again.public_id))
    assert RuleSetVersion.objects.count() == 17


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (b'{"id": "x",\n "version" 1}', "The file is not valid JSON: look at line 2, column 12."),
        (b"\xff{}", "The file is not UTF-8 text: look at byte 1, or save it as UTF-8."),
        (b"[]", "The file has to hold one JSON object in braces."),
        (b'{"a": 1' + b"0" * 5000 + b"}", "The file holds a number that is too long to be read."),
        (b"[" * 200_000, "The file is not valid JSON: look at line 1, column 1."),
        (b" " * ((1 << 20) + 1), "The file is larger than 1 MB."),
        ({"effective_from": "2025-02-30"}, 'effective_from: "2025-02-30" is not a day. Write it as YYYY-MM-DD.'),
        (
            {"effective_to": "2024-12-31"},
            "effective_to: The last day lies before the first, 2025-01-01.",
        ),
        (
            {"parent": f"{HENAN}@2025.2"},
            f"parent: {HENAN}@2025.2 inherits from itself over its parents. Break the circle.",
        ),
        ({"parent": "cn-nhc-cme@1999.1"}, "parent: The version cn-nhc-cme@1999.1 is not loaded. Load it first."),
        (
            {"version": "2025.1"},
            f"version: {HENAN}@2025.1 is already there. A changed text needs the next version number.",
        ),
        ({"title_zh": "a\0b"}, "title_zh: This text holds a character that cannot be stored."),
        ({"title_zh": float("inf")}, "Infinity stands here where number is expected."),
        (b'{"a": [{"b": 1e999}]}', "a[0].b: This number is too large."),
    ],
)
def test_bad_file_is_named_by_its_place_and_stores_nothing(bad: bytes | dict[str, Any], sentence: str) -> None:
    world = World()
    sent = bad if isinstance(bad, bytes) else content(document(**bad))
    with pytest.raises(proposals.BadDocument) as caught:
        proposals.propose(by=world.keeper, content=sent, reason="新文件")
    assert caught.value.problems == [sentence]
    assert RuleSetProposal.objects.count() == 0


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("caps", [{"scope": "activity", "max": -5}], "activity_types[0].caps[0].max"),
        ("caps", [{"scope": "activity", "max": 1}], "activity_types[0].credit.steps[2]"),
        ("credit", {"mode": "bribe"}, "activity_types[0].credit.mode"),
    ],
)
def test_bad_activity_type_is_named_by_its_field(field: str, value: Any, path: str) -> None:
    found = document()
    found["activity_types"][0][field] = value
    with pytest.raises(proposals.BadDocument) as caught:
        proposals.check(content(found))
    assert caught.value.problems[0].partition(":")[0] == path


def test_unknown_requirement_is_a_warning_that_stands_with_the_proposal() -> None:
    requirement = {"id": "new", "kind": "min_handshakes", "value": 3, "conf": "A"}
    row = World().tried(document(requirements=[requirement]))
    assert row.warnings == [
        (
            "requirements[0].kind: The platform does not judge the kind min_handshakes: it stays undetermined for "
            "everybody."
        )
    ]


def test_loading_what_ships_leaves_a_published_version_alone() -> None:
    world = World()
    world.published(document())
    assert load_rule_sets() == 17
    assert in_force(HENAN, date(2026, 5, 20)).rules.version == "2025.2"
    assert len(rule_book().versions) == 18
