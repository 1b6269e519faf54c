"""The player in a real browser: played, sought, changed in quality, resumed elsewhere, cut off, renewed, refused.

Everybody watches the shared world's one short lecture; what is measured is the page, and what the server counted.
"""

import json
import re
import time
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route

from media_pipeline import signing
from media_pipeline.models import Lecture, PlaySession, WatchedTime
from tests.browser.conftest import Visit
from tests.browser.visitor import PHONE, expect
from tests.browser.world import World, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

LESSON = "lesson with player"
VIDEO = "video.player__video"
NO_MEDIA_SOURCE = "delete window.MediaSource; delete window.ManagedMediaSource; delete window.WebKitMediaSource;"
# Chromium has learnt to play HLS by itself; older ones have not.
NO_HLS = """const can = HTMLMediaElement.prototype.canPlayType;
HTMLMediaElement.prototype.canPlayType = function (type) {
  return /mpegurl/i.test(type) ? "" : can.call(this, type);
};"""


def lecture() -> Lecture:
    return Lecture.objects.select_related("renditions").get(renditions__isnull=False)


def part(page: Page, name: str) -> Any:
    return page.locator(f"[data-player-target={name}]")


def play(page: Page) -> None:
    part(page, "start").click()
    part(page, "play").and_(page.locator("[data-on=true]")).wait_for(timeout=60_000)
    page.wait_for_function(f"() => document.querySelector('{VIDEO}').currentTime > 0.3")


def state(page: Page) -> str:
    return str(part(page, "status").get_attribute("data-state"))


def at(page: Page) -> float:
    return float(page.evaluate(f"document.querySelector('{VIDEO}').currentTime"))


def forget() -> None:
    # What the page of the test before still sends belongs to a session that is gone.
    PlaySession.objects.filter(person__username="learner").delete()
    WatchedTime.objects.filter(person__username="learner").update(intervals=[], covered_s=0, position_s=0)


@pytest.fixture(autouse=True)
def unwatched(world: World) -> None:
    forget()


def test_lecture_is_played_sought_and_resumed_on_another_device(world: World, visit_as: Visit) -> None:
    with visit_as("learner") as visitor:
        page = visitor.open(world.path(LESSON))
        offered = part(page, "quality").locator("option")
        assert [re.sub(r"[\d.]+ MB", "x MB", text) for text in offered.all_text_contents()][1:] == [
            "480p · x MB",
            "360p · x MB",
            "240p · x MB",
        ]
        play(page)
        part(page, "quality").select_option("360")
        expect(part(page, "quality")).to_have_attribute("data-shown", "360")
        slider = part(page, "slider")
        slider.fill("8")
        page.wait_for_function(f"() => document.querySelector('{VIDEO}').currentTime >= 9")
        page.keyboard.press("k")
        expect(page.locator(VIDEO).first).to_have_js_property("paused", True)
        wait_for(lambda: WatchedTime.objects.get(person__username="learner").position_s >= 8, 60)
        left = at(page)
    with visit_as("learner", viewport=PHONE, has_touch=True, is_mobile=True) as other:
        page = other.open(world.path(LESSON))
        assert slider_value(page) == int(WatchedTime.objects.get(person__username="learner").position_s)
        part(page, "start").tap()
        page.wait_for_function(f"() => document.querySelector('{VIDEO}').currentTime > {left - 0.5}")
        assert other.width_needed() == PHONE["width"]


def slider_value(page: Page) -> int:
    return int(part(page, "slider").input_value())


def test_small_pictures_are_shown_where_one_would_seek(world: World, visit_as: Visit) -> None:
    with visit_as("learner") as visitor:
        page = visitor.open(world.path(LESSON))
        play(page)
        box = part(page, "slider").bounding_box()
        with page.expect_response("**/sprite/s00000.jpg") as sheet:
            page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2)
        assert sheet.value.status == 200
        expect(page.locator(".player__preview-time")).to_have_text("0:09")


def test_without_media_source_the_one_file_plays_resumes_and_counts(world: World, visit_as: Visit) -> None:
    WatchedTime.objects.filter(person__username="learner").update(position_s=4)
    with visit_as("learner") as visitor:
        visitor.context.add_init_script(NO_MEDIA_SOURCE + NO_HLS)
        page = visitor.open(world.path(LESSON))
        play(page)
        page.wait_for_function(f"() => document.querySelector('{VIDEO}').currentTime >= 6.5")
        assert page.evaluate(f"document.querySelector('{VIDEO}').src").endswith("/lowest.mp4")
        expect(part(page, "quality")).to_be_disabled()
        page.keyboard.press("k")
        wait_for(lambda: WatchedTime.objects.get(person__username="learner").covered_s >= 2, 60)
        (begin, _end), *_more = WatchedTime.objects.get(person__username="learner").intervals
        assert 4 <= begin < 4.6


