"""Two administrators publish at the same moment: one version comes into force, the other is told to try again."""

import copy
from datetime import date
from typing import Any

import pytest

from cms.shared.errors import DomainError
from cms.shared.jobs import JobState
from credits.models import RuleSetProposal, RuleSetVersion
from credits.services import rule_set_proposals as proposals
from organisations.enums import RequestState
from tests.credits.services.test_group_races import at_once
from tests.credits.services.test_rule_set_proposals import World, document

pytestmark = [pytest.mark.usefixtures("committed_db", "rule_sets"), pytest.mark.slow]


def outcome(by: Any, row: RuleSetProposal) -> str:
    try:
        proposals.publish(by=by, public_id=str(row.public_id))
    except DomainError as error:
        return error.code
    return "published"


def test_of_two_versions_published_at_once_one_comes_into_force() -> None:
    world = World()
    third = world._holder(world.province)
    first = world.tried(document())
    other = copy.deepcopy(document(version="2025.3"))
    other["activity_types"][0]["credit"]["steps"][2] = [6, "1.5"]
    second = world.tried(other)
    before = RuleSetVersion.objects.count()
    found = at_once(lambda: outcome(world.second, first), lambda: outcome(third, second))
    assert sorted(found) == ["published", proposals.TrialOutdated.code]
    assert RuleSetVersion.objects.count() == before + 1
    won, lost = (first, second) if found[0] == "published" else (second, first)
    won.refresh_from_db()
    lost.refresh_from_db()
    assert (won.decision, won.state, won.version.version) == (
        RequestState.ACCEPTED,
        JobState.QUEUED,
        won.rule_set_version,
    )
    assert (lost.decision, lost.state, lost.version) == (RequestState.WAITING, JobState.DONE, None)


def test_one_version_published_by_two_at_once_is_published_once() -> None:
    world = World()
    third = world._holder(world.province)
    row = world.tried(document(effective_from=date(2025, 1, 1).isoformat()))
    found = at_once(*(lambda by=by: outcome(by, row) for by in (world.second, third, world.second, third)))
    assert sorted(found) == ["published", *[proposals.AlreadyDecided.code] * 3]
    assert RuleSetVersion.objects.filter(version="2025.2").count() == 1
