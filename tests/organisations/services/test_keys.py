"""Keys change while everybody goes on: nothing becomes unreadable, nobody is found twice or not at all."""

import threading
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt, encrypt
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from cms.shared import crypto, rotation
from credits.models import Entry
from credits.services.checkpoints import checkpoint
from credits.services.verification import Fault, verify_ledger
from organisations import selectors
from organisations.models import AuditEvent, Person, RosterImport, RosterRow
from organisations.services import activation, keys, people
from tests.factories.credits import entry
from tests.factories.organisations import PASSWORD, NodeFactory, PersonFactory
from tests.keys import key, rings

ID_NUMBER = "11010519491231002X"
SEALING = {"field_encryption", "field_index"}


def phone(number: int) -> str:
    return f"+861380000{number:04}"


def turn(wanted: set[str] = SEALING) -> keys.Turned:
    return keys.rotate_keys(wanted=wanted, tell=lambda _line: None)


def guards(purpose: str) -> dict[str, dict[str, int]]:
    return {state.key_id: state.guards for state in keys.report().keys if state.purpose == purpose}


@pytest.fixture
def old_keys(settings: Any) -> Iterator[Any]:
    rings(settings, "old")
    yield settings


@pytest.fixture
def somebody(old_keys: Any, db: None) -> Person:
    """One value in every sealed column, made before the rotation."""
    person = PersonFactory(username="wang", phone=phone(1), id_number=ID_NUMBER)
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": encrypt("JBSWY3DP")})
    codes = {"migrated_codes": [encrypt("11112222"), encrypt("33334444")], "used_mask": 0}
    Authenticator.objects.create(user=person, type=Authenticator.Type.RECOVERY_CODES, data=codes)
    roster = RosterImport.objects.create(unit=NodeFactory(), file_name="a.xlsx", uploaded_by=person)
    row = RosterRow(roster=roster, sheet="Sheet1", row_number=2, outcome="create")
    row.sealed, row.undo = (crypto.encrypt(text, row=row.sealed_as) for text in ('{"phone": "1"}', "{}"))
    row.save()
    return person


def test_rotation_of_both_keys_leaves_everything_readable_and_everybody_found(somebody: Person, old_keys: Any) -> None:
    rings(old_keys, "new", "old")
    assert selectors.person_by_phone("138 0000 0001") == somebody
    turned = turn()
    assert turned.changed == {
        "mfa.Authenticator.data": 2,
        "organisations.Person.id_number_sealed": 1,
        "organisations.Person.phone_sealed": 1,
        "organisations.RosterRow.sealed": 1,
        "organisations.RosterRow.undo": 1,
    }
    assert (turned.left, turned.problems, turn().changed) == (0, [], {})
    rings(old_keys, "new")
    person = selectors.person_by_phone("138 0000 0001")
    assert (person, person.phone, person.masked_id_number) == (somebody, phone(1), "1101**********002X")
    assert selectors.people_by_id_number([ID_NUMBER, "none"]) == {ID_NUMBER: somebody}
    assert selectors.people_by_phone([phone(1), phone(2)]) == {phone(1): somebody}
    row = RosterRow.objects.get()
    assert [crypto.decrypt(text, row=row.sealed_as) for text in (row.sealed, row.undo)] == ['{"phone": "1"}', "{}"]
    totp, codes = (Authenticator.objects.get(type=kind) for kind in ("totp", "recovery_codes"))
    assert (decrypt(totp.data["secret"]), codes.data["used_mask"]) == ("JBSWY3DP", 0)
    assert [decrypt(code) for code in codes.data["migrated_codes"]] == ["11112222", "33334444"]
    assert keys.report().is_sound


def test_no_key_is_called_free_before_all_is_turned(somebody: Person, old_keys: Any) -> None:
    rings(old_keys, "new", "old")
    assert guards("field_index") == {
        "new": {},
        "old": {"organisations.Person.id_number_index": 1, "organisations.Person.phone_index": 1},
    }
    with pytest.raises(CommandError, match="field_encryption:old is still needed"):
        call_command("rotate_keys", free="field_encryption:old")
    turn({"field_encryption"})
    call_command("rotate_keys", free="field_encryption:old")
    with pytest.raises(CommandError, match="field_index:old is still needed"):
        call_command("rotate_keys", free="field_index:old")
    turn({"field_index"})
    call_command("rotate_keys", free="field_index:old")
    with pytest.raises(CommandError, match="field_index:new is active"):
        call_command("rotate_keys", free="field_index:new")
    with pytest.raises(CommandError, match="nothing names it"):
        call_command("rotate_keys", free="field_index:never")


