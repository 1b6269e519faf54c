"""The drill: a small world is backed up, destroyed, restored, proved, and somebody signs in.

`make drill` runs it on a PostgreSQL of its own and prints what came out; the test beside it runs the same.
"""

import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import services


@dataclass(frozen=True)
class Step:
    what: str
    outcome: str
    seconds: float


class Drill:
    """Runs in a process that has Django set up, on the committing database `name`; files go through the storages."""

    def __init__(self, name: str, folder: Path, tell: Callable[[Step], None] = lambda _step: None) -> None:
        self.name, self.folder, self.steps, self.tell = name, folder, [], tell
        self.identity = folder / "identity"
        (folder / "backups").mkdir()

    def _step(self, what: str, act: Callable[[], str]) -> None:
        begun = time.monotonic()
        outcome = act()
        self.steps.append(Step(what, outcome, time.monotonic() - begun))
        self.tell(self.steps[-1])

    def run(self) -> "list[Step]":
        from django.test.utils import override_settings

        from tests.backup.conftest import key_file

        with override_settings(BACKUP_RECIPIENTS=[key_file(self.identity)]):
            self._step("load a small world", self._load)
            self._step("back up", self._back_up)
            self._step("destroy database and files", self._destroy)
            self._step("restore with one byte changed", self._restore_damaged)
            self._step("restore", self._restore)
            self._step("verify ledger and judgements", self._verify)
            self._step("sign in over HTTP", self._sign_in)
        return self.steps

    def _load(self) -> str:
        from django.core.files.base import ContentFile

        from cms.shared.storage import private_storage
        from credits.models import Entry
        from credits.services.checkpoints import checkpoint
        from credits.services.rule_sets import load_rule_sets
        from organisations.models import Person
        from organisations.services import consents
        from tests.world import World

        load_rule_sets()
        world = World().complete()
        checkpoint()
        consents.accept(person=world.learner, language="zh-hans")
        private_storage().save("drill/picture.png", ContentFile(b"picture"))
        self.before = self._counts()
        return f"{Person.objects.count()} people, {Entry.objects.count()} entries, {self.before[1]} files"

    @staticmethod
    def _counts() -> tuple[list[tuple[str, str]], int]:
        from cms.backup.storages import names
        from organisations.models import Person

        people = [(person.username, person.phone) for person in Person.objects.order_by("pk")]
        return people, len(list(names()))

    def _command(self, *arguments: str, **options: Any) -> None:
        from django.core.management import call_command
        from django.db import connection

        with (self.folder / "printed").open("w") as printed:
            connection.close()
            call_command(*arguments, stdout=printed, **options)

    def _back_up(self) -> str:
        self._command("backup", str(self.folder / "backups"))
        self.path = next((self.folder / "backups").glob("*.age"))
        return f"{self.path.stat().st_size} bytes"

    def _destroy(self) -> str:
        from cms.shared.storage import private_storage
        from tests import databases

        databases.empty(self.name)
        shutil.rmtree(private_storage().path(""))
        return "no table, no file"

    def _restore_damaged(self) -> str:
        from django.core.management import CommandError

        from cms.backup import databases

        content = bytearray(self.path.read_bytes())
        content[len(content) * 2 // 3] ^= 1
        damaged = self.folder / "damaged.age"
        damaged.write_bytes(content)
        try:
            self._command("restore", str(damaged), identity=str(self.identity))
        except CommandError as error:
            assert error.returncode == 4, error
            assert databases.is_empty()
            return "refused, nothing touched"
        raise AssertionError("a damaged backup was restored")

    def _restore(self) -> str:
        self._command("restore", str(self.path), identity=str(self.identity))
        assert self._counts() == self.before
        return f"{len(self.before[0])} people, {self.before[1]} files, as before"

    @staticmethod
    def _verify() -> str:
        from credits.services.verification import verify_judgements, verify_ledger

        problems = [*verify_ledger(), *verify_judgements()]
        assert problems == []
        return "no problem found"

    def _sign_in(self) -> str:
        from tests import live
        from tests.factories.organisations import PASSWORD
        from tests.flows.visitor import HOME, SIGN_IN, Visitor

        site = live.Site(self.name, self.folder / "site.log")
        site.start()
        try:
            with Visitor(site.url) as visitor:
                visitor.get(SIGN_IN)
                answer = visitor.post_form(f"{SIGN_IN}?next={HOME}", {"login": "13800000001", "password": PASSWORD})
                page = visitor.get(HOME)
        finally:
            site.stop()
        assert (answer.status_code, page.status_code, "学员甲" in page.text) == (302, 200, True), page.text[:1000]
        return "signed in by phone number"


@contextlib.contextmanager
def own_site(url: str) -> Iterator[tuple[str, Path]]:
    """Django on a fresh, migrated database of the server at `url` and a folder of its own, all gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="isocenter-drill-") as folder:
        os.environ |= {"DATABASE_URL": url, "ISOCENTER_VAR": folder, "DJANGO_SETTINGS_MODULE": "cms.settings.test"}
        os.environ.pop("REDIS_URL", None)
        import django

        from cms.shared.logs import quiet_startup
        from scripts.bootstrap import compile_messages

        compile_messages()
        django.setup()
        quiet_startup()
        from tests import databases

        with databases.copy_of_template("drill") as name:
            (place := Path(folder) / "drill").mkdir()
            yield name, place


def main() -> int:
    with services.postgres() as url, own_site(url) as (name, folder):
        print(f"{'step':<32}{'outcome':<48}{'seconds':>8}")
        Drill(name, folder, lambda step: print(f"{step.what:<32}{step.outcome:<48}{step.seconds:>8.1f}")).run()
    print("The drill went well.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
