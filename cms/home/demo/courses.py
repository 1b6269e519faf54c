"""The demonstration's five courses: pages in both languages, quizzes, offers."""

import io
import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from wagtail.images import get_image_model
from wagtail.models import Locale

from cms.home.demo import diagrams, exercises
from cms.home.demo.drawing import Canvas
from cms.home.demo.talks import TALKS, Talk
from courses.enums import Basis, LessonKind, Modality
from courses.models import CourseIndexPage, CoursePage, LessonPage, Offer
from courses.services import enrolment
from credits.enums import ProjectLevel
from credits.models import Project
from media_pipeline.models import Lecture
from organisations.models import Node, Person
from quizzes.enums import Navigation
from quizzes.models import Bank, Question, Quiz, QuizQuestion, QuizSection
from quizzes.services import bank as bank_services

HERE = Path(__file__).parent
# One minute of a demonstration stands for thirty, so that a path of minutes shows credits.
TIME_SCALE = 30
ORGANISER = "演示·河南省影像技术学分会"


@dataclass(frozen=True)
class DemoCourse:
    code: str
    title: str
    title_en: str
    summary: str
    summary_en: str
    audience: str
    audience_en: str
    objectives: tuple[str, ...]
    modality: str
    questions: tuple[str, ...]
    basis: str
    activity_type: str
    lecture_minutes: int
    chapter: str = ""
    on_site: tuple[str, str, int] | None = None


COURSES = (
    DemoCourse(
        "C1", "CT 规范化扫描与参数优化", "CT acquisition and parameter optimisation",
        "从居中、kV、mAs 到伪影：把每一例 CT 做得规范，把剂量用在刀刃上。",
        "Centring, kV, mAs and artefacts: every scan by the book, every milligray with a reason.",
        "技士至主管技师", "Technologists of all grades",
        ("说明 mAs、kV、螺距对噪声与剂量的方向性影响", "按方案完成颅脑、胸部、腹部扫描", "识别五类伪影并给出对策"),
        Modality.CT, ("A1-01", "A1-05", "A2-05", "X-01", "A2-10", "B1-01"), Basis.PROJECT, "promo_online", 3,
        "chapter_04",
        ("CT 操作考核（现场）", "Supervised CT practice (on site)", 4),
    ),
    DemoCourse(
        "C4", "碘对比剂安全与基础生命支持", "Iodinated contrast safety and basic life support",
        "用前三问、用中两看、用后三做；六十秒内启动应急。",
        "What to ask, what to watch, what to do; an emergency response within sixty seconds.",
        "全员，竞赛前置", "Everybody who works with contrast media",
        ("完成用前核对单", "识别外渗并立即处理", "60 s 内启动应急"),
        Modality.GENERAL, ("A1-04", "A2-03", "X-03", "A2-09", "A2-14", "A4-01"), Basis.IN_HOUSE, "practice", 3,
        "chapter_08",
        ("心肺复苏与 AED 实训（现场）", "CPR and AED training (on site)", 6),
    ),
    DemoCourse(
        "C5", "冠脉 CTA 检查技术", "Coronary CT angiography",
        "按心率与心律选采集方式与时相，图像不好先用已有数据补救。",
        "Choose acquisition and phase by heart rate and rhythm; rescue with the data you have.",
        "主管技师方向", "Senior technologists",
        ("按心率与心律选采集方式与时相", "说明对比剂跟踪的触发过程", "用多时相与心电编辑补救"),
        Modality.CT, ("A2-01", "A2-06", "A2-07", "A2-08", "X-03", "A3-01", "CASE-01"), Basis.PROJECT, "promo_online", 3,
    ),
    DemoCourse(
        "C7", "影像结果互认、质控与结构化记录", "Mutual recognition, quality control and structured records",
        "让别的医院愿意用你拍的图像：图像合格、信息一致、质控可查。",
        "Images that other hospitals accept: adequate, consistent, with quality control on record.",
        "质控员、科主任、全体技师", "Quality controllers, heads of department, technologists",
        ("说清互认的对象与前提", "用缺陷字典给一张胸片评级", "说出教学图像去标识的要点"),
        Modality.DR, ("X-04", "X-05", "A1-05", "A2-11", "A2-12"), Basis.PROJECT, "promo_online", 3, "chapter_11",
    ),
    DemoCourse(
        "C8", "基层适宜技术：乡镇 DR 常见检查", "Appropriate techniques for township DR",
        "五个常见部位拍规范，知道什么时候停下来、什么时候转诊。",
        "Five common projections done well; when to stop and when to refer.",
        "乡镇、社区", "Township and community health centres",
        ("独立完成胸片并自评", "读懂偏差指数", "判断何时不做、何时转诊"),
        Modality.DR, ("A1-03", "A2-04", "X-04", "A2-13", "A2-05"), Basis.NONE, "", 3, "",
        ("现场带教签核", "On-site coaching, signed off", 8),
    ),
)  # fmt: skip


