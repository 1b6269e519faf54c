"""What the API reads. A module of its own: the framework loads it while `cms.shared.http` is being loaded."""

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from cms.shared import errors


class BodyParser(JSONParser):
    """JSON of a sane size and depth: whatever else is sent is refused, not a fault of the server."""

    def parse(self, stream, media_type=None, parser_context=None):  # type: ignore[no-untyped-def]
        request = (parser_context or {})["request"]
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise errors.TooLarge()
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError() from error
