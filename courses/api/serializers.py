from typing import Any

from rest_framework import serializers

from courses.selectors import CourseStanding, LessonRow
from courses.services.attention import Attention


class LessonSerializer(serializers.Serializer[LessonRow]):
    key = serializers.UUIDField(source="page.translation_key")
    number = serializers.IntegerField()
    title = serializers.CharField(source="page.title")
    kind = serializers.CharField(source="page.kind")
    minutes_planned = serializers.IntegerField(source="page.minutes")
    minutes_counted = serializers.DecimalField(source="minutes", max_digits=8, decimal_places=3)
    opened_at = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)
    url = serializers.SerializerMethodField()

    def get_url(self, row: LessonRow) -> str:
        return row.page.get_url(self.context.get("request")) or ""


class LearningSerializer(serializers.Serializer[CourseStanding]):
    """A course of the person who asks."""

    enrolment = serializers.UUIDField(source="enrolment.public_id")
    course_key = serializers.UUIDField(source="enrolment.course_key")
    title = serializers.CharField(source="page.title")
    state = serializers.CharField(source="enrolment.state")
    basis = serializers.CharField(source="offer.basis")
    grants_credit = serializers.BooleanField(source="offer.grants_credit")
    begins = serializers.DateField(source="offer.begins")
    ends = serializers.DateField(source="offer.ends")
    is_demo = serializers.BooleanField(source="offer.is_demo")
    time_scale = serializers.IntegerField(source="offer.time_scale")
    lessons_done = serializers.IntegerField(source="done")
    minutes_counted = serializers.DecimalField(source="minutes", max_digits=8, decimal_places=3)
    completed_at = serializers.DateTimeField(source="enrolment.completed_at", allow_null=True)
    entry = serializers.UUIDField(source="completion.entry_public_id", allow_null=True, default=None)
    lessons = LessonSerializer(many=True)


class AnswersSerializer(serializers.Serializer[Any]):
    """The questions whose learner says that they are there; none only asks how the lesson stands."""

    answers = serializers.ListField(child=serializers.UUIDField(), default=list, max_length=200)


class AttentionSerializer(serializers.Serializer[Attention]):
    """Questions during a lecture: `asked` is to be answered now, `missed` can be answered still; `held` are
    [from_s, to_s] that do not count until then."""

    asked = serializers.UUIDField(allow_null=True)
    missed = serializers.ListField(child=serializers.UUIDField())
    held = serializers.ListField(child=serializers.ListField(child=serializers.FloatField()))
    look_after_s = serializers.IntegerField(allow_null=True)


class LessonStateSerializer(serializers.Serializer[Any]):
    """Where a lesson stands after settling. `next_url` is "" at the end of the course."""

    is_completed = serializers.BooleanField()
    is_course_completed = serializers.BooleanField()
    next_url = serializers.CharField(allow_blank=True)
    next_title = serializers.CharField(allow_blank=True)
