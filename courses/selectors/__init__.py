from courses.selectors.catalogue import CourseCard, CourseDetail, catalogue, course_detail, featured
from courses.selectors.content import canonical_sha256, published_content
from courses.selectors.learning import (
    CourseStanding,
    LearnerPanel,
    LessonRow,
    course_standing,
    learner_panel,
    my_learning,
)
from courses.selectors.lessons import course_of, lesson_for, lessons_of, page_in_language, required_lessons
from courses.selectors.offers import OfferView, offer_of
from courses.selectors.quiz_pages import QuizCard, may_open
from courses.selectors.sign_offs import OpenPart, open_sign_offs

__all__ = [
    "CourseCard",
    "CourseDetail",
    "CourseStanding",
    "LearnerPanel",
    "LessonRow",
    "OfferView",
    "OpenPart",
    "QuizCard",
    "canonical_sha256",
    "catalogue",
    "course_detail",
    "course_of",
    "course_standing",
    "featured",
    "learner_panel",
    "lesson_for",
    "lessons_of",
    "may_open",
    "my_learning",
    "offer_of",
    "open_sign_offs",
    "page_in_language",
    "published_content",
    "required_lessons",
]
