from courses.models.learning import (
    CourseCompletion,
    Enrolment,
    LessonProgress,
    Offer,
    PublishedVersion,
    Recognition,
)
from courses.models.pages import CourseIndexPage, CoursePage, LessonPage

__all__ = [
    "CourseCompletion",
    "CourseIndexPage",
    "CoursePage",
    "Enrolment",
    "LessonPage",
    "LessonProgress",
    "Offer",
    "PublishedVersion",
    "Recognition",
]