def test_command_names_what_cannot_be_read_and_fails(somebody: Person, old_keys: Any, capsys: Any) -> None:
    rings(old_keys, "new", only="field_encryption")
    with pytest.raises(CommandError, match="values are not turned"):
        call_command("rotate_keys", "field_encryption")
    printed = capsys.readouterr()
    assert "field_encryption:old is MISSING: these values cannot be read without it" in printed.out
    assert f"organisations.Person.phone_sealed {somebody.pk}: no key of the ring opens it" in printed.err
    with pytest.raises(CommandError, match="Put the missing keys back"):
        call_command("rotate_keys", check=True)
    assert Person.objects.get(pk=somebody.pk).phone_sealed.startswith("old.")


@pytest.mark.parametrize("purpose", ["no_such_purpose", "field"])
def test_command_refuses_an_unknown_purpose(purpose: str, db: None) -> None:
    with pytest.raises(CommandError, match="There are: field_encryption, field_index, ledger_mac, media_signing"):
        call_command("rotate_keys", purpose)


def test_rotation_goes_on_after_an_interruption(old_keys: Any, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "CHUNK", 2)
    for number in range(5):
        PersonFactory(phone=phone(number))
    rings(old_keys, "new", "old")

    def interrupt(line: str) -> None:
        raise KeyboardInterrupt(line)

    with pytest.raises(KeyboardInterrupt):
        keys.rotate_keys(wanted=SEALING, tell=interrupt)
    lines: list[str] = []
    keys.rotate_keys(wanted=SEALING, tell=lines.append)
    told = [line for line in lines if line.startswith("organisations.Person.phone_sealed: 5 of")]
    assert told[0] == "organisations.Person.phone_sealed: 5 of 5 rows read, 3 changed"
    rings(old_keys, "new")
    assert [selectors.person_by_phone(phone(number)) is not None for number in range(5)] == [True] * 5


@pytest.mark.parametrize("order", [("new", "old"), ("old", "new")])
def test_one_number_gives_one_person_while_two_keys_stand(old_keys: Any, db: None, order: tuple[str, str]) -> None:
    first, second = (
        PersonFactory(username=name, phone=number) for name, number in (("one", phone(1)), ("two", phone(2)))
    )
    rings(old_keys, *order)
    with pytest.raises(people.AlreadyTaken):
        people.create_person(by=None, username="three", name="王", phone=phone(1))
    with pytest.raises(people.AlreadyTaken):
        people.change_contact(by=None, person=second, phone=phone(1), email="")
    people.change_contact(by=None, person=first, phone=phone(1), email="a@example.org")
    people.change_contact(by=None, person=first, phone=phone(3), email="")
    people.create_person(by=None, username="three", name="王", phone=phone(1))
    assert Person.objects.count() == 3


def test_same_number_under_two_keys_is_named_and_left_alone(old_keys: Any, db: None) -> None:
    before = PersonFactory(phone=phone(1))
    rings(old_keys, "new")  # somebody started a server with the new key alone
    after = PersonFactory(phone=phone(1))
    rings(old_keys, "new", "old")
    turned = turn()
    assert turned.problems == [f"organisations.Person.phone_index {before.pk}: another row has the same value"]
    assert Person.objects.get(pk=before.pk).phone == Person.objects.get(pk=after.pk).phone == phone(1)


def test_two_at_once_with_one_number_under_two_keys_become_one(
    old_keys: Any, committed_db: str, django_db_blocker: Any
) -> None:
    rings(old_keys, "new", "old")
    saved, outcome = threading.Event(), []

    def second() -> None:
        saved.wait(timeout=60)
        try:
            people.create_person(by=None, username="second", name="李", phone=phone(1))
            outcome.append("made")
        except people.AlreadyTaken:
            outcome.append("refused")
        finally:
            connection.close()

    thread = threading.Thread(target=second)
    with django_db_blocker.unblock():
        thread.start()
        with transaction.atomic():
            person = Person(username="first", name="王")
            person.set_phone(phone(1))
            people.save_unique(person)
            # As a server saves it that has not been restarted with the new key in front.
            made = crypto.indexes_by_key(phone(1), field="person.phone")["old"]
            Person.objects.filter(pk=person.pk).update(phone_index=made)
            saved.set()
            thread.join(timeout=0.5)
        thread.join(timeout=60)
        assert (outcome, Person.objects.count()) == (["refused"], 1)


