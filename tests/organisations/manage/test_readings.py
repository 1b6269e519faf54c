"""Reading lists of people is written to the log: what was shown, once in ten minutes, and never what was searched."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.db import DatabaseError
from django.urls import reverse
from django.utils import timezone

from organisations import audit
from organisations.deeds import READINGS, Deed
from organisations.enums import Power, QualificationKind, Role
from organisations.models import AuditEvent, Registration
from organisations.selectors import audit as selectors
from organisations.services import objections, qualifications
from organisations.views.manage import lists
from tests.factories.organisations import EmploymentFactory, PersonFactory
from tests.organisations.manage.desk import Desk, signed_in


def _registered(desk: Desk) -> None:
    Registration.objects.create(person=PersonFactory(), unit=desk.hospital)


def _reported(desk: Desk) -> None:
    qualifications.claim(by=desk.worker, kind=QualificationKind.DEGREE, value="bachelor")


def _left(desk: Desk) -> None:
    EmploymentFactory(person=PersonFactory(), unit=desk.hospital, begins=date(2020, 1, 1), ends=timezone.localdate())


MADE: dict[str, Callable[[Desk], object]] = {
    "manage:registrations": _registered,
    "manage:objections": lambda desk: objections.object_to(by=desk.worker, text="不对"),
    "manage:qualifications": _reported,
    "manage:people": lambda desk: None,
    "manage:roles": lambda desk: None,
    "credits:people": lambda desk: None,
}


def readings() -> list[dict[str, object]]:
    return list(AuditEvent.objects.filter(verb=Deed.LIST_READ).order_by("pk").values_list("after", flat=True))


@pytest.mark.parametrize("view", MADE)
def test_list_of_people_is_a_reading_once(desk: Desk, view: str, rule_sets: int) -> None:
    MADE[view](desk)
    client = signed_in(desk.keeper)
    pages = [client.get(reverse(view)), client.get(reverse(view)), client.get(f"{reverse(view)}?page=2")]
    assert [page.status_code for page in pages] == [200] * 3
    event = AuditEvent.objects.get(verb=Deed.LIST_READ)
    names = {"credits:people": "credits"}
    count = pages[0].context["page_obj"].paginator.count
    assert (event.actor_id_copy, event.after["list"], event.after["rows"], count >= 1) == (
        desk.keeper.pk, names.get(view, view.partition(":")[2]), count, True,
    )  # fmt: skip
    client.get(reverse(view), {"q": "王", "year": "2025"})
    client.get(reverse(view), {"q": "李", "year": "2025"})
    assert len(readings()) == 3
    assert [told["filters"]["q"] for told in readings()[1:]] == ["…", "…"]  # type: ignore[index]


def test_reading_says_the_filters_and_not_the_words(desk: Desk) -> None:
    client = signed_in(desk.keeper)
    address = client.post(
        reverse("manage:search"), {"list": reverse("manage:people"), "q": "G0079", "title": "技师"}
    ).url
    client.get(address)
    assert readings() == [{"list": "people", "filters": {"title": "技师", "q": "…"}, "rows": 0}]


def test_two_readers_are_two_readings_and_a_list_that_grew_is_another(desk: Desk) -> None:
    client, other = signed_in(desk.keeper), signed_in(desk.holder(Role.UNIT_CREDIT_ADMINISTRATOR, desk.hospital))
    for reader in (client, other, client):
        reader.get(reverse("manage:people"))
    desk.colleague(name="李敏")
    client.get(reverse("manage:people"))
    assert [told["rows"] for told in readings()] == [1, 1, 2]


def test_reading_is_written_again_after_its_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "READ_AGAIN_AFTER", timedelta(0))
    for _ in range(2):
        audit.record_reading(by=desk.keeper, listed="people", rows=1, filters={})
    assert len(readings()) == 2


def test_reading_that_could_not_be_written_is_written_by_the_next_request(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(**fields: object) -> None:
        raise DatabaseError

    with monkeypatch.context() as broken:
        broken.setattr(audit, "record", fails)
        with pytest.raises(DatabaseError):
            audit.record_reading(by=desk.keeper, listed="people", rows=1, filters={})
    assert audit.record_reading(by=desk.keeper, listed="people", rows=1, filters={}) is True
    assert audit.record_reading(by=desk.keeper, listed="people", rows=1, filters={}) is False
    cache.clear()
    assert audit.record_reading(by=desk.keeper, listed="people", rows=1, filters={}) is True


def test_merge_search_and_departures_are_readings(desk: Desk) -> None:
    _left(desk)
    desk.colleague(name="王伟")
    client = signed_in(desk.keeper)
    client.get(reverse("manage:departures"))
    client.post(reverse("manage:merge", args=[desk.worker.public_id]), {"q": "王伟"})
    person = str(desk.worker.public_id)
    assert readings() == [
        {"list": "departures", "filters": {}, "rows": 1},
        {"list": "merge", "filters": {"person": person, "q": "…"}, "rows": 1},
    ]


def test_audit_log_shows_leaves_out_or_shows_only_readings(desk: Desk) -> None:
    signed_in(desk.keeper).get(reverse("manage:people"))
    audit.record(by=desk.keeper, verb=Deed.PERSON_CHANGE, target=desk.worker)
    client = signed_in(desk.holder(Role.AUDITOR, desk.province))
    shown = {}
    for asked in ("", "without", "only", "nonsense"):
        page = client.get(reverse("manage:audit"), {"readings": asked})
        shown[asked] = [event.verb for event in page.context["found"].events]
    assert Deed.LIST_READ in shown[""] and Deed.PERSON_CHANGE in shown[""]
    assert (shown["without"], set(shown["only"])) == (["person.change"], {"list.read", "audit.read"})
    assert shown["nonsense"][-2:] == shown[""][-2:] == ["person.change", "list.read"]
    wanted = selectors.wanted_from({"readings": "only"})
    assert (wanted.fields, wanted.told) == ([("readings", "only")], {"readings": "only"})


def test_readings_are_deeds_that_change_nothing() -> None:
    assert {
        deed for deed in Deed if deed.endswith((".read", "_read", ".compare", "_by_number", ".look_up"))
    } == READINGS
    assert (Power.READ_AUDIT in Power, lists.told({"q": "x"})) == (True, {"q": "…"})
