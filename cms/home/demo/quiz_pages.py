"""The demonstration's quizzes of all question types, on pages of their own in both languages."""

from dataclasses import dataclass

from wagtail.models import Locale

from cms.home.demo import exercises
from cms.home.demo.courses import EVERY_TYPE
from courses.models import CourseIndexPage, QuizPage
from organisations.models import Person
from quizzes.models import Quiz


@dataclass(frozen=True)
class DemoQuiz:
    slug: str
    quiz: str
    title: str
    title_en: str
    summary: str
    summary_en: str
    introduction: str
    introduction_en: str


QUIZZES = (
    DemoQuiz(
        "examination-types", EVERY_TYPE, "考试题型全览（演示）", "All types of the examinations (demonstration)",
        "A1、A2、B1、A3、A4、X 型题与案例分析题各若干，分部分作答。",
        "A1, A2, B1, A3, A4, X and case analysis, part by part.",
        "<p>先认识题型，再谈分数：A3、A4 型题和案例分析题一问接一问，答完上一问才出现下一问，<b>不能回头</b>。"
        "每离开一个部分，该部分即锁定。</p>",
        "<p>Get to know the types before you look at the points: A3, A4 and case analysis open question by question "
        "and <b>cannot be gone back to</b>. Each part is locked once you leave it. The questions are in Chinese.</p>",
    ),
    DemoQuiz(
        "imaging-types", exercises.TITLE, "影像技能题型体验（演示）", "Question types for imaging (demonstration)",
        "数值、简答、排序、配对、判断、图上点选与图像评级：手机上也能答。",
        "Numbers with units, short text, ordering, matching, true or false, points on an image, image grading.",
        "<p>图上点选可用鼠标、手指或键盘；图像评级按量表逐项判断，与专家答案一致即得分。图像均为绘制的模体，不含患者资料。</p>",
        "<p>Point on images by mouse, finger or keyboard; grade images item by item against a rubric. All images are "
        "drawn phantoms and show no patient. The questions are in Chinese.</p>",
    ),
)  # fmt: skip


def load(*, by: Person) -> list[QuizPage]:
    """Pages in the catalogue for the quizzes that have none yet."""
    index = CourseIndexPage.objects.get(locale__language_code="zh-hans")
    return [_page(shown, index, by) for shown in QUIZZES]


def _page(shown: DemoQuiz, index: CourseIndexPage, by: Person) -> QuizPage:
    quiz = Quiz.objects.get(title=shown.quiz, is_demo=True)
    found = QuizPage.objects.filter(quiz=quiz, is_demo=True, locale=index.locale).first()
    if found is not None:
        return found
    page = QuizPage(
        title=shown.title, slug=shown.slug, summary=shown.summary, introduction=shown.introduction, quiz=quiz,
        is_demo=True, owner=by, locale=index.locale,
    )  # fmt: skip
    CourseIndexPage.objects.get(pk=index.pk).add_child(instance=page)
    page.save_revision(user=by).publish()
    copy = page.copy_for_translation(Locale.objects.get(language_code="en"))
    copy.title, copy.summary, copy.introduction = shown.title_en, shown.summary_en, shown.introduction_en
    copy.slug = shown.slug
    copy.save_revision().publish()
    return page
