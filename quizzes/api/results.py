"""One's own attempts at all quizzes over JSON."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from organisations.models import Person
from quizzes import selectors
from quizzes.api import throttles
from quizzes.api.serializers import AttemptResultSerializer
from quizzes.models import Attempt
from quizzes.selectors.results import results_of


class ResultsView(ListAPIView[Attempt]):
    serializer_class = AttemptResultSerializer
    throttle_classes = [throttles.ReadThrottle]
    filter_backends: list[Any] = []

    def get_queryset(self) -> QuerySet[Attempt]:
        if getattr(self, "swagger_fake_view", False):
            return Attempt.objects.none()
        return results_of(cast(Person, self.request.user))

    @extend_schema(operation_id="quiz_results_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One's attempts at all quizzes, open ones too, the newest first: state, grade and receipt.

        No question and no answer: those come with the attempt, by its quiz's review policy.
        """
        rows = cast(Sequence[Attempt], self.paginate_queryset(self.get_queryset()))
        reviews = selectors.reviewable(rows)
        return self.get_paginated_response([_shown(attempt, *reviews[attempt.pk]) for attempt in rows])


def _shown(attempt: Attempt, is_review_allowed: bool, review_from: datetime | None) -> dict[str, Any]:
    return {
        "id": str(attempt.public_id),
        "quiz": attempt.quiz.title,
        "number": attempt.number,
        "state": attempt.state,
        "opened_at": attempt.opened_at,
        "ends_at": selectors.ends_at(attempt) if attempt.is_open else None,
        "closed_at": attempt.closed_at,
        "receipt": attempt.receipt,
        "return_url": attempt.return_url,
        "points": None if attempt.points is None else f"{attempt.points:.2f}",
        "points_possible": f"{attempt.points_possible:.2f}",
        "percent": None if attempt.percent is None else f"{attempt.percent:.1f}",
        "pass_percent": f"{attempt.pass_percent:.1f}",
        "is_passed": attempt.is_passed,
        "waits_for_marks": attempt.waits_for_marks,
        "is_review_allowed": is_review_allowed,
        "review_from": review_from,
    }
