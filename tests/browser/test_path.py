"""The one complete path: study to the credit, upload to the playing lesson, export to the open file.

Real server, real worker, real ffmpeg, real browser; nothing is eager, nothing is replaced. Only the lectures are
short recordings, because time is real too.
"""

from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page

from cms.home.demo.people import PASSWORD
from courses.models import CoursePage, LessonPage
from organisations.models import Person
from quizzes.models import Attempt
from tests.browser import world
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor, expect
from tests.factories.quizzes import right_answers

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.timeout(600)]

# The editor may save by itself half a second after a change; publishing must not meet a save under way.
NO_AUTOSAVE = "() => document.addEventListener('w-autosave:save', (event) => event.preventDefault())"


def watch_to_the_end(page: Page) -> None:
    """Press play, choose the greatest speed that counts, and wait until the player says that it is enough."""
    page.locator(".player__start").click()
    page.locator("[data-player-target=play][data-on=true]").wait_for(timeout=60_000)
    page.locator("[data-player-target=speed]").select_option("2")
    expect(page.locator("video.player__video").first).to_have_js_property("playbackRate", 2)
    page.wait_for_selector(".player__status[data-state=completed]", timeout=150_000)


def answer_rightly(page: Page) -> None:
    attempt = Attempt.objects.get(public_id=page.url.rstrip("/").rpartition("/")[2])
    for item, keys in right_answers(attempt):
        for key in keys:
            page.locator(f"label:has(input[name='q-{item}'][value='{key}'])").click()
    page.locator("button[name=do][value=submit]").click()
    page.wait_for_selector(".result-head")


def study(learner: Visitor) -> None:
    """From the catalogue to the year page with the new credit."""
    page = learner.sign_in("learner", PASSWORD)
    learner.open("/zh-hans/courses/")
    page.locator(".card a[href$='/courses/c7/']").click()
    page.locator("form[action*='/enrol/'] button").click()
    page.wait_for_url("**/learning/courses/*/")
    page.locator(".card--brand a.button--primary").click()

    page.wait_for_url("**/courses/c7/lecture/")
    watch_to_the_end(page)
    page.locator("[data-player-target=next]").click()

    page.wait_for_url("**/courses/c7/reading/")
    page.locator("form[action$='/confirm/'] button").click()
    page.locator("a[href$='/courses/c7/quiz/']").first.click()

    page.wait_for_url("**/courses/c7/quiz/")
    page.locator("form[action$='/quizzes/attempts/'] button").click()
    page.wait_for_url("**/quizzes/attempts/*-*/")
    answer_rightly(page)
    page.locator("main a[href$='/courses/c7/quiz/']").first.click()

    page.wait_for_url("**/courses/c7/quiz/")
    page.locator("a[href*='/credits/?year=']").first.click()
    page.wait_for_url("**/credits/?year=*")


def credits_of(page: Page, title: str) -> Decimal:
    """What the learner's year page shows for the one entry of that title."""
    entry = page.locator(".entry").filter(has=page.locator(".card__title", has_text=title))
    expect(entry).to_have_count(1)
    return Decimal(entry.locator(".entry__credits").evaluate("element => element.firstChild.textContent").strip())


def upload(editor: Visitor, path: Path, title: str) -> None:
    """An own recording, uploaded in the admin; the page itself shows when it is ready."""
    page = editor.sign_in("editor", PASSWORD, start="/admin/")
    page.wait_for_url("**/admin/")
    page.goto("/admin/snippets/media_pipeline/lecture/add/")
    page.locator("[data-role=files]").set_input_files(path.rename(path.with_stem(title)))
    row = page.locator("[data-role=rows] li")
    expect(row.locator("[data-role=title]")).to_have_value(title)
    expect(row).to_have_attribute("data-state", "over", timeout=120_000)
    row.locator("[data-role=lecture]").click()
    page.wait_for_url("**/lecture/inspect/*/")
    page.wait_for_selector("video.lecture-video", timeout=240_000)
    expect(page.locator("[data-lecture-over]")).to_have_attribute("data-lecture-over", "true")


