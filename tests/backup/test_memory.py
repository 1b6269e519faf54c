"""Memory does not grow with what is backed up."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from cms.shared.storage import private_storage
from tests import databases
from tests.backup.conftest import key_file

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
MB = 1024 * 1024
# Runs a command in a process of its own and says the most memory it had (kB).
CHILD = (
    "import json, resource, sys, django; django.setup(); from django.core.management import call_command; "
    "call_command(*json.loads(sys.argv[1])); print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
)


def peak_mb(database: str, recipient: str, *command: str) -> float:
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("PYTEST")},
        **databases.environment(database),
        "DJANGO_SETTINGS_MODULE": "cms.settings.test",
        "ISOCENTER_VAR": str(settings.VAR_DIR),
        "ISOCENTER_LIVE": "1",
        "BACKUP_RECIPIENTS": recipient,
    }
    ran = subprocess.run(
        [sys.executable, "-c", CHILD, json.dumps(command)],
        env=environment,
        cwd=databases.ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return int(ran.stdout.split()[-1]) / 1024


def test_memory_stays_the_same_with_300_mb(committed_db: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    identity = tmp_path / "identity"
    recipient = key_file(identity)
    private = Path(private_storage().path(""))
    large = private / "large.bin"
    private.mkdir(parents=True, exist_ok=True)
    request.addfinalizer(lambda: large.unlink(missing_ok=True))
    peaks: dict[int, list[float]] = {}
    for size in (1 * MB, 300 * MB):
        with large.open("wb") as file:
            file.truncate(size)
        (folder := tmp_path / f"{size}").mkdir()
        made = peak_mb(committed_db, recipient, "backup", str(folder))
        path = next(folder.glob("*.age"))
        assert path.stat().st_size > size
        restored: list[Any] = ["restore", str(path), "--identity", str(identity), "--overwrite"]
        peaks[size] = [made, peak_mb(committed_db, recipient, *restored)]
    small, great = peaks.values()
    grown = {name: after - before for name, before, after in zip(("backup", "restore"), small, great, strict=True)}
    assert {name: more for name, more in grown.items() if more > 30} == {}, peaks
