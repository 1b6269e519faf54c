"""What holds for every page: no accessibility violation, its own host only, no complaint, no sideways scrolling.

That no request leaves the host and that the console stays silent is checked by every visit (see visitor.py).
"""

from typing import Any

import pytest

from tests.browser.axe import violations
from tests.browser.conftest import Visit
from tests.browser.world import World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.mark.parametrize("who", ["", "learner", "admin", "lecturer", "auditor", "security", "province"])
def test_pages_are_accessible_and_narrow_enough(world: World, visit_as: Visit, who: str) -> None:
    found: dict[str, Any] = {}
    with visit_as(who) as visitor:
        for name, (person, path) in world.pages.items():
            if person == who:
                visitor.open(path)
                visitor.settled()
                found |= violations(visitor, name)
    assert found == {}


def test_page_of_several_registrations_is_accessible(world: World, visit_as: Visit) -> None:
    with visit_as("admin") as visitor:
        page = visitor.open(world.path("registrations"))
        page.locator("input[name=registrations]").first.check()
        page.locator("button[name=deed][value=accept]").click()
        page.wait_for_selector("input[name=confirmed]", state="attached")
        visitor.settled()
        assert violations(visitor, "several registrations") == {}
