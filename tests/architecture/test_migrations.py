"""Our migrations go back to nothing and forwards again, on both databases."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from cms.shared import append_only

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

# From the top floor down. The people stay: the packages we use refer to them, and theirs do not all go back.
APPS = ("home", "courses", "claims", "events", "credits", "quizzes", "media_pipeline")


def tables() -> dict[str, list[str]]:
    """Every table with its columns."""
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
        return {
            name: sorted(column.name for column in connection.introspection.get_table_description(cursor, name))
            for name in names
        }


def test_migrations_go_back_and_forwards(committed_db: str) -> None:
    before = tables()
    executor = MigrationExecutor(connection)
    ours = [app for app in APPS if app in executor.loader.migrated_apps]
    # One plan for all of them: what costs is the models of every step in between, made anew for every plan.
    executor.migrate([(app, None) for app in ours])
    left = [name for name in tables() if name.startswith(tuple(f"{app}_" for app in ours))]
    assert left == []
    call_command("migrate", verbosity=0, interactive=False, stdout=StringIO())
    assert tables() == before
    assert append_only.check_triggers(databases=["default"]) == []
