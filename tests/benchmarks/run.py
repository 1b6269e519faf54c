"""`python -m tests.benchmarks.run [name …]`: measure, print, and end with 1 when a goal was missed."""

import contextlib
import importlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests import services
from tests.benchmarks import harness

FOLDER = Path(__file__).parent
NOT_MEASUREMENTS = {
    *("__init__", "harness", "run", "credits_book", "credits_child", "rosters_child"),
    *("learners", "media_sources", "processes", "quiz_child", "quiz_settings", "quiz_urls"),
}
# Their processes have a database of their own and need no site here, whose template takes a minute to migrate.
ELSEWHERE = {"credits", "credits_small"}


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in NOT_MEASUREMENTS)


@contextlib.contextmanager
def own_site() -> Iterator[None]:
    """Django on a fresh, migrated database and a folder of its own, all gone afterwards."""
    folder = tempfile.mkdtemp(prefix="isocenter-bench-")
    os.environ["ISOCENTER_VAR"] = folder
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings.test")
    try:
        import django

        django.setup()
        from tests import databases

        with databases.copy_of_template("bench"):
            yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main(wanted: list[str]) -> int:
    known = names()
    unknown = [name for name in wanted if name not in known]
    if unknown:
        print(f"No such measurement: {', '.join(unknown)}. There are: {', '.join(known)}", file=sys.stderr)
        return 2
    services.end_tidily()
    all_met = True
    with contextlib.nullcontext() if set(wanted or known) <= ELSEWHERE else own_site():
        for name in wanted or known:
            measured = importlib.import_module(f"tests.benchmarks.{name}").measure()
            text, met = harness.report(name, measured, harness.goals_of(name))
            print(text, flush=True)
            all_met = all_met and met
    return 0 if all_met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