def test_without_media_source_a_browsers_own_hls_plays_the_height_chosen(world: World, visit_as: Visit) -> None:
    with visit_as("learner") as visitor:
        visitor.context.add_init_script(NO_MEDIA_SOURCE)
        page = visitor.open(world.path(LESSON))
        play(page)
        assert page.evaluate(f"document.querySelector('{VIDEO}').src").endswith("/master.m3u8")
        with page.expect_response("**/360/i.m3u8"):
            part(page, "quality").select_option("360")
        page.wait_for_function(f"() => document.querySelector('{VIDEO}').currentTime > 2")
        assert page.evaluate(f"document.querySelector('{VIDEO}').src").endswith("/master-360.m3u8")


def test_address_that_ends_while_playing_is_renewed_without_a_reload(world: World, visit_as: Visit) -> None:
    """The first address ends after four seconds, for real; until then nothing but the lecture's start is loaded."""
    opened: list[dict[str, Any]] = []

    def shorten(route: Route) -> None:
        answer = route.fetch()
        playback = answer.json()
        opened.append(playback)
        if len(opened) == 1:
            token = playback["master_url"].split("/")[2]
            set_id = uuid.UUID(playback["master_url"].split("/")[3])
            brief = signing.sign(set_id, timezone.now() + timedelta(seconds=4))
            playback = json.loads(json.dumps(playback).replace(token, brief))
        route.fulfill(response=answer, json=playback)

    refused: list[int] = []
    with visit_as("learner") as visitor:
        page = visitor.page
        page.route("**/play/", shorten)
        # The second segment is asked for when the address has ended.
        page.route("**/s00001.m4s", lambda route: (time.sleep(5) if len(opened) == 1 else None, route.continue_()))
        page.on("response", lambda answer: refused.append(answer.status) if answer.status == 403 else None)
        visitor.open(world.path(LESSON))
        page.evaluate("window.notReloaded = true")
        play(page)
        page.wait_for_function(f"() => document.querySelector('{VIDEO}').currentTime > 6", timeout=90_000)
        assert (len(opened), bool(refused), page.evaluate("window.notReloaded")) == (2, True, True)
        visitor.complaints.clear()  # the browser writes each 403 down


def test_strangers_link_is_refused(world: World, visit_as: Visit) -> None:
    made = lecture().renditions
    assert made is not None
    other = signing.sign(uuid.uuid4(), timezone.now() + timedelta(hours=1))
    over = signing.sign(made.public_id, timezone.now() - timedelta(seconds=1))
    good = signing.sign(made.public_id, timezone.now() + timedelta(hours=1))
    with visit_as("") as visitor:
        statuses = [
            visitor.context.request.get(f"{world.site}/lectures/{token}/{made.public_id}/{path}").status
            for token in (other, over, good)
            for path in ("master.m3u8", "360/s00000.m4s", "lowest.mp4")
        ]
        assert statuses == [403] * 6 + [200] * 3
        answer = visitor.page.goto(world.path(LESSON))
        assert answer is not None
        assert "master.m3u8" not in visitor.page.content()


def test_line_that_drops_is_said_within_ten_seconds_and_play_goes_on_by_itself(world: World, visit_as: Visit) -> None:
    with visit_as("learner") as visitor:
        page = visitor.open(world.path(LESSON))
        line = {"is_cut": True}
        later = re.compile(r"/s0000[1-9]\.m4s$")
        page.route(later, lambda route: route.abort() if line["is_cut"] else route.continue_())
        play(page)
        visitor.context.set_offline(True)
        began = time.monotonic()
        page.wait_for_selector(".player__status[data-state=offline]", timeout=10_000)
        assert time.monotonic() - began < 10
        page.wait_for_function(f"() => document.querySelector('{VIDEO}').readyState < 3", timeout=30_000)
        stood = at(page)
        visitor.context.set_offline(False)
        line["is_cut"] = False
        page.wait_for_function(f"() => document.querySelector('{VIDEO}').currentTime > {stood + 2}", timeout=60_000)
        page.wait_for_selector(".player__status[data-state=counting]", timeout=30_000)
        visitor.complaints.clear()  # what could not be loaded meanwhile
        page.keyboard.press("k")
        wait_for(lambda: WatchedTime.objects.get(person__username="learner").covered_s > stood, 60)
