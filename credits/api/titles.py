"""The way to the next title, with the figures of its page."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from credits.api.views import person_of
from credits.selectors import titles
from organisations import audit


class PathRequirementSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    kind = serializers.CharField()
    title = serializers.CharField()
    state = serializers.CharField(help_text="met, missing or undetermined; nothing unknown is met")
    stated = serializers.CharField(help_text="By the figures as they stand, verified or not")
    reason = serializers.CharField()
    figures = serializers.ListField(child=serializers.CharField())
    to_do = serializers.CharField()
    earliest = serializers.DateField(allow_null=True)
    is_warning = serializers.BooleanField()
    mark = serializers.CharField()
    clause = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    origin = serializers.CharField()


class StepSerializer(serializers.Serializer[Any]):
    to = serializers.CharField()
    by = serializers.CharField()
    state = serializers.CharField()
    verdict = serializers.CharField()
    stated = serializers.CharField()
    earliest = serializers.DateField(allow_null=True)
    mark = serializers.CharField()
    requirements = PathRequirementSerializer(many=True)


class RungSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    title = serializers.CharField()
    place = serializers.CharField()
    obtained_on = serializers.DateField(allow_null=True)
    appointed_on = serializers.DateField(allow_null=True)
    is_confirmed = serializers.BooleanField()


class PaperSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    title = serializers.CharField()
    state = serializers.CharField()
    year = serializers.IntegerField(allow_null=True)
    last_year = serializers.IntegerField(allow_null=True)
    is_confirmed = serializers.BooleanField()


class ExamSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    title = serializers.CharField()
    completed_in = serializers.IntegerField(allow_null=True)
    rolling_years = serializers.IntegerField()
    mark = serializers.CharField()
    papers = PaperSerializer(many=True)


class TitlePathSerializer(serializers.Serializer[Any]):
    pathway = serializers.CharField(source="pathway.key")
    on = serializers.DateField()
    current = serializers.CharField()
    rungs = RungSerializer(many=True)
    steps = StepSerializer(many=True)
    exams = ExamSerializer(many=True)


class TitlePathView(APIView):
    """My way to the next title. Likely is the most that it says: the personnel office decides."""

    @extend_schema(responses=TitlePathSerializer)
    def get(self, request: Request) -> Response:
        return Response(TitlePathSerializer(titles.title_path(person_of(request))).data)


class PersonTitlePathView(APIView):
    """The way of somebody in my scope; the reading is logged."""

    @extend_schema(responses=TitlePathSerializer)
    def get(self, request: Request, public_id: UUID) -> Response:
        by = person_of(request)
        person = titles.person_to_read(by=by, public_id=public_id)
        audit.record(by=by, verb="credits.titles.read", target=person)
        return Response(TitlePathSerializer(titles.title_path(person)).data)
