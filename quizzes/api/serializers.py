"""What the API takes and gives."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from rest_framework import serializers

from quizzes import protocol, selectors
from quizzes.api.events import MAX_COUNTER, MAX_EVENTS, MAX_VALUE
from quizzes.models import AnswerFile, Attempt, QuestionObjection


class _Strict(serializers.Serializer[Any]):
    """Refuses fields it does not know, so that a misspelt one is not silently lost."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := sorted(set(data) - set(self.fields))):
            raise serializers.ValidationError({name: ["?"] for name in unknown})
        return super().to_internal_value(data)


class _Text(serializers.CharField):
    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class PermitSerializer(_Strict):
    permit = _Text(max_length=2000)


# What is taken often is documented by these serializers and read by `api.events`, without their cost.


class EventSerializer(serializers.Serializer[Any]):
    """One change of one answer. `value` is what the question's type says ("ABD", "120 kV", …), "" for none."""

    client = serializers.RegexField(r"^[A-Za-z0-9-]{8,36}$")
    counter = serializers.IntegerField(min_value=1, max_value=MAX_COUNTER)
    question = serializers.UUIDField()
    value = serializers.CharField(max_length=MAX_VALUE, allow_blank=True)
    at = serializers.DateTimeField(required=False, help_text="the client's own time, never decisive")


class BatchSerializer(serializers.Serializer[Any]):
    events = serializers.ListField(child=EventSerializer(), max_length=MAX_EVENTS)


class SubmitSerializer(serializers.Serializer[Any]):
    events = serializers.ListField(child=EventSerializer(), max_length=MAX_EVENTS, required=False)


class AdvanceSerializer(SubmitSerializer):
    """What is finished for good: an item of a case (the next one opens) or a section by its number."""

    item = serializers.UUIDField(required=False)
    section = serializers.IntegerField(min_value=1, max_value=100, required=False)


class ObjectionWishSerializer(_Strict):
    item = serializers.UUIDField()
    text = _Text(max_length=1000)


# What is given. The shapes are documented here; `saved_json` and `attempt_json` make them, without a serializer's cost.


class OptionSerializer(serializers.Serializer[selectors.OptionView]):
    key = serializers.CharField()
    text = serializers.CharField()
    is_right = serializers.BooleanField(allow_null=True, help_text="null until the review is allowed")


class ImageSerializer(serializers.Serializer[selectors.ImageView]):
    url = serializers.CharField()
    alt = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()


class ItemSerializer(serializers.Serializer[selectors.ItemView]):
    id = serializers.UUIDField()
    position = serializers.IntegerField()
    stem = serializers.CharField()
    reveal = serializers.CharField()
    options = OptionSerializer(many=True)
    settings = serializers.DictField()
    images = ImageSerializer(many=True)
    points = serializers.CharField()
    state = serializers.CharField(help_text="open or locked")
    may_advance = serializers.BooleanField(help_text="finishing it opens the next item of its case, for good")
    value = serializers.CharField()
    mark = serializers.CharField(allow_null=True)
    is_right = serializers.BooleanField(allow_null=True)
    key = serializers.JSONField(allow_null=True, help_text="what is right; null until the review is allowed")
    explanation = serializers.CharField(allow_null=True)


class GroupSerializer(serializers.Serializer[selectors.GroupView]):
    type = serializers.CharField()
    stem = serializers.CharField()
    options = OptionSerializer(many=True)
    images = ImageSerializer(many=True)
    locks = serializers.BooleanField(help_text="items open one after another, and lock")
    is_reviewed = serializers.BooleanField()
    unseen = serializers.IntegerField(help_text="items that are not open yet")
    items = ItemSerializer(many=True)


class SectionSerializer(serializers.Serializer[selectors.SectionView]):
    number = serializers.IntegerField()
    title = serializers.CharField()
    state = serializers.CharField(help_text="open, locked or hidden")
    may_finish = serializers.BooleanField()
    groups = GroupSerializer(many=True)


class AnswerSerializer(serializers.Serializer[protocol.Answer]):
    value = serializers.CharField()
    counter = serializers.IntegerField()
    client = serializers.CharField()
    at = serializers.CharField()


class RefusedSerializer(serializers.Serializer[Any]):
    question = serializers.UUIDField()
    reason = serializers.CharField()


class ResultSerializer(serializers.Serializer[selectors.Sheet]):
    points = serializers.CharField(allow_null=True, help_text="null while people mark")
    points_possible = serializers.CharField()
    percent = serializers.CharField(allow_null=True)
    pass_percent = serializers.CharField()
    is_passed = serializers.BooleanField(allow_null=True)
    unmarked = serializers.IntegerField(help_text="items that people have not marked yet")
    is_review_allowed = serializers.BooleanField()
    review_from = serializers.DateTimeField(allow_null=True)


class SavedSerializer(serializers.Serializer[Any]):
    """The server's state after a batch. A client takes over every answer that it has not changed since.

    `refused` names the questions whose events came after they were locked: they are kept and count nothing.
    """

    state = serializers.CharField()
    ends_at = serializers.DateTimeField(allow_null=True)
    server_now = serializers.DateTimeField()
    answers = serializers.DictField(child=AnswerSerializer())
    refused = RefusedSerializer(many=True)