def load(*, by: Person, places: dict[str, Node]) -> dict[str, CoursePage]:
    """Everything of the five courses that is not there yet, by course code."""
    quizzes = _quizzes(by)
    index = CourseIndexPage.objects.get(locale__language_code="zh-hans")
    loaded: dict[str, CoursePage] = {}
    for course in COURSES:
        page = CoursePage.objects.filter(code=course.code, is_demo=True, locale=index.locale).first()
        if page is None:
            page = _pages(course, index, quizzes[course.code], by)
            _english(course, page)
        _offer(course, page, places)
        loaded[course.code] = page
    return loaded


def enrol(people: dict[str, Person], pages: dict[str, CoursePage]) -> None:
    """Some who study already: their on-site parts wait for the lecturer's signature. C7 is left for the visitor."""
    for username, code in (("learner", "C4"), ("senior", "C1"), ("township", "C8"), ("newcomer", "C1")):
        enrolment.enrol(person=people[username], offer=Offer.objects.get(course=pages[code], is_demo=True))


def attach_lecture(talk: Talk, lecture: Lecture) -> None:
    """Put the made lecture into its course's lecture lesson, in every language, and publish."""
    for course in CoursePage.objects.filter(code=talk.code, is_demo=True):
        for lesson in LessonPage.objects.child_of(course).filter(kind=LessonKind.LECTURE):
            if not any(block.block_type == "lecture" for block in lesson.body):
                lesson.body.insert(0, ("lecture", lecture))
                lesson.save_revision().publish()


def _quizzes(by: Person) -> dict[str, Quiz]:
    bank, _ = Bank.objects.get_or_create(title="演示题库", is_demo=True)
    items = json.loads((HERE / "questions.json").read_text(encoding="utf-8"))
    questions = {question.code: question for question in bank.questions.all()}
    missing = [item for item in items if item["id"] not in questions]
    if missing:
        made = bank_services.import_questions(by=by, bank=bank, items=missing)
        questions |= {question.code: question for question in made}
    _every_type(questions)
    exercises.load(by=by, bank=bank)
    quizzes = {quiz.title: quiz for quiz in Quiz.objects.filter(is_demo=True)}
    found: dict[str, Quiz] = {}
    for course in COURSES:
        title = f"{course.code} 课后测验（演示）"
        quiz = quizzes.get(title)
        if quiz is None:
            quiz = Quiz.objects.create(title=title, attempts_allowed=20, is_demo=True)
            for order, code in enumerate(course.questions):
                QuizQuestion.objects.create(quiz=quiz, question=questions[code], sort_order=order)
        found[course.code] = quiz
    return found


# The parts of an examination in their order; who leaves one does not come back.
PARTS = (
    ("A1、A2 型", ("A1", "A2")),
    ("B1 型", ("B1",)),
    ("A3、A4 型", ("A3", "A4")),
    ("X 型", ("X",)),
    ("案例分析题", ("CASE",)),
)


EVERY_TYPE = "各题型示例（演示）"


def _every_type(questions: dict[str, Question]) -> None:
    """An examination of all types that the examinations have, in sections."""
    if Quiz.objects.filter(title=EVERY_TYPE, is_demo=True).exists():
        return
    quiz = Quiz.objects.create(
        title=EVERY_TYPE, attempts_allowed=0, navigation=Navigation.SECTIONS, shuffle_questions=True, is_demo=True
    )
    for number, (name, types) in enumerate(PARTS, 1):
        QuizSection.objects.create(quiz=quiz, number=number, title=name)
        for code in sorted(code for code in questions if code.partition("-")[0] in types):
            QuizQuestion.objects.create(quiz=quiz, question=questions[code], section=number)


def _pages(course: DemoCourse, index: CourseIndexPage, quiz: Quiz, by: Person) -> CoursePage:
    page = CoursePage(
        title=course.title, slug=course.code.lower(), code=course.code, summary=course.summary,
        audience=course.audience, modality=course.modality, is_demo=True, owner=by, locale=index.locale,
        objectives="<ul>" + "".join(f"<li>{text}</li>" for text in course.objectives) + "</ul>",
    )  # fmt: skip
    CourseIndexPage.objects.get(pk=index.pk).add_child(instance=page)
    page.save_revision(user=by).publish()
    talk = next(talk for talk in TALKS if talk.code == course.code)

    def lesson(slug: str, title: str, kind: LessonKind, minutes: int, body: list[tuple[str, Any]]) -> None:
        child = LessonPage(title=title, slug=slug, kind=kind, minutes=minutes, body=body, owner=by, locale=page.locale)
        CoursePage.objects.get(pk=page.pk).add_child(instance=child)
        child.save_revision(user=by).publish()

    points = "".join(f"<li>{slide.title}</li>" for slide in talk.slides)
    lesson(
        "lecture", talk.heading, LessonKind.LECTURE, course.lecture_minutes,
        [("text", f"<h2>本讲内容</h2><ul>{points}</ul><p>合成语音，原创示意图；临床操作以本院制度为准。</p>")],
    )  # fmt: skip
    if course.chapter:
        chapter = json.loads((HERE / "content" / f"{course.chapter}.json").read_text(encoding="utf-8"))
        lesson("reading", chapter["title"], LessonKind.READING, chapter["minutes"], _blocks(chapter["blocks"]))
    lesson("quiz", "课后测验", LessonKind.QUIZ, 0, [("quiz", quiz)])
    if course.on_site:
        title, _, minutes = course.on_site
        text = "<p>本部分在现场完成，由带教老师签核后才算完成。演示中它一直等待签核，可用讲师账号签核。</p>"
        lesson("on-site", title, LessonKind.ON_SITE, minutes, [("text", text)])
    return page


