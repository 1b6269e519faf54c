"""What axe finds on an open page, and whether the page is narrow enough."""

from pathlib import Path
from typing import Any

from tests.browser.visitor import DESK, PHONE, Visitor

AXE = Path(__file__).resolve().parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async () => {
  const result = await axe.run(document, {resultTypes: ["violations"], rules: {"target-size": {enabled: true}}});
  return result.violations.map((v) => [v.id, v.nodes.map((n) => `${n.html.slice(0, 200)} ${n.failureSummary}`)]);
}"""


def violations(visitor: Visitor, name: str) -> dict[str, Any]:
    """What axe finds on the open page, light and dark, at phone's and desk's width; only what is wrong."""
    found = {}
    before = visitor.page.viewport_size or DESK
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
    visitor.page.emulate_media(color_scheme="light", reduced_motion="reduce")
    visitor.page.set_viewport_size({"width": before["width"], "height": before["height"]})
    return found
