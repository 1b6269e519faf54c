"""Django's choices and the plain enums of grading, which knows no framework."""

from enum import StrEnum


class QuestionType(StrEnum):
    A1 = "A1"
    A2 = "A2"
    A3 = "A3"
    A4 = "A4"
    B1 = "B1"
    X = "X"
    CASE = "CASE"
    TRUE_FALSE = "TRUE_FALSE"
    NUMERIC = "NUMERIC"
    SHORT_TEXT = "SHORT_TEXT"
    ORDERING = "ORDERING"
    MATCHING = "MATCHING"
    HOTSPOT = "HOTSPOT"
    IMAGE_GRADING = "IMAGE_GRADING"
    ESSAY = "ESSAY"
    FILE = "FILE"


class MultipleScoring(StrEnum):
    """How an X question is scored; a setting of the bank (domain rules 3.3)."""

    ALL_OR_NOTHING = "all_or_nothing"
    PARTIAL_NO_WRONG = "partial_no_wrong"
    RIGHT_MINUS_WRONG = "right_minus_wrong"


class ReviewState(StrEnum):
    DRAFT = "draft"
    TECHNOLOGIST_REVIEWED = "technologist_reviewed"
    PHYSICIAN_REVIEWED = "physician_reviewed"
    PUBLISHED = "published"


class ReviewPolicy(StrEnum):
    """When a learner sees what was right. A cool-down after a failed attempt postpones it in any case."""

    AFTER_EACH = "after_each"
    WHEN_OVER = "when_over"


class AttemptState(StrEnum):
    OPEN = "open"
    SUBMITTED = "submitted"
    EXPIRED = "expired"


class OutcomeKind(StrEnum):
    ATTEMPT_GRADED = "attempt_graded"
