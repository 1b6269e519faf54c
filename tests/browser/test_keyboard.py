"""Everything on the quiz and the player is reached and worked by the keyboard, and one sees where one is."""

import re

import pytest
from playwright.sync_api import Page

from quizzes.models import Attempt
from tests.browser.conftest import Visit
from tests.browser.visitor import expect
from tests.browser.world import World, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

# What can be worked: numbered, one for a group of radio buttons, with what it looks like while it has no focus.
WORKABLE = """() => {
  const look = (element) => [element, element.parentElement, element.nextElementSibling].map((one) => {
    if (!one) return "";
    const style = getComputedStyle(one);
    return [style.outlineStyle, style.outlineWidth, style.boxShadow, style.backgroundColor].join();
  }).join("|");
  window.look = look;
  document.activeElement?.blur();
  const groups = new Set();
  const found = {};
  const wanted = "a[href], button, input, select, textarea, summary, [tabindex='0']";
  document.querySelectorAll(wanted).forEach((element, n) => {
    if (element.disabled || element.type === "hidden" || !element.checkVisibility({visibilityProperty: true})) return;
    if (element.closest("details:not([open])") && element.tagName !== "SUMMARY") return;
    if (element.type === "radio") {
      if (groups.has(element.name)) return;
      groups.add(element.name);
    }
    const key = element.type === "radio" ? element.name : String(n);
    element.dataset.tried = key;
    element.dataset.look = look(element);
    found[key] = element.outerHTML.slice(0, 160);
  });
  return found;
}"""
FOCUSED = """() => {
  const element = document.activeElement;
  const key = element.type === "radio" ? element.name : element.dataset.tried;
  const box = element.getBoundingClientRect();
  const isSeen = box.bottom > 0 && box.top < innerHeight;
  return [key ?? null, element.dataset.look === undefined || element.dataset.look !== window.look(element), isSeen];
}"""


def walk(page: Page) -> tuple[list[str], list[str]]:
    """Press Tab through the page: what it never came to, and where it stood without being seen."""
    workable: dict[str, str] = page.evaluate(WORKABLE)
    reached: set[str] = set()
    unseen: list[str] = []
    # The browser's own controls of a video are stops as well.
    for _ in range(len(workable) + 25):
        page.keyboard.press("Tab")
        key, looks_different, is_in_view = page.evaluate(FOCUSED)
        if key is None:
            continue
        reached.add(key)
        if not (looks_different and is_in_view):
            unseen.append(workable.get(key, key))
    return [html for key, html in workable.items() if key not in reached], unseen


@pytest.mark.parametrize("name", ["quiz", "lesson with player", "way into the quiz", "sign-in", "exports", "rosters"])
def test_tab_reaches_everything_and_is_seen(world: World, visit_as: Visit, name: str) -> None:
    who, path = world.pages[name]
    with visit_as(who) as visitor:
        visitor.open(path)
        visitor.settled()
        assert walk(visitor.page) == ([], [])


def test_quiz_is_answered_by_keyboard(world: World, visit_as: Visit) -> None:
    with visit_as("learner") as visitor:
        page = visitor.open(world.path("quiz"))
        visitor.settled()
        first = page.locator(".question .choice input").first
        first.focus()
        page.keyboard.press("Space")
        expect(first).to_be_checked()
        expect(page.locator(".question__status").first).not_to_be_empty()
        attempt = Attempt.objects.get(public_id=world.path("quiz").rstrip("/").rpartition("/")[2])
        wait_for(lambda: len(Attempt.objects.get(pk=attempt.pk).answers) == 1, 120)


def test_lecture_is_played_by_keyboard(world: World, visit_as: Visit) -> None:
    with visit_as("learner") as visitor:
        page = visitor.open(world.path("lesson with player"))
        page.locator(".player__start").focus()
        page.keyboard.press("Enter")
        video = page.locator("video.player__video").first
        expect(page.locator("[data-player-target=play]")).to_be_focused(timeout=60_000)
        page.wait_for_function("() => document.querySelector('video.player__video').currentTime > 1")
        page.keyboard.press("Space")
        expect(video).to_have_js_property("paused", True)
        # What was played has been reported and answered; the page stands still.
        expect(page.locator(".player__percent")).to_have_text(re.compile(r"[1-9]"))
        assert walk(page) == ([], [])
