"""The credit API: one's own year and entries; an administrator's exports, each through its scope."""

from typing import Any, cast
from uuid import UUID

from django.db.models import QuerySet
from django.http import FileResponse, HttpResponseBase
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from credits.api.serializers import EntrySerializer, ExportRequestSerializer, ExportSerializer, StandingSerializer
from credits.models import Entry, ExportJob
from credits.selectors import pages
from credits.services import exports
from organisations.models import Person


def person_of(request: Request) -> Person:
    return cast(Person, request.user)


class StandingView(APIView):
    """My year: figures, requirements, and what counts and why."""

    @extend_schema(
        parameters=[OpenApiParameter("year", int), OpenApiParameter("rule_set", str)], responses=StandingSerializer
    )
    def get(self, request: Request) -> Response:
        page = pages.year_page(
            person=person_of(request),
            year=request.query_params.get("year", ""),
            rule_set_id=request.query_params.get("rule_set", ""),
        )
        return Response(StandingSerializer(page.standing).data)


class EntryFilter(filters.FilterSet):
    year = filters.NumberFilter(field_name="ends_on", lookup_expr="year", min_value=1900, max_value=2200)
    rule_set = filters.CharFilter(field_name="rule_set_id")


class EntryList(generics.ListAPIView[Entry]):
    """My entries, newest first."""

    serializer_class = EntrySerializer
    filterset_class = EntryFilter

    def get_queryset(self) -> QuerySet[Entry]:
        if getattr(self, "swagger_fake_view", False):
            return Entry.objects.none()
        return Entry.objects.filter(book__owner=person_of(self.request)).order_by("-ends_on", "-pk")


class ExportList(generics.ListAPIView[ExportJob]):
    """My exports, newest first; POST asks for a new one."""

    serializer_class = ExportSerializer

    def get_queryset(self) -> QuerySet[ExportJob]:
        if getattr(self, "swagger_fake_view", False):
            return ExportJob.objects.none()
        pages.administered(person_of(self.request))
        return ExportJob.objects.filter(requested_by=person_of(self.request)).select_related("disclosure")

    @extend_schema(request=ExportRequestSerializer, responses={202: ExportSerializer})
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        wanted = ExportRequestSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        wish = dict(wanted.validated_data)
        node = pages.place_in_scope(by=person_of(request), public_id=str(wish.pop("place")))
        rule_set_id = wish.pop("rule_set")
        job = exports.request_export(by=person_of(request), node=node, rule_set_id=rule_set_id, **wish)
        return Response(ExportSerializer(job).data, status=202)


class ExportDetail(APIView):
    @extend_schema(responses=ExportSerializer)
    def get(self, request: Request, public_id: UUID) -> Response:
        return Response(ExportSerializer(exports.own_export(by=person_of(request), public_id=str(public_id))).data)


class ExportFile(APIView):
    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, public_id: UUID) -> HttpResponseBase:
        job = exports.own_export(by=person_of(request), public_id=str(public_id))
        file = exports.open_file(by=person_of(request), job=job)
        response = FileResponse(file, as_attachment=True, filename=job.file_name)
        response["Cache-Control"] = "private, no-store"
        return response
