"""Tables to which rows are only added: raw SQL is refused by the database itself, on both engines."""

import importlib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction
from django.db.models.signals import post_migrate
from django.utils import timezone

from cms.shared import append_only
from credits.enums import GrantMethod
from credits.models.ledger import Book, Checkpoint, Entry
from organisations import retention
from organisations.models import AuditEvent

LAST = importlib.import_module("tests.architecture.altering.9999_wider_title").LAST


def _entry() -> Entry:
    return Entry.objects.create(
        book=Book.objects.create(),
        position=1,
        rule_set_id="cn-nhc-cme",
        rule_set_version="cn-nhc-cme@2024.20",
        activity_kind="course",
        activity_id="1",
        role="learner",
        activity_type="self_study",
        category="II",
        title="CT",
        quantity=Decimal(90),
        unit="minute",
        begins_at=datetime(2026, 1, 5, 8, tzinfo=UTC),
        ends_at=datetime(2026, 1, 5, 9, tzinfo=UTC),
        recorded_at=datetime(2026, 1, 6, tzinfo=UTC),
        begins_on=date(2026, 1, 5),
        ends_on=date(2026, 1, 6),
        granted_how=GrantMethod.ASSESSMENT,
    )


def _event() -> AuditEvent:
    return AuditEvent.objects.create(verb="person.created", target_kind="person", target_id="1")


def _checkpoint() -> Checkpoint:
    return Checkpoint.objects.create(position=1, books=1, entries=1, root="0" * 64)


MAKERS = {Entry: _entry, AuditEvent: _event, Checkpoint: _checkpoint}


def _attacks(row: models.Model) -> dict[str, str]:
    """Every way that SQL offers to rewrite the one row of a table."""
    table = connection.ops.quote_name(row._meta.db_table)
    columns = [str(field.column) for field in row._meta.concrete_fields]
    names = ", ".join(connection.ops.quote_name(column) for column in columns)
    text = next(str(f.column) for f in row._meta.concrete_fields if type(f) is models.CharField)
    itself = f"SELECT {names} FROM {table}"
    found = {
        "update": f"UPDATE {table} SET {text} = 'x'",
        "delete": f"DELETE FROM {table}",
        "upsert": f"INSERT INTO {table} ({names}) {itself} WHERE true ON CONFLICT (id) DO UPDATE SET {text} = 'x'",
    }
    if connection.vendor == "sqlite":
        found["replace"] = f"INSERT OR REPLACE INTO {table} ({names}) {itself}"
        found["update or replace"] = f"UPDATE OR REPLACE {table} SET {text} = 'x'"
    else:
        found["truncate"] = f"TRUNCATE {table} CASCADE"
    return found