def test_rotation_loses_no_change_that_is_made_meanwhile(
    old_keys: Any, committed_db: str, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "CHUNK", 3)
    with django_db_blocker.unblock():
        people_there = [PersonFactory(phone=phone(number)) for number in range(12)]
        rings(old_keys, "new", "old")
        rotated = threading.Event()

        def change() -> None:
            for number, person in enumerate(people_there):
                people.change_contact(by=None, person=person, phone=phone(100 + number), email="")
                if rotated.is_set():
                    break
            connection.close()

        thread = threading.Thread(target=change)
        thread.start()
        turn()
        rotated.set()
        thread.join(timeout=60)
        turn()
        rings(old_keys, "new")
        for person in Person.objects.all():
            assert (person.phone_sealed[:4], selectors.person_by_phone(person.phone)) == ("new.", person)


def test_codes_issued_before_stay_good_until_they_end(old_keys: Any, db: None) -> None:
    code = activation.issue(by=None, person=PersonFactory())
    rings(old_keys, "new", "old")
    turn()
    assert guards("field_index")["old"] == {"organisations.Activation.code_index": 1}
    activation.issue(by=None, person=PersonFactory())
    assert guards("field_index")["old"] == {"organisations.Activation.code_index": 1}
    with time_machine.travel(timezone.now() + timedelta(days=31), tick=False):
        assert guards("field_index")["old"] == {}
    activation.activate(code=code, password=PASSWORD)
    assert guards("field_index")["old"] == {}


def test_lock_out_goes_on_across_a_rotation(somebody: Person, old_keys: Any, client: Client) -> None:
    def answer(password: str) -> int:
        return client.post("/en/account/login/", {"login": "wang", "password": password}).status_code

    assert [answer("wrong") for _try in range(3)] == [200] * 3
    rings(old_keys, "new", "old")
    turn()
    assert guards("field_index")["old"] == {"axes.AccessAttempt.username": 1}
    assert [answer("wrong") for _try in range(2)] == [200, 429]
    assert answer(PASSWORD) == 429


def test_ledger_keeps_its_old_key_and_goes_on_with_the_new_one(old_keys: Any, rule_sets: int) -> None:
    person = PersonFactory()
    entry(person=person, on=date(2026, 1, 5))
    checkpoint()
    rings(old_keys, "new", "old", only="ledger_mac")
    turn({"ledger_mac"})
    entry(person=person, on=date(2026, 2, 5))
    checkpoint()
    assert list(Entry.objects.order_by("position").values_list("mac_key", flat=True)) == ["old", "new"]
    assert verify_ledger() == []
    one_each = {"credits.Checkpoint.mac_key": 1, "credits.Entry.mac_key": 1}
    assert guards("ledger_mac") == {"new": one_each, "old": one_each}
    rings(old_keys, "new", only="ledger_mac")
    assert not keys.report().is_sound
    assert {problem.fault for problem in verify_ledger()} == {Fault.UNKNOWN_KEY}


def test_key_of_addresses_is_needed_until_the_last_one_is_over(old_keys: Any, db: None) -> None:
    rings(old_keys, "new", "old", only="media_signing")
    still = {"addresses of lectures that are still valid": 1}
    assert guards("media_signing") == {"new": {}, "old": still}
    turn({"media_signing"})
    with time_machine.travel(timezone.now() + timedelta(hours=16), tick=False):
        assert guards("media_signing")["old"] == still
    with time_machine.travel(timezone.now() + timedelta(hours=17, minutes=1), tick=False):
        assert guards("media_signing")["old"] == {}
        turn({"media_signing"})  # run again: what was noted first counts
        assert guards("media_signing")["old"] == {}


def test_rotation_stands_in_the_audit_log_without_the_key(old_keys: Any, db: None) -> None:
    rings(old_keys, "new", "old")
    call_command("rotate_keys")
    rows = AuditEvent.objects.filter(verb="keys.rotate").order_by("pk").values_list("after", flat=True)
    expected = ["field_encryption", "field_index", "ledger_mac", "media_signing"]
    assert [(row["purpose"], row["key"]) for row in rows] == [(purpose, "new") for purpose in expected]


@pytest.mark.parametrize("bad", ["a.b:" + key("x", "y")[2:], ":" + key("x", "y")[2:], "a:c2hvcnQ="])
def test_badly_written_key_is_refused(settings: Any, bad: str) -> None:
    settings.ISOCENTER_KEYS = {"field_index": [bad]}
    with pytest.raises(Exception, match="is not id:base64 of 32 bytes"):
        crypto.keys("field_index")
    settings.ISOCENTER_KEYS = {"field_index": [key("x", "y"), key("x", "y")]}
    with pytest.raises(Exception, match="two keys are called 'y'"):
        crypto.keys("field_index")


@pytest.mark.django_db
def test_database_of_an_older_release_is_asked_to_migrate_first() -> None:
    MigrationRecorder.Migration.objects.filter(app="organisations").order_by("-pk")[0].delete()
    with pytest.raises(CommandError, match="migrate"):
        call_command("rotate_keys", check=True)
