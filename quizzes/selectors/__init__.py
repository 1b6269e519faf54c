"""What others may know of quizzes and attempts. The key of a question leaves here only when the review is allowed."""

from quizzes.selectors.attempts import (
    AttemptsSummary,
    Context,
    accepted_until,
    attempt_of,
    attempts_summary,
    ends_at,
    overdue,
)
from quizzes.selectors.sheets import (
    PICTURE,
    GroupView,
    ImageView,
    ItemView,
    OptionView,
    SectionView,
    Sheet,
    image_of,
    preview,
    seen_items,
    sheet,
)

__all__ = [
    "PICTURE",
    "AttemptsSummary",
    "Context",
    "GroupView",
    "ImageView",
    "ItemView",
    "OptionView",
    "SectionView",
    "Sheet",
    "accepted_until",
    "attempt_of",
    "attempts_summary",
    "ends_at",
    "image_of",
    "overdue",
    "preview",
    "seen_items",
    "sheet",
]
