"""Pages, offers and enrolments for tests. Pages hang below the one front page of the test database."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory
from wagtail.models import Locale, Page, Site

from cms.home.models import HomePage
from courses.enums import Basis, LessonKind
from courses.models import CourseIndexPage, CoursePage, Enrolment, LessonPage, Offer
from credits.enums import ProjectLevel
from credits.models import Project
from media_pipeline.models import Lecture, RenditionSet
from quizzes.models import Quiz
from tests.factories.organisations import PersonFactory


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


class LectureFactory(DjangoModelFactory[Lecture]):
    """A lecture of 120 s, ready to play."""

    class Meta:
        model = Lecture
        skip_postgeneration_save = True

    title = factory.Sequence(lambda n: f"讲座{n + 1}")
    source_key = factory.Sequence(lambda n: f"lectures/{n + 1}.mp4")
    source_name = "lecture.mp4"
    source_sha256 = factory.Sequence(lambda n: f"{n + 1:064x}")

    @factory.post_generation
    def duration_s(self, create: bool, extracted: float | None, **_: Any) -> None:
        self.renditions = RenditionSet.objects.create(
            lecture=self,
            source_sha256=self.source_sha256,
            profile="hls-1",
            folder=f"renditions/{self.public_id}",
            duration_s=extracted or 120.0,
            heights=[360],
        )
        Lecture.objects.filter(pk=self.pk).update(renditions=self.renditions)


class QuizFactory(DjangoModelFactory[Quiz]):
    class Meta:
        model = Quiz

    title = factory.Sequence(lambda n: f"测验{n + 1}")


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


class ProjectFactory(DjangoModelFactory[Project]):
    class Meta:
        model = Project

    number = factory.Sequence(lambda n: f"2026-09-01-{n + 1:03} (国)")
    year = 2026
    title = "影像检查技术规范化"
    level = ProjectLevel.NATIONAL
    organiser = "演示·学分会"
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
            LessonPageFactory(course=course, lecture=LectureFactory())
        elif kind == LessonKind.QUIZ:
            LessonPageFactory(course=course, quiz=QuizFactory())
        else:
            LessonPageFactory(course=course, kind=kind)
    return OfferFactory(course=course, **offer)


def day(text: str) -> date:
    return date.fromisoformat(text)
