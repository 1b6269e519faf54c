import pytest

from courses.models import PublishedVersion
from courses.services.versions import record_version
from tests.factories.courses import CoursePageFactory, LessonPageFactory, lecture_of
from tests.factories.quizzes import QuizFactory

pytestmark = pytest.mark.django_db


def test_publishing_keeps_one_version_per_content() -> None:
    lesson = LessonPageFactory()
    lesson.save_revision().publish()
    versions = PublishedVersion.objects.filter(page_id_copy=lesson.pk)
    assert [version.title for version in versions] == [lesson.title]
    lesson.title = "新题目"
    lesson.save_revision().publish()
    assert sorted(version.title for version in versions.all()) == sorted(["新题目", versions.first().title])


def test_a_version_names_the_lecture_and_its_source() -> None:
    lecture = lecture_of()
    version = record_version(page=LessonPageFactory(lecture=lecture))
    assert version.content["lecture"] == {
        "id": str(lecture.public_id),
        "source_sha256": lecture.source_sha256,
        "renditions": str(lecture.renditions.public_id),
    }


def test_a_version_changes_when_the_quiz_does() -> None:
    quiz = QuizFactory()
    lesson = LessonPageFactory(quiz=quiz)
    before = record_version(page=lesson)
    quiz.pass_share = "0.8"
    quiz.save()
    lesson.refresh_from_db()
    assert record_version(page=lesson).content_sha256 != before.content_sha256


def test_a_course_version_lists_its_lessons_in_order() -> None:
    course = CoursePageFactory()
    titles = [LessonPageFactory(course=course).title for _ in range(3)]
    assert [lesson["title"] for lesson in record_version(page=course).content["lessons"]] == titles
