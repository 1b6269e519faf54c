"""Recordings go up from the admin: paused, gone on with after a reload and a broken line, replaced, removed."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route

from cms.shared.jobs import JobState
from cms.shared.storage import private_storage
from media_pipeline.enums import UploadState
from media_pipeline.models import Lecture, TranscodeJob, Upload, UploadCheck
from media_pipeline.services.arrivals import run_check
from tests.browser.axe import violations
from tests.browser.conftest import Visit
from tests.browser.visitor import PHONE, Visitor, expect
from tests.factories.organisations import PASSWORD, EmploymentFactory, NodeFactory, PersonFactory

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ADD = "/admin/snippets/media_pipeline/lecture/add/"
TUS = "**/uploads/tus/**"
MB = 1024**2
Answer = Callable[[Route], None]


@pytest.fixture
def recording_of(tmp_path: Path) -> Callable[[str, int], Path]:
    """`recording_of("a.mp4", 20)`: a file of that many megabytes and a bit, no two parts of it alike."""

    def made(name: str, megabytes: int) -> Path:
        path = tmp_path / name
        noise = hashlib.shake_256(name.encode()).digest(MB)
        path.write_bytes(b"".join(bytes([number]) + noise[1:] for number in range(megabytes)) + b"end")
        return path

    return made


def editor() -> None:
    person = PersonFactory.create(username="chief", is_superuser=True, is_staff=True)
    EmploymentFactory.create(person=person, unit=NodeFactory.create(name="第一医院"))


def answered(page: Page, number: int, answer: Answer) -> list[int]:
    """From now on the `number`-th part is answered by `answer`; the list grows with every part."""
    seen: list[int] = []

    def handle(route: Route) -> None:
        if route.request.headers.get("x-http-method-override") == "PATCH":
            seen.append(int(route.request.headers["upload-offset"]))
            if len(seen) == number:
                answer(route)
                return
        route.continue_()

    page.route(TUS, handle)
    return seen


def signed_in(visitor: Visitor) -> Page:
    page = visitor.sign_in("chief", PASSWORD, start=ADD)
    page.goto(ADD)
    return page


def choose(page: Page, *paths: Path) -> None:
    page.locator("[data-role=files]").set_input_files([str(path) for path in paths])


def arrived(path: Path, lecture: Lecture) -> bool:
    stored = Path(private_storage().path(lecture.source_key))
    return stored.read_bytes() == path.read_bytes()


def test_upload_is_paused_and_gone_on_with_after_the_page_was_left(committed_db, live_site, visit: Visit, recording_of):
    editor()
    path = recording_of("CT_检查.mp4", 20)
    with visit(live_site.url) as visitor:
        page = signed_in(visitor)
        held: list[Route] = []
        answered(page, 2, held.append)
        choose(page, path)
        row = page.locator("[data-role=rows] li")
        expect(row.locator("[data-role=title]")).to_have_value("CT 检查")
        expect(row.locator("[data-role=figures]")).to_contain_text("8.0 MB")
        row.locator("[data-role=lecturer]").fill("王老师")
        row.locator("[data-role=title]").fill("CT 检查技术")
        row.locator("[data-role=title]").press("Tab")
        row.locator("[data-role=pause]").press("Enter")
        expect(row).to_have_attribute("data-state", "paused")
        # Pause gives its place to Go on, and the keyboard stays there.
        expect(row.locator("[data-role=resume]")).to_be_focused()
        assert violations(visitor, "paused") == {}

        page.unroute(TUS)
        page.goto(ADD)
        expect(page.locator("[data-upload-line]")).to_have_count(1)
        assert violations(visitor, "unfinished") == {}
        seen = answered(page, 0, Route.continue_)
        choose(page, path.rename(path.with_name("copied.mp4")))
        # The line that the page came with is taken over; its words too.
        expect(page.locator("[data-upload-line]")).to_have_count(0)
        expect(row.locator("[data-role=title]")).to_have_value("CT 检查技术")
        expect(row).to_have_attribute("data-state", "checking")
        assert seen == [8 * MB, 16 * MB]
        run_check(UploadCheck.objects.get().pk)
        expect(row).to_have_attribute("data-state", "over")
        lecture = Lecture.objects.get()
        assert (lecture.title, lecture.lecturer) == ("CT 检查技术", "王老师")
        assert arrived(path.with_name("copied.mp4"), lecture)
        row.locator("[data-role=lecture]").click()
        page.wait_for_url(f"**/inspect/{lecture.pk}/")


def test_several_files_go_on_by_themselves_after_a_broken_line(committed_db, live_site, visit: Visit, recording_of):
    editor()
    first, second = recording_of("a.mp4", 9), recording_of("b.mov", 1)
    with visit(live_site.url, viewport=PHONE) as visitor:
        page = signed_in(visitor)
        seen = answered(page, 2, lambda route: route.abort("connectionreset"))
        choose(page, first, second)
        rows = page.locator("[data-role=rows] li")
        expect(rows).to_have_count(2)
        for number in (0, 1):
            expect(rows.nth(number)).to_have_attribute("data-state", "checking")
        # The second part of the first file was sent twice.
        assert (seen, visitor.width_needed()) == ([0, 8 * MB, 8 * MB, 0], PHONE["width"])
        assert violations(visitor, "several, on a phone") == {}
        for job in UploadCheck.objects.order_by("pk"):
            run_check(job.pk)
        for number in (0, 1):
            expect(rows.nth(number)).to_have_attribute("data-state", "over")
        assert all(arrived(path, Lecture.objects.get(source_name=path.name)) for path in (first, second))

        # The same bytes again, and what is no recording.
        (notes := first.with_name("notes.txt")).write_text("x")
        choose(page, second, notes)
        again = rows.nth(2)
        expect(again).to_have_attribute("data-state", "checking")
        expect(page.locator("[data-role=complaint]")).to_contain_text("notes.txt")
        run_check(UploadCheck.objects.latest("pk").pk)
        expect(again.locator("[data-role=another]")).to_be_visible()
        assert violations(visitor, "known already") == {}
        again.locator("[data-role=existing]").click()
        page.wait_for_url(f"**/inspect/{Lecture.objects.get(source_name='b.mov').pk}/")
        assert (Lecture.objects.count(), Upload.objects.filter(state=UploadState.KNOWN).count()) == (2, 0)
        visitor.complaints = [text for text in visitor.complaints if "ERR_CONNECTION_RESET" not in text]


def test_recording_is_replaced_and_an_upload_removed(committed_db, live_site, visit: Visit, recording_of):
    editor()
    with visit(live_site.url) as visitor:
        page = signed_in(visitor)
        row = page.locator("[data-role=rows] li")
        choose(page, recording_of("a.mp4", 1))
        expect(row).to_have_attribute("data-state", "checking")
        run_check(UploadCheck.objects.get().pk)
        TranscodeJob.objects.update(state=JobState.DONE)
        lecture = Lecture.objects.get()
        page.goto(f"/admin/snippets/media_pipeline/lecture/edit/{lecture.pk}/")
        assert violations(visitor, "replace") == {}
        held: list[Route] = []
        answered(page, 2, held.append)
        choose(page, recording_of("wrong.mp4", 9))
        expect(row.locator("[data-role=figures]")).to_contain_text("8.0 MB")
        row.locator("[data-role=cancel]").click()
        expect(row).to_have_count(0)
        assert Upload.objects.filter(state=UploadState.RECEIVING).count() == 0
        page.unroute(TUS)
        better = recording_of("better.mp4", 2)
        choose(page, better)
        expect(row).to_have_attribute("data-state", "checking")
        run_check(UploadCheck.objects.latest("pk").pk)
        expect(row).to_have_attribute("data-state", "over")
        lecture.refresh_from_db()
        assert (lecture.source_name, lecture.title, arrived(better, lecture)) == ("better.mp4", "a", True)


def test_without_script_the_plain_form_is_there_and_lines_can_be_removed(committed_db, live_site, visit: Visit):
    editor()
    with visit(live_site.url, java_script_enabled=False) as visitor:
        page = signed_in(visitor)
        expect(page.locator("[data-uploads]")).to_be_hidden()
        expect(page.locator("input[name=recording]")).to_be_visible()
