"""Out and back: what was there is there again, what was wrong is refused before anything is touched."""

import fcntl
import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pyrage
import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from cms.backup import archive, databases
from cms.backup.databases import REPLACED
from cms.backup.storages import names
from cms.shared import append_only
from cms.shared.storage import private_storage
from credits.models import Entry
from credits.services.checkpoints import checkpoint
from credits.services.rule_sets import load_rule_sets
from credits.services.verification import verify_ledger
from organisations import selectors
from organisations.enums import Role
from organisations.models import AuditEvent, Person
from organisations.services import erasure
from tests import databases as test_databases
from tests.backup.conftest import Place, key_file
from tests.factories.credits import entry
from tests.factories.organisations import PASSWORD, NodeFactory, PersonFactory, RoleGrantFactory
from tests.keys import rings
from tests.object_storage import Bucket

LONG = "renditions/ab/" + "长" * 60 + "/segment 1.m4s"


@pytest.fixture
def unblocked(committed_db: str, django_db_blocker: Any) -> Any:
    """A database that commits, usable in the whole test."""
    with django_db_blocker.unblock():
        yield committed_db
        connection.close()


@pytest.fixture
def world(unblocked: str, place: Place, settings: Any) -> Place:
    """Two entries, a checkpoint, a sealed phone, a session, and files."""
    rings(settings, "one")
    load_rule_sets()
    person = PersonFactory(username="wang", phone="+8613800000001")
    for month in (1, 2):
        entry(person=person, on=date(2026, month, 5))
    checkpoint()
    Session.objects.create(session_key="s", session_data="x", expire_date=timezone.now())
    place.store(LONG, b"\x00\x01" * 3_000_000)
    place.store("empty", b"")
    place.store("images/a.png", b"png")
    return place


def made(place: Place, **options: Any) -> Path:
    call_command("backup", str(place.folder), **options)
    return max(place.folder.glob("*.age"))


def bring_back(place: Place, path: Path, **options: Any) -> None:
    connection.close()
    call_command("restore", str(path), identity=str(place.identity), **options)


def empty_storage() -> None:
    for name in list(names()):
        private_storage().delete(name)


def state(place: Place) -> tuple[Any, ...]:
    people = [(person.username, person.phone) for person in Person.objects.order_by("pk")]
    return people, list(Entry.objects.order_by("pk").values_list("mac", flat=True)), place.stored()


def refused(place: Place, path: Path, code: int, words: str, **options: Any) -> None:
    """The restore ends with `code`, and everything is as it was."""
    before = state(place)
    with pytest.raises(CommandError, match=words) as caught:
        bring_back(place, path, **options)
    assert (caught.value.returncode, state(place)) == (code, before)


def test_backup_comes_back_into_an_empty_installation(world: Place, unblocked: str, capsys: Any) -> None:
    before = state(world)
    path = made(world)
    test_databases.empty(unblocked)
    empty_storage()
    bring_back(world, path)
    assert state(world) == before
    assert selectors.person_by_phone("13800000001") == Person.objects.get(username="wang")
    assert (verify_ledger(), append_only.check_triggers(["default"]), Session.objects.count()) == ([], [], 0)
    verbs = AuditEvent.objects.filter(verb__startswith="backup.").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["backup.restore"]  # that it was made is noted after the dump
    printed = capsys.readouterr().out.splitlines()
    for line in (
        "append-only triggers    all there",
        "ledger and checkpoints  no problem found",
        "sealed values           all readable",
        "files                   3",
    ):
        assert line in printed


def test_backup_replaces_everything_when_told_to(world: Place) -> None:
    before = state(world)
    path = made(world)
    PersonFactory(username="li")
    world.store("later", b"later")
    world.store("images/b.png", b"later")
    refused(world, path, 2, "The database has tables")
    bring_back(world, path, overwrite=True)
    assert state(world) == before
    bring_back(world, path, overwrite=True)
    assert state(world) == before


