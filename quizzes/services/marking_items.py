"""What of an attempt people have to mark, and what they have given so far. The attempts service calls this."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.text import Truncator

from organisations.models import Node
from organisations.selectors import employment_on
from quizzes.enums import QuestionType
from quizzes.grading import marking, scorings
from quizzes.models import Attempt, MarkingItem, Scoring

# Nothing answers these but people.
MARKED_TYPES = frozenset({QuestionType.ESSAY, QuestionType.FILE})
TITLE_LENGTH = 120


def marked_items(paper: Any) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Every item of a frozen paper that people mark, each after its group."""
    for group in paper["groups"]:
        if group["type"] in MARKED_TYPES:
            for item in group["items"]:
                yield group, item


def open_items(attempt: Attempt) -> list[MarkingItem]:
    """Put every essay and file that was handed in before the markers; what is not answered needs nobody.

    The caller holds the transaction that closes `attempt`. Called again it makes nothing twice.
    """
    answered = [(group, item) for group, item in marked_items(attempt.paper) if _value(attempt, item["id"])]
    if not answered:
        return []
    known = set(attempt.marking_items.values_list("item", flat=True))
    employment = employment_on(attempt.person, timezone.localdate())
    return [
        _open(attempt, group, item, employment.unit if employment else None)
        for group, item in answered
        if item["id"] not in known
    ]


def _open(attempt: Attempt, group: dict[str, Any], item: dict[str, Any], unit: Node | None) -> MarkingItem:
    # Papers from before there were rules of marking name none.
    rules = marking.rules_from(item["scoring"] or scorings.default().rules[group["type"]])
    maximum = Decimal(item["points"])
    source, mark = _source(group, item)
    return MarkingItem.objects.create(
        attempt=attempt,
        item=item["id"],
        type=group["type"],
        title=Truncator(" ".join((item["stem"] or group["stem"]).split())).chars(TITLE_LENGTH),
        unit=unit,
        points_possible=maximum,
        markers_needed=rules.markers,
        is_blind=rules.is_blind,
        gap=marking.gap_points(rules, maximum),
        tie=rules.tie,
        rules_source=source,
        rules_mark=mark,
    )


def _source(group: Mapping[str, Any], item: Mapping[str, Any]) -> tuple[str, str]:
    """Where the rules of a frozen item come from, and how far that was verified."""
    default = scorings.default()
    if item["scoring"] and item["scoring"] != default.rules[group["type"]]:
        own = Scoring.objects.filter(bank__questions__public_id=group["question"], number=group["scoring"]).first()
        if own is not None:
            return own.source, own.mark
    return default.source, default.mark_of(group["type"])


def marks_by_people(attempt: Attempt) -> dict[str, Decimal]:
    """The points that people gave, by item. What is not settled is left out."""
    settled = attempt.marking_items.values_list("item", "points")
    return {item: points for item, points in settled if points is not None}


def _value(attempt: Attempt, item: str) -> str:
    return str(attempt.answers.get(item, {}).get("value", ""))
