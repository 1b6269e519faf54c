"""What axe finds on an open page, and whether the page is narrow enough."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.browser.visitor import DESK, PHONE, Visitor

AXE = Path(__file__).resolve().parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async (without) => {
  const options = {resultTypes: ["violations"], rules: {"target-size": {enabled: true}}};
  const result = await axe.run({include: [["html"]], exclude: without}, options);
  return result.violations.map((v) => [v.id, v.nodes.map((n) => `${n.html.slice(0, 200)} ${n.failureSummary}`)]);
}"""

# Colours that are still on their way from light to dark (the admin's buttons) belong to neither scheme: each transition
# is put to its end, until none begins.
SETTLED = """async () => {
  const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const moving = () => document.getAnimations().filter((one) => one instanceof CSSTransition);
  do {
    moving().forEach((one) => one.finish());
    await drawn();
  } while (moving().length);
}"""


def violations(visitor: Visitor, name: str, *, without: Sequence[str] = ()) -> dict[str, Any]:
    """What axe finds on the open page, light and dark, at phone's and desk's width; only what is wrong.

    `without` are selectors of parts that are not ours.
    """
    found = {}
    before = visitor.page.viewport_size or DESK
    visitor.page.evaluate(AXE.read_text(encoding="utf-8"))
    for scheme in ("light", "dark"):
        for size in (PHONE, DESK):
            visitor.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            visitor.page.set_viewport_size(size)
            visitor.page.evaluate(SETTLED)
            result = visitor.page.evaluate(RUN, [[part] for part in without])
            if result:
                found[f"{name}, {scheme}, {size['width']} px"] = result
            if visitor.width_needed() > size["width"]:
                found[f"{name}, {size['width']} px"] = f"needs {visitor.width_needed()} px"
    visitor.page.emulate_media(color_scheme="light", reduced_motion="reduce")
    visitor.page.set_viewport_size({"width": before["width"], "height": before["height"]})
    return found
