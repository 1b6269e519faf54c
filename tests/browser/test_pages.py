"""What holds for every page: no accessibility violation, its own host only, no complaint, no sideways scrolling.

That no request leaves the host and that the console stays silent is checked by every visit (see visitor.py).
"""

from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Visit
from tests.browser.visitor import DESK, PHONE, Visitor
from tests.browser.world import World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

AXE = Path(__file__).resolve().parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async () => {
  const result = await axe.run(document, {resultTypes: ["violations"]});
  return result.violations.map((v) => [v.id, v.nodes.map((n) => `${n.html.slice(0, 200)} ${n.failureSummary}`)]);
}"""


def violations(visitor: Visitor, name: str) -> dict[str, Any]:
    """What axe finds on the open page, light and dark, at phone's and desk's width; only what is wrong."""
    found = {}
    visitor.page.evaluate(AXE.read_text(encoding="utf-8"))
    for scheme in ("light", "dark"):
        for size in (PHONE, DESK):
            visitor.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            visitor.page.set_viewport_size(size)
            visitor.page.evaluate(
                "() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
            )
            result = visitor.page.evaluate(RUN)
            if result:
                found[f"{name}, {scheme}, {size['width']} px"] = result
            if visitor.width_needed() > size["width"]:
                found[f"{name}, {size['width']} px"] = f"needs {visitor.width_needed()} px"
    return found


@pytest.mark.parametrize("who", ["", "learner", "admin", "lecturer"])
def test_pages_are_accessible_and_narrow_enough(world: World, visit_as: Visit, who: str) -> None:
    found: dict[str, Any] = {}
    with visit_as(who) as visitor:
        for name, (person, path) in world.pages.items():
            if person == who:
                visitor.open(path)
                visitor.settled()
                found |= violations(visitor, name)
    assert found == {}
