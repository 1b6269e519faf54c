"""What a production installation must not have: a database that garbles Chinese, or people who do not exist."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.db.utils import DatabaseError


@register(Tags.database)
def check_encoding(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Error shared.E002 for a PostgreSQL database that is not UTF-8."""
    found: list[CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SHOW server_encoding")
                encoding = cursor.fetchone()[0]
            if encoding != "UTF8":
                found.append(
                    Error(
                        f"The database's encoding is {encoding}: Chinese text would be lost.",
                        hint="Make it anew: createdb --encoding=UTF8 --locale=C.UTF-8 --template=template0 NAME",
                        id="shared.E002",
                    )
                )
    return found


@register(Tags.database, deploy=True)
def check_demo_people(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Error shared.E003 where demo people, whose passwords are printed on the screen, live in production."""
    if settings.DEMO_ALLOWED or not databases:
        return []
    people = get_user_model()._default_manager.filter(is_demo=True)
    try:
        count = people.count()
    except DatabaseError:  # not migrated yet
        return []
    if not count:
        return []
    return [
        Error(
            f"{count} demo people are in this database; anyone can sign in as them.",
            hint="Start production from an empty database; demo data cannot be removed from a ledger.",
            id="shared.E003",
        )
    ]


def refuse_unsafe_start() -> None:
    """Raises ImproperlyConfigured, saying what to do, if a production site or worker must not start."""
    if not settings.PRODUCTION:
        return
    problems = [*check_encoding(["default"]), *check_demo_people(["default"])]
    if problems:
        raise ImproperlyConfigured("\n".join(f"{problem.msg} {problem.hint}" for problem in problems))
