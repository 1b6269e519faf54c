"""The fixtures that every other test stands on."""

import threading
import urllib.request

import pytest
from django.db import connection

from organisations.models import Person
from tests import live


def _names() -> list[str]:
    return list(Person.objects.order_by("username").values_list("username", flat=True))


def test_committed_db_is_seen_by_other_threads(committed_db: str) -> None:
    Person.objects.create_user("one", name="One")
    seen: list[list[str]] = []

    def look() -> None:
        seen.append(_names())
        connection.close()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [["one"]]


def test_committed_db_is_new_for_each_test(committed_db: str) -> None:
    assert _names() == []


def test_db_is_empty_beside_committed_db(db: None) -> None:
    assert _names() == []


@pytest.mark.slow
def test_live_site_serves_the_committed_database(live_site: live.Site) -> None:
    with urllib.request.urlopen(f"{live_site.url}/healthz", timeout=120) as response:
        assert response.status == 200


@pytest.mark.slow
def test_celery_worker_survives_a_kill(celery_worker: live.Worker) -> None:
    celery_worker.start()
    celery_worker.kill()
    celery_worker.start()
    assert celery_worker.process is not None and celery_worker.process.poll() is None
