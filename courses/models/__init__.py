from courses.models.attention import AttentionCheck
from courses.models.learning import (
    CourseCompletion,
    Enrolment,
    LessonProgress,
    Offer,
    PublishedVersion,
    Recognition,
)
from courses.models.lost_passes import LostPass
from courses.models.pages import CourseIndexPage, CoursePage, LessonPage
from courses.models.quiz_pages import QuizPage, QuizProgress

__all__ = [
    "AttentionCheck",
    "CourseCompletion",
    "CourseIndexPage",
    "CoursePage",
    "Enrolment",
    "LessonPage",
    "LessonProgress",
    "LostPass",
    "Offer",
    "PublishedVersion",
    "QuizPage",
    "QuizProgress",
    "Recognition",
]