def put_into_lesson(page: Page, course: CoursePage, lecture: str, title: str) -> LessonPage:
    """A new lesson below `course` whose content is the lecture, written in the page editor and published."""
    page.goto(f"/admin/pages/add/courses/lessonpage/{course.pk}/")
    page.evaluate(NO_AUTOSAVE)
    page.fill("#id_title", title)
    page.fill("#id_minutes", "1")
    page.locator("button.c-sf-add-button").first.click()
    page.locator("[role=option]").filter(has=page.locator("[href='#icon-media']")).first.click()
    page.locator("[data-chooser-action-choose]").first.click()
    page.locator(".modal-content a", has_text=lecture).first.click()
    page.locator(".modal-content").wait_for(state="detached")
    page.locator("footer [data-w-dropdown-target=toggle]").first.click()
    page.locator("button[name=action-publish]").click()
    page.wait_for_url(f"**/admin/pages/{course.pk}/")
    return LessonPage.objects.child_of(course).live().get(title=title)


def take_up(page: Page, course: CoursePage, lesson: LessonPage) -> None:
    """Enrol in the course and open the lesson."""
    page.goto(f"/zh-hans/learning/courses/{course.translation_key}/")
    page.locator("form[action*='/enrol/'] button").click()
    page.locator(".steps a", has_text=lesson.title).click()


def export(admin: Visitor, folder: Path) -> Path:
    """The unit's credits of this year as XLSX, asked for, waited for and downloaded."""
    page = admin.sign_in("admin", PASSWORD)
    page.locator("details.account summary").click()
    page.locator("details.account a[href$='/credits/exports/']").click()
    page.select_option("select[name=column_set]", "statement@2026.1")
    page.check("input[name=file_format][value=xlsx]")
    page.fill("input[name=reason]", "年度上报")
    page.locator("form[action$='/exports/request/'] button.button--primary").click()
    link = page.locator("a[href$='/download/']").first
    link.wait_for(timeout=120_000)
    with page.expect_download() as waiting:
        link.click()
    path = folder / "credits.xlsx"
    waiting.value.save_as(path)
    return path


def entries_in(path: Path) -> list[dict[str, str]]:
    """The rows of the workbook's first sheet, by heading."""
    rows = [[str(cell) for cell in row] for row in openpyxl.load_workbook(path).worksheets[0].values]
    head = next(n for n, row in enumerate(rows) if "人员编号" in row)
    return [dict(zip(rows[head], row, strict=True)) for row in rows[head + 1 :]]


def test_path_from_the_catalogue_to_the_exported_credit(
    committed_db, live_site, celery_worker, visit: Visit, recording, tmp_path
):
    world.load_demo()
    lecture = world.short_lecture("C7", recording(24))
    celery_worker.start()
    world.wait_for(lambda: world.is_playable(lecture), 180)
    title = world.course("C7").title

    with visit(live_site.url) as learner:
        study(learner)
        credited = credits_of(learner.page, title)
    assert Decimal("0.05") <= credited <= Decimal("0.5")

    with visit(live_site.url) as editor:
        upload(editor, recording(6), "我院的录像")
        course = world.course("C5")
        lesson = put_into_lesson(editor.page, course, "我院的录像", "我院的讲座")
        take_up(editor.page, course, lesson)
        watch_to_the_end(editor.page)

    with visit(live_site.url) as admin:
        path = export(admin, tmp_path)
    person = Person.objects.get(username="learner")
    # Behind the title stands that this is a demonstration, and its time scale.
    mine = [row for row in entries_in(path) if row["姓名"] == person.name and row["名称"].startswith(title)]
    assert [Decimal(row["学分"]) for row in mine] == [credited]
