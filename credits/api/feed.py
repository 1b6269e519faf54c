"""The feed for other systems: read only, with a bearer token bound to a place."""

from dataclasses import asdict
from typing import Any, cast

from django.contrib.auth import SESSION_KEY
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from credits.models import FeedToken
from credits.selectors import feeds as selectors
from credits.services import feeds


class BearerToken(BaseAuthentication):
    """`Authorization: Bearer <key>`. Nobody is signed in by it: a key is no person."""

    def authenticate(self, request: Request) -> tuple[None, FeedToken] | None:
        scheme, _space, secret = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        token = feeds.opened(secret.strip().decode("ascii", "replace"))
        if token is None:
            raise feeds.KeyRefused
        return None, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class BearerTokenScheme(OpenApiAuthenticationExtension):
    target_class = BearerToken
    name = "feedToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class HasToken(BasePermission):
    """Who is signed in as a person is told that this is not the way in."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        has_token = isinstance(request.auth, FeedToken)
        if not has_token and SESSION_KEY in request._request.session:
            raise feeds.KeyMissing
        return has_token


class FeedThrottle(SimpleRateThrottle):
    """By key; a system that reads page by page needs no more."""

    scope, rate = "credit_feed", "120/min"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        return f"throttle_{self.scope}_{request.auth.pk}" if isinstance(request.auth, FeedToken) else None


class FeedQuery(serializers.Serializer[Any]):
    after = serializers.IntegerField(min_value=0, max_value=2**62, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=selectors.MOST, default=200)
    figures = serializers.BooleanField(default=False)


class JudgedSerializer(serializers.Serializer[Any]):
    version = serializers.CharField()
    state = serializers.CharField()
    credits = serializers.CharField()
    hours = serializers.CharField()
    reason = serializers.CharField()
    mark = serializers.CharField()


class FeedItemSerializer(serializers.Serializer[Any]):
    position = serializers.IntegerField()
    entry = serializers.UUIDField()
    reverses = serializers.UUIDField(allow_null=True)
    person_number = serializers.CharField()
    person_name = serializers.CharField(help_text="Masked")
    rule_set = serializers.CharField()
    activity_kind = serializers.CharField()
    activity_type = serializers.CharField()
    category = serializers.CharField()
    title = serializers.CharField()
    project_number = serializers.CharField()
    organiser = serializers.CharField()
    quantity = serializers.DecimalField(max_digits=12, decimal_places=3)
    unit = serializers.CharField()
    role = serializers.CharField()
    begins_on = serializers.DateField()
    ends_on = serializers.DateField()
    work_unit = serializers.CharField()
    granted_how = serializers.CharField()
    is_demo = serializers.BooleanField()
    recorded_at = serializers.DateTimeField()
    judged = JudgedSerializer(allow_null=True, help_text="Only with figures=true")


class FeedSerializer(serializers.Serializer[Any]):
    items = FeedItemSerializer(many=True)
    next = serializers.IntegerField(help_text="The `after` of the next call")
    more = serializers.BooleanField()


class FeedView(APIView):
    """Entries of the key's place in the order in which they became visible. No position is ever skipped."""

    authentication_classes = (BearerToken,)
    permission_classes = (HasToken,)
    throttle_classes = (FeedThrottle,)

    @extend_schema(
        parameters=[
            OpenApiParameter("after", OpenApiTypes.INT),
            OpenApiParameter("limit", OpenApiTypes.INT),
            OpenApiParameter("figures", OpenApiTypes.BOOL),
        ],
        responses=FeedSerializer,
    )
    def get(self, request: Request) -> Response:
        query = FeedQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        wanted = query.validated_data
        token = cast(FeedToken, request.auth)
        found = selectors.batch(token, after=wanted["after"], limit=wanted["limit"], with_figures=wanted["figures"])
        return Response(FeedSerializer(asdict(found)).data)
