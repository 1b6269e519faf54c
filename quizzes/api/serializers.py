"""What the API takes and gives. Input is strict: unknown fields and wrong JSON types are refused."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from quizzes import protocol, selectors

MAX_EVENTS = 500
MAX_COUNTER = 10**9


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


class _Whole(serializers.IntegerField):
    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(data)


class PermitSerializer(_Strict):
    permit = _Text(max_length=2000)


class EventSerializer(_Strict):
    """One change of one answer. `value` is the letters of the chosen options, "" for none."""

    client = serializers.RegexField(r"\A[A-Za-z0-9-]{8,36}\Z")
    counter = _Whole(min_value=1, max_value=MAX_COUNTER)
    question = serializers.UUIDField()
    value = _Text(max_length=12, allow_blank=True, trim_whitespace=False)
    at = serializers.DateTimeField(required=False)

    def event(self, checked: dict[str, Any]) -> protocol.Event:
        return protocol.Event(
            question=str(checked["question"]),
            value=checked["value"],
            counter=checked["counter"],
            client=checked["client"],
            at=checked["at"].isoformat() if "at" in checked else "",
        )


class BatchSerializer(_Strict):
    events = serializers.ListField(child=EventSerializer(), max_length=MAX_EVENTS)

    def batch(self) -> list[protocol.Event]:
        one = EventSerializer()
        return [one.event(checked) for checked in self.validated_data.get("events", [])]


class SubmitSerializer(BatchSerializer):
    events = serializers.ListField(child=EventSerializer(), max_length=MAX_EVENTS, required=False)


class OptionSerializer(serializers.Serializer[selectors.OptionView]):
    key = serializers.CharField()
    text = serializers.CharField()
    is_chosen = serializers.BooleanField()
    is_right = serializers.BooleanField(allow_null=True, help_text="null until the review is allowed")


class QuestionSerializer(serializers.Serializer[selectors.QuestionView]):
    id = serializers.UUIDField()
    position = serializers.IntegerField()
    type = serializers.CharField()
    stem = serializers.CharField()
    options = OptionSerializer(many=True)
    points = serializers.DecimalField(max_digits=5, decimal_places=2)
    is_reviewed = serializers.BooleanField()
    is_multiple = serializers.BooleanField()
    value = serializers.CharField()
    mark = serializers.DecimalField(max_digits=8, decimal_places=2, allow_null=True)
    is_right = serializers.BooleanField(allow_null=True)
    answer = serializers.CharField(allow_null=True)
    explanation = serializers.CharField(allow_null=True)


class AnswerSerializer(serializers.Serializer[protocol.Answer]):
    value = serializers.CharField()
    counter = serializers.IntegerField()
    client = serializers.CharField()
    at = serializers.CharField()


class ResultSerializer(serializers.Serializer[selectors.Sheet]):
    points = serializers.DecimalField(max_digits=8, decimal_places=2, source="attempt.points")
    points_possible = serializers.DecimalField(max_digits=8, decimal_places=2, source="attempt.points_possible")
    percent = serializers.DecimalField(max_digits=4, decimal_places=1)
    pass_percent = serializers.DecimalField(max_digits=4, decimal_places=1)
    is_passed = serializers.BooleanField(source="attempt.is_passed")
    is_review_allowed = serializers.BooleanField()
    review_from = serializers.DateTimeField(allow_null=True)


class SavedSerializer(serializers.Serializer[selectors.Sheet]):
    """The server's state after a batch. A client takes over every answer that it has not changed since."""

    state = serializers.CharField(source="attempt.state")
    ends_at = serializers.DateTimeField(allow_null=True)
    server_now = serializers.DateTimeField(source="now")
    answers = serializers.DictField(child=AnswerSerializer(), source="attempt.answers")


class AttemptSerializer(SavedSerializer):
    id = serializers.UUIDField(source="attempt.public_id")
    quiz = serializers.CharField(source="attempt.quiz.title")
    number = serializers.IntegerField(source="attempt.number")
    opened_at = serializers.DateTimeField(source="attempt.opened_at")
    closed_at = serializers.DateTimeField(source="attempt.closed_at", allow_null=True)
    return_url = serializers.CharField(source="attempt.return_url")
    questions = QuestionSerializer(many=True)
    result = serializers.SerializerMethodField()

    @extend_schema_field(ResultSerializer(allow_null=True))
    def get_result(self, sheet: selectors.Sheet) -> ResultSerializer | None:
        return None if sheet.attempt.is_open else ResultSerializer(sheet).data  # type: ignore[return-value]
