"""The measurements' own rules."""

import json
from pathlib import Path

import pytest

from tests.benchmarks import harness, run


def test_report_ends_with_one_json_object() -> None:
    measured = harness.Measured()
    measured.add("bytes", 99_000, "B")
    text, met = harness.report("pages", measured, [harness.Goal("bytes", most=100_000)])
    assert met is True
    assert json.loads(text.splitlines()[-1]) == {
        "name": "pages",
        "figures": {"bytes": 99000.0},
        "goals": {"bytes": {"most": 100_000}},
        "met": True,
    }


@pytest.mark.parametrize(
    ("goal", "met"),
    [
        (harness.Goal("n", most=3), True),
        (harness.Goal("n", most=2.9), False),
        (harness.Goal("n", least=3), True),
        (harness.Goal("n", least=3.1), False),
        (harness.Goal("not measured", most=3), False),
    ],
)
def test_goal_is_met_at_its_limit(goal: harness.Goal, met: bool) -> None:
    measured = harness.Measured()
    measured.add("n", 3)
    assert harness.report("x", measured, [goal])[1] is met


def test_goal_that_says_nothing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "goals.toml"
    path.write_text("[x]\nn = {}\n")
    with pytest.raises(ValueError, match="neither"):
        harness.goals_of("x", path)


def test_every_measurement_has_goals() -> None:
    assert [name for name in run.names() if not harness.goals_of(name)] == []
