"""Activities for the book. Entries are made by the service alone; nothing else may write them."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import factory
from factory.django import DjangoModelFactory

from credits.enums import ActivityKind, CreditRole, GrantMethod, ProjectLevel
from credits.models import Entry, Project
from credits.services.awards import Activity, award
from organisations.models import Person
from tests.factories.organisations import PersonFactory

HENAN = "cn-henan-cme"
NATIONAL = "cn-nhc-cme"


class ProjectFactory(DjangoModelFactory[Project]):
    class Meta:
        model = Project

    number = factory.Sequence(lambda n: f"2026-09-01-{n + 1:03} (国)")
    year = 2026
    title = factory.Sequence(lambda n: f"CT 检查技术新进展 {n + 1}")
    level = ProjectLevel.NATIONAL
    organiser = "演示·影像技术学分会"
    begins = date(2026, 1, 1)
    ends = date(2026, 12, 31)


_numbers = iter(range(1, 10**9))


def activity(*, on: date = date(2026, 5, 20), minutes: int = 180, **changes: Any) -> Activity:
    """An activity of `minutes` that began at noon UTC on a day; every one has its own id, title and project."""
    number = next(_numbers)
    begins = datetime.combine(on, time(12), UTC)
    fields: dict[str, Any] = {
        "kind": ActivityKind.COURSE,
        "id": f"course-{number}",
        "title": f"胸部 CT 规范化检查 {number}",
        "activity_type": "project_attend",
        "quantity": Decimal(minutes),
        "unit": "minute",
        "role": CreditRole.LEARNER,
        "organiser": "演示·影像技术学分会",
        "begins_at": begins,
        "ends_at": begins + timedelta(minutes=minutes),
    }
    return Activity(**(fields | changes))


def entry(*, person: Person | None = None, rule_set_id: str = HENAN, by: Person | None = None, **changes: Any) -> Entry:
    """An entry as `award` writes it; `changes` are those of `activity`. Needs the fixture `rule_sets`."""
    return award(
        person=person or PersonFactory(),
        activity=activity(**changes),
        rule_set_id=rule_set_id,
        how=GrantMethod.ASSESSMENT,
        by=by,
    )