def _english(course: DemoCourse, page: CoursePage) -> None:
    """English copies under the same translation keys: titles, summaries and an abstract before the Chinese body."""
    english = Locale.objects.get(language_code="en")
    copy = page.copy_for_translation(english)
    copy.title, copy.summary, copy.audience = course.title_en, course.summary_en, course.audience_en
    copy.slug, copy.objectives = course.code.lower(), ""
    copy.is_demo = True
    copy.save_revision().publish()
    talk = next(talk for talk in TALKS if talk.code == course.code)
    titles = {"lecture": talk.title_en, "quiz": "Quiz"}
    if course.chapter:
        chapter = json.loads((HERE / "content" / f"{course.chapter}.json").read_text(encoding="utf-8"))
        titles["reading"] = chapter["title_en"]
    if course.on_site:
        titles["on-site"] = course.on_site[1]
    for lesson in LessonPage.objects.child_of(page).order_by("path"):
        twin = lesson.copy_for_translation(english)
        twin.title = titles[lesson.slug]
        if lesson.slug == "lecture":
            twin.body = [("text", "<p>Synthetic speech in Chinese with Chinese captions; original diagrams.</p>")]
        elif lesson.slug == "on-site":
            twin.body = [("text", "<p>Done on site; it stays open until a teacher signs it off.</p>")]
        elif lesson.slug == "reading":
            twin.body.insert(0, ("text", f"<p>{chapter['abstract_en']}</p>"))
        twin.slug = lesson.slug
        twin.save_revision().publish()


def _blocks(blocks: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    made: list[tuple[str, Any]] = []
    for block in blocks:
        if block["type"] == "text":
            made.append(("text", block["html"]))
        elif block["type"] == "callout":
            made.append(("callout", {"kind": block["kind"], "title": block["title"], "text": block["html"]}))
        elif block["type"] == "table":
            table = {
                "data": block["rows"], "first_row_is_table_header": True, "first_col_is_header": False,
                "table_header_choice": "row", "table_caption": block["caption"], "cell": [],
            }  # fmt: skip
            made.append(("table", table))
        else:
            figure = {
                "image": _figure(block["diagram"], block["alt"]), "alt": block["alt"], "caption": block["caption"],
                "source": "Isocenter 演示，原创，Apache-2.0",
            }  # fmt: skip
            made.append(("figure", figure))
    return made


def _figure(name: str, alt: str) -> Any:
    """The diagram as an image of the library, drawn once."""
    model = get_image_model()
    title = f"演示图 {name}"
    image = model.objects.filter(title=title).first()
    if image is None:
        canvas = Canvas()
        canvas.box(620, 176, 600, 448)
        getattr(diagrams, name)(canvas)
        picture = canvas.rgb().crop((612, 168, 1228, 632))
        data = io.BytesIO()
        picture.save(data, "PNG", optimize=True)
        image = model.objects.create(
            title=title, description=alt[:255], file=ContentFile(data.getvalue(), name=f"demo-{name}.png")
        )
    return image


def _offer(course: DemoCourse, page: CoursePage, places: dict[str, Node]) -> Offer:
    offer = Offer.objects.filter(course=page, is_demo=True).first()
    if offer is not None:
        return offer
    year = date.today().year  # noqa: DTZ011 - the demonstration's offers run through the year it is loaded in
    first, last = date(year, 1, 1), date(year + 1, 12, 31)
    project = None
    if course.basis == Basis.PROJECT:
        project, _ = Project.objects.get_or_create(
            number=f"演示{year}-09-{course.code}（国）",
            defaults={
                "year": year, "title": course.title, "level": ProjectLevel.NATIONAL, "kind": "promotion",
                "discipline": "影像技术", "form": "remote", "theory_hours": Decimal(4),
                "practice_hours": Decimal(2), "hours": Decimal(6), "organiser": ORGANISER, "begins": first,
                "ends": last, "is_demo": True,
            },
        )  # fmt: skip
    return Offer.objects.create(
        course=page, basis=course.basis, project=project,
        in_house_unit=places["D410101"] if course.basis == Basis.IN_HOUSE else None,
        activity_type=course.activity_type, begins=first, ends=last, time_scale=TIME_SCALE, is_demo=True,
    )  # fmt: skip
