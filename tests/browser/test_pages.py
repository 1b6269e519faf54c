"""What holds for every page: no accessibility violation, its own host only, no complaint, no sideways scrolling.

That no request leaves the host and that the console stays silent is checked by every visit (see visitor.py).
"""

from typing import Any

import pytest

from tests.browser.axe import violations
from tests.browser.conftest import Visit
from tests.browser.world import World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.mark.parametrize("who", ["", "learner", "admin", "lecturer", "auditor"])
def test_pages_are_accessible_and_narrow_enough(world: World, visit_as: Visit, who: str) -> None:
    found: dict[str, Any] = {}
    with visit_as(who) as visitor:
        for name, (person, path) in world.pages.items():
            if person == who:
                visitor.open(path)
                visitor.settled()
                found |= violations(visitor, name)
    assert found == {}