def test_people_erased_since_the_backup_are_erased_again(
    world: Place, settings: Any, tmp_path: Path, capsys: Any
) -> None:
    settings.ERASURE_LIST = tmp_path / "erasures.txt"
    person, kept = PersonFactory(name="欧阳若兰", username="ouyang"), PersonFactory(name="李娜", username="li")
    security = RoleGrantFactory(node=NodeFactory(), role=Role.SECURITY_ADMINISTRATOR).person
    path = made(world)
    row = erasure.request(person=person, password=PASSWORD)
    erasure.decide(by=security, public_id=str(row.public_id), accept=True)
    erasure.run(row.pk)
    assert str(person.public_id) in settings.ERASURE_LIST.read_text()
    settings.ERASURE_LIST.rename(tmp_path / "elsewhere")
    refused(world, path, 2, "The list of erasures", overwrite=True)
    (tmp_path / "elsewhere").rename(settings.ERASURE_LIST)
    bring_back(world, path, overwrite=True)
    erased = Person.objects.get(pk=person.pk)
    assert (erased.name, erased.username, erased.is_active) == ("", f"erased-{erased.public_id.hex[:20]}", False)
    assert Person.objects.get(pk=kept.pk).name == "李娜"
    assert "erasures since          1 accounts erased again" in capsys.readouterr().out.splitlines()
    assert verify_ledger() == []


def test_files_alone_in_the_way_are_not_overwritten_unasked(world: Place, unblocked: str) -> None:
    path, files = made(world), world.stored()
    test_databases.empty(unblocked)
    with pytest.raises(CommandError, match="The storage has files"):
        bring_back(world, path)
    assert (databases.is_empty(), world.stored()) == (True, files)


def test_one_changed_byte_is_refused_and_nothing_touched(world: Place) -> None:
    path = made(world)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    PersonFactory(username="li")
    refused(world, path, 4, "damaged", overwrite=True)
    refused(world, path, 4, "damaged", verify_only=True)


def test_wrong_identity_is_refused(world: Place, tmp_path: Path) -> None:
    path = made(world)
    key_file(world.identity)
    refused(world, path, 4, "not encrypted for this identity", overwrite=True)


@pytest.mark.parametrize("purpose", ["field_encryption", "field_index", "ledger_mac"])
def test_missing_or_other_key_is_refused(world: Place, settings: Any, purpose: str) -> None:
    path = made(world)
    right = settings.ISOCENTER_KEYS
    other = {purpose: [right["media_signing"][0]]}  # the same id, another key
    for wrong in ({purpose: []}, other, {purpose: [right[purpose][0].replace("one:", "two:")]}):
        settings.ISOCENTER_KEYS = right | wrong
        with pytest.raises(CommandError, match=f"needs the key one of {purpose}") as caught:
            bring_back(world, path, overwrite=True)
        assert caught.value.returncode == 2
    settings.ISOCENTER_KEYS = right
    bring_back(world, path, verify_only=True)


def test_backup_of_a_newer_release_is_refused(world: Place) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('credits', '9999_of_tomorrow', %s)",
            [timezone.now()],
        )
    path = made(world)
    refused(world, path, 2, "newer release .it has credits.9999_of_tomorrow", overwrite=True)


def test_backup_of_an_older_release_is_migrated_forward(world: Place, capsys: Any) -> None:
    call_command("migrate", "home", "zero", verbosity=0)
    path = made(world)
    call_command("migrate", verbosity=0)
    bring_back(world, path, overwrite=True)
    applied = [line for line in capsys.readouterr().out.splitlines() if line.startswith("migrations")]
    assert applied == ["migrations              1 new ones applied"]
    assert (verify_ledger(), append_only.check_triggers(["default"])) == ([], [])


def test_backup_goes_where_nobody_else_reads_and_verifies(world: Place) -> None:
    path = made(world)
    assert path.stat().st_mode & 0o777 == 0o600
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    assert path.with_name(f"{path.name}.sha256").read_text() == f"{sha256}  {path.name}\n"
    assert AuditEvent.objects.get(verb="backup.make").after == {"file": path.name, "sha256": sha256}
    assert b"wang" not in path.read_bytes()
    before = state(world)
    bring_back(world, path, verify_only=True)
    assert state(world) == before


