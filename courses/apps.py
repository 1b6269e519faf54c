from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoursesConfig(AppConfig):
    name = "courses"
    verbose_name = _("Courses")

    def ready(self) -> None:
        from wagtail.signals import page_published

        from courses.selectors.evidence import facts_of_course
        from courses.selectors.filling import courses_that_fill
        from courses.selectors.lost_passes import waiting_count
        from courses.selectors.showing import lectures_by_course
        from courses.services.histories import HISTORY
        from courses.services.progress import QUIZ_CONTEXT
        from courses.services.regrades import consequences
        from credits.enums import ActivityKind
        from credits.selectors import evidence, filling
        from media_pipeline.selectors import disk
        from organisations import histories
        from organisations.enums import Power
        from organisations.selectors import manage
        from quizzes.services.regrades import consequences as regrades

        histories.register(HISTORY)
        evidence.register(ActivityKind.COURSE, facts_of_course)
        filling.register(courses_that_fill)
        disk.register(lectures_by_course)
        regrades.register(QUIZ_CONTEXT, consequences)
        manage.count_for("lost_passes", Power.CHANGE_REPORTED, waiting_count)
        page_published.connect(keep_version, dispatch_uid="courses.keep_version")


def keep_version(sender: type, instance: Any, **_: Any) -> None:
    """Whatever is published is kept for ever, in the transaction that publishes it."""
    from courses.models import CoursePage, LessonPage, QuizPage
    from courses.services.versions import record_version

    if isinstance(instance, CoursePage | LessonPage | QuizPage):
        record_version(page=instance)