def _all_refused(row: models.Model) -> None:
    if connection.vendor == "postgresql":
        # A foreign key that waits for the commit to be checked would refuse TRUNCATE before our trigger does.
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    before = list(type(row)._default_manager.values_list())
    for sql in _attacks(row).values():
        with (
            pytest.raises(DatabaseError, match="append-only table"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)
    assert list(type(row)._default_manager.values_list()) == before


@pytest.mark.parametrize("model", MAKERS)
def test_raw_sql_cannot_rewrite_a_row(model: type[models.Model], db: None) -> None:
    _all_refused(MAKERS[model]())


def _aged(days: float) -> AuditEvent:
    at = timezone.now() - timedelta(days=days)
    return AuditEvent.objects.create(verb="person.created", target_kind="person", target_id="1", at=at)


def test_audit_events_may_go_when_they_are_old_enough_and_never_before(db: None) -> None:
    age = AuditEvent.deletable_after[1]
    assert age == retention.policy("audit", on=date(2026, 11, 22)).amount
    young, old = _aged(age - 0.01), _aged(age + 0.01)
    with connection.cursor() as cursor:
        with pytest.raises(DatabaseError, match="append-only table"), transaction.atomic():
            cursor.execute(f"DELETE FROM organisations_auditevent WHERE id = {young.pk}")
        with pytest.raises(DatabaseError, match="append-only table"), transaction.atomic():
            cursor.execute("DELETE FROM organisations_auditevent")
        with pytest.raises(DatabaseError, match="append-only table"), transaction.atomic():
            cursor.execute(f"UPDATE organisations_auditevent SET verb = 'x' WHERE id = {old.pk}")
        cursor.execute(f"DELETE FROM organisations_auditevent WHERE id = {old.pk}")
    assert list(AuditEvent.objects.values_list("pk", flat=True)) == [young.pk]


def test_replace_by_another_unique_key_is_refused(db: None) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("REPLACE is SQLite's")
    row = _checkpoint()
    with pytest.raises(DatabaseError, match="append-only table"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT OR REPLACE INTO credits_checkpoint (position, at, books, entries, root, heads"
            + (", " + ", ".join(_other_columns()) if _other_columns() else "")
            + ") SELECT position, at, 99, entries, root, heads"
            + (", " + ", ".join(_other_columns()) if _other_columns() else "")
            + " FROM credits_checkpoint"
        )
    assert list(Checkpoint.objects.values_list("pk", "books")) == [(row.pk, 1)]


def _other_columns() -> list[str]:
    known = {"id", "position", "at", "books", "entries", "root", "heads"}
    return [str(field.column) for field in Checkpoint._meta.concrete_fields if field.column not in known]


def test_rows_can_be_added(db: None) -> None:
    first, second = _event(), _event()
    assert list(AuditEvent.objects.order_by("pk")) == [first, second]


def test_every_table_has_its_triggers(db: None) -> None:
    assert append_only.check_triggers(databases=["default"]) == []


def test_deploy_check_names_a_missing_trigger(committed_db: str) -> None:
    name = "credits_entry_no_update" if connection.vendor == "sqlite" else "credits_entry_no_change"
    on = "" if connection.vendor == "sqlite" else " ON credits_entry"
    with connection.cursor() as cursor:
        cursor.execute(f'DROP TRIGGER "{name}"{on}')
    problems = append_only.check_triggers(databases=["default"])
    assert [(problem.id, problem.msg.split()[1]) for problem in problems] == [("shared.E001", name)]


def _missing() -> set[str]:
    return {problem.msg.split()[1] for problem in append_only.check_triggers(databases=["default"])}


@pytest.mark.slow
def test_refusals_stand_after_a_migration_that_alters_the_table_and_its_way_back(
    committed_db: str, settings: Any
) -> None:
    row = _entry()
    settings.MIGRATION_MODULES = {"credits": "tests.architecture.altering"}
    seen: list[set[str]] = []

    def look(**_: Any) -> None:
        seen.append(_missing())

    # Before ours, which was connected when the app was ready: what the migration itself left behind.
    receivers, post_migrate.receivers = post_migrate.receivers, []
    post_migrate.connect(look, dispatch_uid="look")
    post_migrate.receivers = [*post_migrate.receivers, *receivers]
    post_migrate.sender_receivers_cache.clear()
    try:
        for target in ("9999", LAST):
            seen.clear()
            call_command("migrate", "credits", target, verbosity=0)
            dropped = {"credits_entry_no_update", "credits_entry_no_delete", "credits_entry_no_replace"}
            assert seen[0] == (dropped if connection.vendor == "sqlite" else set())
            assert _missing() == set()
            _all_refused(row)
    finally:
        post_migrate.receivers = receivers
        post_migrate.sender_receivers_cache.clear()
    assert Entry.objects.get() == row


@pytest.mark.slow
def test_migrating_one_app_brings_back_the_triggers_of_every_other(committed_db: str) -> None:
    row = _entry()
    with connection.cursor() as cursor:
        for name in append_only._present(connection):
            if name.startswith("credits_entry_no_"):
                cursor.execute(
                    f'DROP TRIGGER "{name}"' + (" ON credits_entry" if connection.vendor != "sqlite" else "")
                )
    assert {name.rpartition("_no_")[0] for name in _missing()} == {"credits_entry"}
    call_command("migrate", "quizzes", verbosity=0)
    assert _missing() == set()
    _all_refused(row)
