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
        from courses.services.histories import HISTORY
        from credits.enums import ActivityKind
        from credits.selectors import evidence, filling
        from organisations import histories

        histories.register(HISTORY)
        evidence.register(ActivityKind.COURSE, facts_of_course)
        filling.register(courses_that_fill)
        page_published.connect(keep_version, dispatch_uid="courses.keep_version")


def keep_version(sender: type, instance: Any, **_: Any) -> None:
    """Whatever is published is kept for ever, in the transaction that publishes it."""
    from courses.models import CoursePage, LessonPage
    from courses.services.versions import record_version

    if isinstance(instance, CoursePage | LessonPage):
        record_version(page=instance)