def test_backup_holds_no_key(world: Place, settings: Any) -> None:
    clear = pyrage.decrypt(made(world).read_bytes(), archive.identities(world.identity))
    secrets = [item.partition(":")[2] for ring in settings.ISOCENTER_KEYS.values() for item in ring]
    assert [secret for secret in [*secrets, settings.SECRET_KEY] if secret.encode() in clear] == []


def test_only_the_newest_are_kept(world: Place) -> None:
    for day in ("20260101", "20260102", "20260103"):
        for suffix in (".age", ".age.sha256"):
            (world.folder / f"isocenter-{day}T000000Z{suffix}").write_text("old")
    (world.folder / "notes.txt").write_text("ours")
    (world.folder / ".isocenter-20260104T000000Z.age.partial").write_text("killed")
    path = made(world, keep=2)
    kept = sorted(found.name for found in world.folder.iterdir() if found.name != ".lock")
    elder = "isocenter-20260103T000000Z.age"
    assert kept == [elder, f"{elder}.sha256", path.name, f"{path.name}.sha256", "notes.txt"]


def test_command_says_what_is_not_set_up(world: Place, settings: Any, tmp_path: Path) -> None:
    def code(*arguments: str, **options: Any) -> int:
        with pytest.raises(CommandError) as caught:
            call_command(*arguments, **options)
        return caught.value.returncode

    assert code("backup", str(tmp_path / "missing")) == 2
    assert code("backup", str(world.folder), keep=0) == 2
    assert code("restore", str(tmp_path / "missing"), identity=str(world.identity)) == 2
    assert code("restore", str(made(world)), identity=str(tmp_path / "missing")) == 2
    settings.BACKUP_RECIPIENTS = []
    assert code("backup", str(world.folder)) == 2


def test_second_run_at_once_is_refused(world: Place) -> None:
    with (world.folder / ".lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(CommandError, match="Another backup") as caught:
            call_command("backup", str(world.folder))
    assert (caught.value.returncode, list(world.folder.glob("*.age"))) == (3, [])


def test_failed_backup_leaves_nothing(world: Place) -> None:
    (world.files / "loop").symlink_to(world.files / "loop")  # cannot be opened, by root either
    with pytest.raises(CommandError, match="loop") as caught:
        call_command("backup", str(world.folder))
    assert caught.value.returncode == 1
    assert sorted(path.name for path in world.folder.iterdir()) == [".lock"]


def test_files_of_an_object_storage_come_back(unblocked: str, place: Place, bucket: Bucket) -> None:
    place.store("a/b/c.m4s", b"c" * 100)
    place.store("top", b"t")
    path = made(place)
    private_storage().delete("top")
    place.store("a/later", b"later")
    bring_back(place, path, overwrite=True)
    assert bucket.names() == ["a/b/c.m4s", "top"]
    with private_storage().open("a/b/c.m4s") as file:
        assert file.read() == b"c" * 100


def test_storage_that_does_not_answer_fails_the_backup(unblocked: str, place: Place, bucket: Bucket) -> None:
    place.store("top", b"t")
    bucket.drop()
    with pytest.raises(CommandError) as caught:
        call_command("backup", str(place.folder))
    assert (caught.value.returncode, list(place.folder.glob("*.age"))) == (1, [])


def test_backup_key_makes_a_pair_that_fits(world: Place, settings: Any, tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "new-identity"
    call_command("backup_key", str(path))
    printed = capsys.readouterr().out.strip()
    settings.BACKUP_RECIPIENTS = [printed.removeprefix("BACKUP_RECIPIENTS=")]
    assert path.stat().st_mode & 0o777 == 0o600
    call_command("restore", str(made(world)), identity=str(path), verify_only=True)
    with pytest.raises(CommandError, match="cannot be made"):
        call_command("backup_key", str(path))


@pytest.mark.postgres
def test_running_site_is_not_restored_over(world: Place, unblocked: str) -> None:
    path, database = made(world), connection.settings_dict
    with psycopg.connect(host=database["HOST"], port=database["PORT"], user=database["USER"], dbname=unblocked):
        refused(world, path, 3, "1 other connections use this database", overwrite=True)


@pytest.mark.postgres
def test_leftover_of_a_killed_restore_is_named(world: Place) -> None:
    path = made(world)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {REPLACED}")
    refused(world, path, 2, "A restore was killed before", overwrite=True)
