"""The kinds of question by their types."""

from collections.abc import Mapping
from types import MappingProxyType

from quizzes.enums import QuestionType
from quizzes.grading.arrangements import Matching, Ordering
from quizzes.grading.base import Kind
from quizzes.grading.choices import Case, Several, Single, TrueFalse
from quizzes.grading.hotspots import Hotspot
from quizzes.grading.numbers import Numeric
from quizzes.grading.rubrics import ImageGrading
from quizzes.grading.texts import Essay, File, ShortText

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        QuestionType.A1: Single(),
        QuestionType.A2: Single(),
        QuestionType.A3: Single(),
        QuestionType.A4: Single(),
        QuestionType.B1: Single(),
        QuestionType.X: Several(),
        QuestionType.CASE: Case(),
        QuestionType.TRUE_FALSE: TrueFalse(),
        QuestionType.NUMERIC: Numeric(),
        QuestionType.SHORT_TEXT: ShortText(),
        QuestionType.ORDERING: Ordering(),
        QuestionType.MATCHING: Matching(),
        QuestionType.HOTSPOT: Hotspot(),
        QuestionType.IMAGE_GRADING: ImageGrading(),
        QuestionType.ESSAY: Essay(),
        QuestionType.FILE: File(),
    }
)
SEVERAL = frozenset(type for type, kind in KINDS.items() if isinstance(kind, Several))
MARKED_BY_PEOPLE = frozenset(type for type, kind in KINDS.items() if kind.is_marked_by_people)
