"""Which two records may not both stand: the same session by another name, and times that nobody has twice."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from credits.rules.doubles import busy, clashes, collides, first_collision

DAY = datetime(2026, 5, 20, tzinfo=UTC)


@dataclass(frozen=True)
class Done:
    activity_kind: str
    activity_id: str
    begins_at: datetime
    ends_at: datetime
    quantity: Decimal
    unit: str = "minute"
    occurrence: str = ""
    role: str = "learner"
    title: str = ""
    project_number: str = ""


def done(kind: str, from_hour: float, to_hour: float, minutes: int | None = None, **changes: object) -> Done:
    begins, ends = DAY + timedelta(hours=from_hour), DAY + timedelta(hours=to_hour)
    spent = int((to_hour - from_hour) * 60) if minutes is None else minutes
    fields: dict[str, object] = {"activity_id": f"{kind}-{from_hour}-{to_hour}-{minutes}", "quantity": Decimal(spent)}
    return Done(activity_kind=kind, begins_at=begins, ends_at=ends, **(fields | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (done("session", 9, 12), done("session", 9, 12, activity_id="b"), True),
        (done("session", 9, 12), done("session", 12, 14), False),
        (done("session", 9, 12), done("session", 11, 14), True),
        # Two hours of each in five hours: there were breaks enough.
        (done("session", 9, 12, 120), done("session", 11, 14, 120), False),
        # Ten minutes between two rooms are no contradiction, eleven are.
        (done("session", 9, 12), done("session", 11 + 50 / 60, 14), False),
        (done("session", 9, 12), done("session", 11 + 49 / 60, 14), True),
        # Studied within the session's hours; or over three weeks that the session lies in.
        (done("session", 9, 12), done("course", 9, 12), True),
        (done("session", 9, 12), done("course", -240, 240, 900), False),
        # A lecture watched before, its course completed in one click during the session.
        (done("session", 9, 12), done("course", 10, 10, 45), False),
        # Players share out a person's seconds among courses themselves.
        (done("course", 9, 12), done("course", 9, 12, activity_id="b"), False),
        (done("claim", 0, 24, 180), done("session", 9, 12), False),
        (done("claim", 0, 24, 1400), done("session", 9, 12), True),
        (done("session", 9, 12, unit="credit"), done("claim", 9, 12), True),
        (done("claim", 9, 12, unit="credit"), done("claim", 9, 12, activity_id="b"), False),
        (done("session", 9, 12), done("session", 9, 12, activity_id="b", role="teacher"), False),
    ],
)
def test_clash_is_what_nobody_can_have_done_in_full(one: Done, other: Done, expected: bool) -> None:
    assert (clashes(one, other), clashes(other, one)) == (expected, expected)


def test_busy_time_is_never_longer_than_the_activity_lasted() -> None:
    assert [
        busy(done("session", 9, 12, 600)),
        busy(done("course", 9, 12, 120)),
        busy(done("session", 9, 12, 2, unit="hour")),
        busy(done("history", 9, 12, 3, unit="month")),
    ] == [timedelta(hours=3), timedelta(hours=1), timedelta(hours=2), timedelta()]


def test_first_collision_names_the_same_session_before_a_clash_of_times() -> None:
    clash = done("session", 9, 12, title="另一会议")
    same = done("claim", 9, 12, 0, title="冠脉 CTA")
    declared = done("session", 9, 12, activity_id="new", title="冠脉CTA")
    assert collides(declared, same) is True
    assert first_collision(declared, [clash, same]) is same
    assert first_collision(declared, [clash]) is clash
    assert first_collision(done("session", 13, 14), [clash, same]) is None