class AttemptSerializer(SavedSerializer):
    id = serializers.UUIDField()
    quiz = serializers.CharField()
    number = serializers.IntegerField()
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    receipt = serializers.CharField(allow_null=True)
    return_url = serializers.CharField()
    total = serializers.IntegerField(help_text="items in all, those not open yet too")
    sections = SectionSerializer(many=True)
    result = ResultSerializer(allow_null=True)


def saved_json(attempt: Attempt, refused: Sequence[str] = (), *, now: datetime | None = None) -> dict[str, Any]:
    return {
        "state": attempt.state,
        "ends_at": selectors.ends_at(attempt),
        "server_now": now or attempt.last_seen_at,
        "answers": attempt.answers,
        "refused": [{"question": question, "reason": "question_locked"} for question in refused],
    }


def attempt_json(sheet: selectors.Sheet, refused: Sequence[str] = ()) -> dict[str, Any]:
    attempt = sheet.attempt
    return {
        **saved_json(attempt, refused, now=sheet.now),
        "id": str(attempt.public_id),
        "quiz": attempt.quiz.title,
        "number": attempt.number,
        "opened_at": attempt.opened_at,
        "closed_at": attempt.closed_at,
        "receipt": attempt.receipt,
        "return_url": attempt.return_url,
        "total": sheet.total,
        "sections": [
            {
                "number": section.number,
                "title": section.title,
                "state": section.state,
                "may_finish": section.may_finish,
                "groups": [group_json(attempt.public_id, group) for group in section.groups],
            }
            for section in sheet.sections
        ],
        "result": None if attempt.is_open else _result(sheet),
    }


def group_json(attempt: UUID, group: selectors.GroupView) -> dict[str, Any]:
    """`attempt` is its public id."""
    return {
        "type": group.type,
        "stem": group.stem,
        "options": _options(group.options),
        "images": _images(attempt, group.images),
        "locks": group.locks,
        "is_reviewed": group.is_reviewed,
        "unseen": group.unseen,
        "items": [
            {
                "id": item.id,
                "position": item.position,
                "stem": item.stem,
                "reveal": item.reveal,
                "options": _options(item.options),
                "settings": item.settings,
                "images": _images(attempt, item.images),
                "points": str(item.points),
                "state": item.state,
                "may_advance": item.may_advance,
                "value": item.value,
                "mark": None if item.mark is None else str(item.mark),
                "is_right": item.is_right,
                "key": item.key,
                "explanation": item.explanation,
            }
            for item in group.items
        ],
    }


def _options(options: Iterable[selectors.OptionView]) -> list[dict[str, Any]]:
    return [{"key": option.key, "text": option.text, "is_right": option.is_right} for option in options]


def _images(attempt: UUID, images: Iterable[selectors.ImageView]) -> list[dict[str, Any]]:
    return [
        {
            "url": reverse("quizzes:image", args=[attempt, image.id]),
            "alt": image.alt,
            "width": image.width,
            "height": image.height,
        }
        for image in images
    ]


def _result(sheet: selectors.Sheet) -> dict[str, Any]:
    attempt = sheet.attempt
    return {
        "points": None if attempt.points is None else f"{attempt.points:.2f}",
        "points_possible": f"{attempt.points_possible:.2f}",
        "percent": None if sheet.percent is None else f"{sheet.percent:.1f}",
        "pass_percent": f"{sheet.pass_percent:.1f}",
        "is_passed": attempt.is_passed,
        "unmarked": sheet.unmarked,
        "is_review_allowed": sheet.is_review_allowed,
        "review_from": sheet.review_from,
    }


class AttemptResultSerializer(serializers.Serializer[Attempt]):
    """One attempt in the list of one's own; `api.results` makes it."""

    id = serializers.UUIDField()
    quiz = serializers.CharField()
    number = serializers.IntegerField()
    state = serializers.CharField(help_text="open, submitted or expired (closed by the clock)")
    opened_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True, help_text="null once it is closed, and without a time limit")
    closed_at = serializers.DateTimeField(allow_null=True)
    receipt = serializers.CharField(allow_null=True)
    return_url = serializers.CharField()
    points = serializers.CharField(allow_null=True, help_text="null while it is open and while people mark")
    points_possible = serializers.CharField()
    percent = serializers.CharField(allow_null=True)
    pass_percent = serializers.CharField()
    is_passed = serializers.BooleanField(allow_null=True)
    waits_for_marks = serializers.BooleanField()
    is_review_allowed = serializers.BooleanField(help_text="whether the attempt shows what was right")
    review_from = serializers.DateTimeField(allow_null=True, help_text="from when on, where only time is missing")


class FileUploadSerializer(serializers.Serializer[Any]):
    file = serializers.FileField(allow_empty_file=True, max_length=500)


class FileSerializer(serializers.Serializer[AnswerFile]):
    """A file that was sent. It is the answer once an answer event bears its `id` as its value."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    size_bytes = serializers.IntegerField()
    sha256 = serializers.CharField()


class ObjectionSerializer(serializers.Serializer[QuestionObjection]):
    id = serializers.UUIDField(source="public_id")
    item = serializers.CharField()
    text = serializers.CharField()
    made_at = serializers.DateTimeField()
    state = serializers.CharField()
    answer = serializers.CharField(help_text="empty until the review is allowed: it may name what was right")
    answered_at = serializers.DateTimeField(allow_null=True)
