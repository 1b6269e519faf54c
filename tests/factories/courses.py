"""Pages, offers and enrolments for tests. Pages hang below the one front page of the test database."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory
from wagtail.models import Locale, Page, Site

from cms.home.models import HomePage
from courses.enums import Basis, LessonKind
from courses.models import CourseIndexPage, CoursePage, Enrolment, LessonPage, Offer, QuizPage
from media_pipeline.models import Lecture
from quizzes.models import Quiz
from tests.factories.credits import ProjectFactory
from tests.factories.media_pipeline import LectureFactory
from tests.factories.organisations import PersonFactory
from tests.factories.quizzes import QuizFactory


def home_page() -> HomePage:
    """The Chinese front page, which is the site's root; made with an English translation on first use."""
    home = HomePage.objects.filter(locale__language_code="zh-hans").first()
    if home is not None:
        return home
    locale, _ = Locale.objects.get_or_create(language_code="zh-hans")
    root = Page.objects.get(depth=1)
    home = root.add_child(instance=HomePage(title="影技学堂", slug="shouye", locale=locale))
    Site.objects.all().delete()
    Site.objects.create(hostname="localhost", root_page=home, is_default_site=True)
    return home


def english(page: Page, **fields: Any) -> Page:
    """A published English translation of `page`, its parents translated when needed."""
    locale, _ = Locale.objects.get_or_create(language_code="en")
    translated = page.copy_for_translation(locale, copy_parents=True)
    translated = translated.specific
    for name, value in fields.items():
        setattr(translated, name, value)
    translated.save_revision().publish()
    translated.refresh_from_db()
    return translated


def course_index() -> CourseIndexPage:
    found = CourseIndexPage.objects.filter(locale__language_code="zh-hans").first()
    if found is not None:
        return found
    home = home_page()
    return home.add_child(instance=CourseIndexPage(title="课程", slug="courses", locale=home.locale))


class CoursePageFactory(DjangoModelFactory[CoursePage]):
    """A published course without lessons."""

    class Meta:
        model = CoursePage

    title = factory.Sequence(lambda n: f"课程{n + 1}")
    slug = factory.Sequence(lambda n: f"course-{n + 1}")
    summary = "规范化扫描"

    @classmethod
    def _create(cls, model_class: type[CoursePage], *args: Any, **fields: Any) -> CoursePage:
        index = CourseIndexPage.objects.get(pk=course_index().pk)
        course = index.add_child(instance=model_class(locale=index.locale, **fields))
        course.save_revision().publish()
        return CoursePage.objects.get(pk=course.pk)


def lecture_of(*, seconds: float = 120.0) -> Lecture:
    """A lecture that can be played."""
    return LectureFactory.create(duration_s=seconds)


class LessonPageFactory(DjangoModelFactory[LessonPage]):
    """A published lesson of `course`; a reading one unless `lecture=` or `quiz=` or `kind=` says otherwise."""

    class Meta:
        model = LessonPage

    title = factory.Sequence(lambda n: f"课时{n + 1}")
    slug = factory.Sequence(lambda n: f"lesson-{n + 1}")
    minutes = 10

    @classmethod
    def _create(
        cls,
        model_class: type[LessonPage],
        *args: Any,
        course: CoursePage | None = None,
        lecture: Lecture | None = None,
        quiz: Quiz | None = None,
        **fields: Any,
    ) -> LessonPage:
        parent = CoursePage.objects.get(pk=(course or CoursePageFactory()).pk)
        body: list[tuple[str, Any]] = [("text", "<p>先核对，再摆位。</p>")]
        kind = LessonKind.READING
        if lecture is not None:
            body, kind = [*body, ("lecture", lecture)], LessonKind.LECTURE
        if quiz is not None:
            body, kind = [*body, ("quiz", quiz)], LessonKind.QUIZ
        fields.setdefault("kind", kind)
        lesson = parent.add_child(instance=model_class(locale=parent.locale, body=body, **fields))
        lesson.save_revision().publish()
        return LessonPage.objects.get(pk=lesson.pk)


class QuizPageFactory(DjangoModelFactory[QuizPage]):
    """A published quiz page in the catalogue, for everybody with an account unless `access=` says otherwise."""

    class Meta:
        model = QuizPage

    title = factory.Sequence(lambda n: f"测验页{n + 1}")
    slug = factory.Sequence(lambda n: f"quiz-{n + 1}")
    summary = "自测一下"
    introduction = "<p>先看说明，再开始。</p>"
    quiz = factory.SubFactory(QuizFactory)

    @classmethod
    def _create(cls, model_class: type[QuizPage], *args: Any, **fields: Any) -> QuizPage:
        index = CourseIndexPage.objects.get(pk=course_index().pk)
        page = index.add_child(instance=model_class(locale=index.locale, **fields))
        page.save_revision().publish()
        return QuizPage.objects.get(pk=page.pk)


class CurrentProjectFactory(ProjectFactory):
    """A project that runs two months to both sides of today."""

    begins = factory.LazyFunction(lambda: timezone.localdate() - timedelta(days=60))
    ends = factory.LazyFunction(lambda: timezone.localdate() + timedelta(days=60))


class OfferFactory(DjangoModelFactory[Offer]):
    """An offer open today, without credit unless `project=` or `in_house_unit=` is given."""

    class Meta:
        model = Offer

    course = factory.SubFactory(CoursePageFactory)
    begins = factory.LazyFunction(lambda: timezone.localdate() - timedelta(days=30))
    ends = factory.LazyFunction(lambda: timezone.localdate() + timedelta(days=30))

    @factory.lazy_attribute
    def basis(self) -> str:
        if getattr(self, "project", None):
            return Basis.PROJECT
        return Basis.IN_HOUSE if getattr(self, "in_house_unit", None) else Basis.NONE

    @factory.lazy_attribute
    def activity_type(self) -> str:
        return {Basis.PROJECT: "project_attend", Basis.IN_HOUSE: "practice"}.get(self.basis, "")


class EnrolmentFactory(DjangoModelFactory[Enrolment]):
    class Meta:
        model = Enrolment

    person = factory.SubFactory(PersonFactory)
    offer = factory.SubFactory(OfferFactory)
    course_key = factory.LazyAttribute(lambda made: made.offer.course.translation_key)
    enrolled_at = factory.LazyFunction(lambda: timezone.now() - timedelta(days=1))


def course_with(kinds: Iterable[str], **offer: Any) -> Offer:
    """An offer of a course with one lesson of each kind, in that order."""
    course = CoursePageFactory()
    for kind in kinds:
        if kind == LessonKind.LECTURE:
            LessonPageFactory(course=course, lecture=lecture_of())
        elif kind == LessonKind.QUIZ:
            LessonPageFactory(course=course, quiz=QuizFactory())
        else:
            LessonPageFactory(course=course, kind=kind)
    return OfferFactory(course=course, **offer)
