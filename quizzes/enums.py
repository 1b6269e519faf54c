"""Django's choices and the plain enums of grading, which knows no framework."""

from enum import StrEnum


class QuestionType(StrEnum):
    """The types of the examinations (domain rules 3.1), and those that imaging needs besides."""

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


# Several items about one case, or with shared options.
GROUPS = frozenset({QuestionType.A3, QuestionType.A4, QuestionType.B1, QuestionType.CASE})
# Items open one after another; opening the next one locks the one before.
LOCKING = frozenset({QuestionType.A3, QuestionType.A4, QuestionType.CASE})

# Several options may be chosen.
SEVERAL = frozenset({QuestionType.X, QuestionType.CASE})

# How a type is answered: the widget, its form fields and its script bear this name.
FAMILIES = {
    QuestionType.A1: "choice",
    QuestionType.A2: "choice",
    QuestionType.A3: "choice",
    QuestionType.A4: "choice",
    QuestionType.B1: "choice",
    QuestionType.X: "choice",
    QuestionType.CASE: "choice",
    QuestionType.TRUE_FALSE: "choice",
    QuestionType.NUMERIC: "number",
    QuestionType.SHORT_TEXT: "text",
    QuestionType.ORDERING: "order",
    QuestionType.MATCHING: "match",
    QuestionType.HOTSPOT: "hotspot",
    QuestionType.IMAGE_GRADING: "grading",
    QuestionType.ESSAY: "essay",
    QuestionType.FILE: "file",
}


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


class Bloom(StrEnum):
    """What a question asks of its learner (Bloom's taxonomy, revised)."""

    REMEMBER = "remember"
    UNDERSTAND = "understand"
    APPLY = "apply"
    ANALYSE = "analyse"
    EVALUATE = "evaluate"
    CREATE = "create"


class Navigation(StrEnum):
    """Whether a learner may go back to an earlier section."""

    FREE = "free"
    SECTIONS = "sections"


class ReviewPolicy(StrEnum):
    """When a learner sees what was right. A cool-down after a failed attempt postpones it in any case."""

    AFTER_EACH = "after_each"
    WHEN_OVER = "when_over"
    AFTER_WINDOW = "after_window"
    NEVER = "never"


class AttemptState(StrEnum):
    OPEN = "open"
    SUBMITTED = "submitted"
    EXPIRED = "expired"


class GradeCause(StrEnum):
    """Why a grade was made."""

    CLOSING = "closing"
    MARKING = "marking"
    REGRADE = "regrade"


class OutcomeKind(StrEnum):
    ATTEMPT_GRADED = "attempt_graded"


class MarkedKind(StrEnum):
    """What people mark."""

    ATTEMPT = "attempt"


class MarkingState(StrEnum):
    WAITING = "waiting"
    IN_PROGRESS = "in_progress"
    THIRD_NEEDED = "third_needed"
    DONE = "done"


class ObjectionState(StrEnum):
    """What became of a learner's objection to a question."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class Verdict(StrEnum):
    """What a regrade says of an item instead of a mark."""

    GIVEN = "given"
    OMITTED = "omitted"


class RegradeCause(StrEnum):
    """Why closed attempts are graded again."""

    KEY = "key"
    GIVEN = "given"
    OMITTED = "omitted"
    SCORING = "scoring"


class RegradeStage(StrEnum):
    """How far a regrade has come. COUNTING (the dry run) and APPLYING are one run of its job each."""

    COUNTING = "counting"
    WAITING = "waiting"
    APPLYING = "applying"
    APPLIED = "applied"
    WITHDRAWN = "withdrawn"


class LineState(StrEnum):
    """What a regrade does with one attempt."""

    CHANGES = "changes"
    SAME = "same"
    OPEN = "open"
    UNMARKED = "unmarked"


class Consequence(StrEnum):
    """What a pass that comes or goes brings about where the attempt was opened; its owner says so."""

    NONE = "none"
    OTHER_PASS = "other_pass"  # noqa: S105 - a word, no password
    COMPLETES = "completes"
    GRANTS = "grants"
    REOPENS = "reopens"
    TAKES = "takes"
    APPROVAL = "approval"
    TOO_LATE = "too_late"
