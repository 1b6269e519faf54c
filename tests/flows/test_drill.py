"""Back up, destroy, restore, verify, sign in: what `make drill` does, on the database of this run."""

from pathlib import Path
from typing import Any

import pytest

from tests.drill import Drill

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_drill(committed_db: str, django_db_blocker: Any, tmp_path: Path) -> None:
    with django_db_blocker.unblock():
        steps = Drill(committed_db, tmp_path).run()
    outcomes = {step.what: step.outcome for step in steps}
    assert list(outcomes) == [
        "load a small world",
        "back up",
        "destroy database and files",
        "restore with one byte changed",
        "restore",
        "verify ledger and judgements",
        "sign in over HTTP",
    ]
    assert outcomes["restore with one byte changed"] == "refused, nothing touched"
    assert outcomes["sign in over HTTP"] == "signed in by phone number"
