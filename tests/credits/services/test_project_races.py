"""The last places of a project, asked for at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from django.db import connection

from credits.enums import GrantMethod
from credits.models import Entry
from credits.selectors.projects import places_taken
from credits.services.awards import ProjectFull, award
from credits.services.verification import verify_ledger
from tests.factories.credits import HENAN, ProjectFactory, activity
from tests.factories.organisations import PersonFactory

WRITERS, LEFT = 20, 5

pytestmark = [pytest.mark.usefixtures("committed_db", "rule_sets"), pytest.mark.slow]


def test_last_five_places_go_to_five_of_twenty() -> None:
    project = ProjectFactory(quota=LEFT + 1)
    day = date(2026, 5, 12)
    award(person=PersonFactory(), activity=activity(on=day, project=project), rule_set_id=HENAN, how=GrantMethod.MANUAL)
    people = [PersonFactory() for _ in range(WRITERS)]
    wanted = [activity(on=day, project=project) for _ in people]
    barrier = Barrier(WRITERS)

    def ask(number: int) -> bool:
        barrier.wait()
        try:
            award(person=people[number], activity=wanted[number], rule_set_id=HENAN, how=GrantMethod.ATTENDANCE)
        except ProjectFull:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(WRITERS) as pool:
        got = list(pool.map(ask, range(WRITERS)))
    assert (sum(got), Entry.objects.count()) == (LEFT, LEFT + 1)
    assert places_taken([project.pk]) == {project.pk: LEFT + 1}
    assert verify_ledger() == []
