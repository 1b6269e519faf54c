"""The year of a place as JSON: the same figures as on its page; it names nobody."""

from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from credits.selectors.overview import Part, YearOfPlace
from credits.selectors.overview_figures import Figures, Question, edges
from credits.selectors.overview_pages import asked, year_asked
from organisations.models import Person

CENT = Decimal("0.01")


class ShortfallSerializer(serializers.Serializer[Any]):
    more_than = serializers.DecimalField(max_digits=12, decimal_places=4)
    at_most = serializers.DecimalField(max_digits=12, decimal_places=4)
    people = serializers.IntegerField()


class MonthSerializer(serializers.Serializer[Any]):
    month = serializers.CharField(help_text="2026-05")
    added = serializers.DecimalField(max_digits=14, decimal_places=2)


class FiguresSerializer(serializers.Serializer[Any]):
    people = serializers.IntegerField()
    states = serializers.DictField(child=serializers.IntegerField(), help_text="Of those assessed, by state")
    not_assessed = serializers.DictField(child=serializers.IntegerField(), help_text="By state of the person")
    credits = serializers.DecimalField(max_digits=14, decimal_places=2)
    credits_registered = serializers.DecimalField(max_digits=14, decimal_places=2, source="registered")
    hours = serializers.DecimalField(max_digits=14, decimal_places=2)
    people_short = serializers.IntegerField(help_text="Of those assessed: who lack credits of the total asked for")
    missing_credits = serializers.DecimalField(max_digits=14, decimal_places=2)
    missing_hours = serializers.DecimalField(max_digits=14, decimal_places=2)
    is_unverified = serializers.BooleanField(help_text="Some figure rests on a value that is not official")
    shortfall = ShortfallSerializer(many=True)
    months = MonthSerializer(many=True)


class PartSerializer(serializers.Serializer[Any]):
    place = serializers.UUIDField(
        allow_null=True, help_text="null: at the place itself, by the department written down"
    )
    name = serializers.CharField()
    figures = FiguresSerializer()


class YearOfPlaceSerializer(serializers.Serializer[Any]):
    place = serializers.UUIDField()
    name = serializers.CharField()
    rule_set = serializers.CharField()
    version = serializers.CharField()
    year = serializers.IntegerField()
    period_begins = serializers.DateField(allow_null=True)
    period_ends = serializers.DateField(allow_null=True, help_text="Exclusive")
    as_of = serializers.DateField()
    required = serializers.DecimalField(  # type: ignore[assignment]
        max_digits=12, decimal_places=2, allow_null=True, help_text="The total asked for from each"
    )
    total = FiguresSerializer()
    parts = PartSerializer(many=True)
    people_in_several_parts = serializers.IntegerField()


class YearOfPlaceView(APIView):
    """A year of a place of my scope: how many stand where, and who is short by how much, part by part."""

    @extend_schema(
        parameters=[
            OpenApiParameter("year", OpenApiTypes.INT),
            OpenApiParameter("rule_set", OpenApiTypes.STR),
            OpenApiParameter("title", OpenApiTypes.STR),
            OpenApiParameter("kind", OpenApiTypes.STR),
        ],
        responses=YearOfPlaceSerializer,
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        told = request.query_params
        wish = asked(
            by=cast(Person, request.user),
            public_id=public_id,
            year=told.get("year", ""),
            rule_set_id=told.get("rule_set", ""),
            title=told.get("title", ""),
            kind=told.get("kind", ""),
        )
        return Response(YearOfPlaceSerializer(document(year_asked(wish))).data)


def document(found: YearOfPlace) -> dict[str, Any]:
    question, period = found.question, found.question.period
    return {
        "place": question.node.public_id,
        "name": question.node.name,
        "rule_set": question.rule_set_id,
        "version": question.version.rules.key,
        "year": question.year,
        "period_begins": period and period.begins,
        "period_ends": period and period.ends,
        "as_of": question.on,
        "required": question.required,
        "total": _figures(question, found.total),
        "parts": [_part(question, part) for part in found.parts],
        "people_in_several_parts": found.several,
    }


def _part(question: Question, part: Part) -> dict[str, Any]:
    node = part.node
    return {
        "place": node and node.public_id,
        "name": node.name if node is not None else part.department,
        "figures": _figures(question, part.figures),
    }


def _figures(question: Question, figures: Figures) -> dict[str, Any]:
    names = ("people", "credits", "registered", "hours", "missing_credits", "missing_hours", "is_unverified")
    parts = enumerate(edges(question.required), 1) if question.required else ()
    return {name: getattr(figures, name) for name in names} | {
        "states": dict(figures.states),
        "not_assessed": dict(figures.away),
        "people_short": figures.short,
        "shortfall": [
            {"more_than": low, "at_most": most, "people": figures.shortfall[part]} for part, (low, most) in parts
        ],
        "months": [{"month": month, "added": figures.months[month] * CENT} for month in question.months],
    }
