"""What running processes have used: processor time of a whole tree, statements of a database."""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests import services

TICKS = os.sysconf("SC_CLK_TCK")
STATEMENTS = """
    SELECT coalesce(sum(calls), 0) FROM pg_stat_statements
    WHERE dbid = (SELECT oid FROM pg_database WHERE datname = %s)
      AND query !~* '^\\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|START TRANSACTION)\\y'
"""


def processor_seconds(pid: int) -> float:
    """Of `pid` and all below it, those that have ended among them."""
    ticks = 0
    for one in [pid, *services.children(pid)]:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
            # Its own time, and that of its children which have ended.
            ticks += sum(map(int, fields[11:15]))
    return ticks / TICKS


@dataclass(frozen=True)
class Used:
    """Processor seconds of the web server and of the database, and statements without BEGIN, COMMIT, SAVEPOINT."""

    web: float = 0
    database: float = 0
    statements: int = 0

    @property
    def cpu(self) -> float:
        return self.web + self.database

    def __add__(self, other: "Used") -> "Used":
        return Used(self.web + other.web, self.database + other.database, self.statements + other.statements)

    def __sub__(self, other: "Used") -> "Used":
        return Used(self.web - other.web, self.database - other.database, self.statements - other.statements)


class Meter:
    """Reads both servers. Needs pg_stat_statements preloaded; asks from a database of its own, so that it is not
    counted.
    """

    def __init__(self, web: int, database: services.Postgres) -> None:
        self.web, self.database = web, database
        self.connection = psycopg.connect(
            host="127.0.0.1", port=database.port, user="isocenter", dbname="template1", autocommit=True
        )
        self.connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")

    def read(self) -> Used:
        row = self.connection.execute(STATEMENTS, ["postgres"]).fetchone()
        assert row is not None
        return Used(processor_seconds(self.web), processor_seconds(self.database.pid), int(row[0]))

    def close(self) -> None:
        self.connection.close()
