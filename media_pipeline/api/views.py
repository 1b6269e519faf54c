import uuid
from typing import cast

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView

from cms.shared.errors import TooLarge
from media_pipeline.api.serializers import AcknowledgementSerializer, BatchSerializer
from media_pipeline.selectors.watching import play_session
from media_pipeline.services.watching import MAX_PIECES, PlayedPiece, record_batch
from organisations.models import Person

# A batch of MAX_PIECES pieces takes about 20 kB.
MAX_BODY_BYTES = 64 * 1024


class BatchThrottle(UserRateThrottle):
    """A player sends six batches a minute; ten players that catch up after an outage stay below this."""

    scope = "watch_batches"
    rate = "240/min"


class BatchesView(APIView):
    throttle_classes = [BatchThrottle]

    @extend_schema(
        operation_id="play_session_batch", request=BatchSerializer, responses={200: AcknowledgementSerializer}
    )
    def post(self, request: Request, session: uuid.UUID) -> Response:
        """Report what was played. Sending the same client id and sequence again changes nothing."""
        if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY_BYTES or _pieces(request) > MAX_PIECES:
            raise TooLarge
        batch = BatchSerializer(data=request.data)
        batch.is_valid(raise_exception=True)
        sent = batch.validated_data
        result = record_batch(
            session=play_session(person=cast(Person, request.user), public_id=session),
            client_id=sent["client_id"],
            sequence=sent["sequence"],
            pieces=[PlayedPiece(**piece) for piece in sent["pieces"]],
            position_s=sent["position_s"],
        )
        return Response(AcknowledgementSerializer(result).data)


def _pieces(request: Request) -> int:
    pieces = request.data.get("pieces") if isinstance(request.data, dict) else None
    return len(pieces) if isinstance(pieces, list) else 0
