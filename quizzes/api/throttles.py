"""How fast one person may go. A learner changes answers by hand; a stuck client must not take the server down."""

from rest_framework.parsers import MultiPartParser
from rest_framework.throttling import UserRateThrottle

from cms.shared.errors import TooLarge
from cms.shared.parsers import BodyParser
from cms.shared.throttles import HandfulThrottle
from quizzes.services.answer_contents import MOST_BYTES

# A client sends about 60 kB at once, and one essay whatever its length.
MAX_BODY = 1024 * 1024


class OpenThrottle(HandfulThrottle):
    scope, rate = "quiz_open", "60/min"


class ReadThrottle(HandfulThrottle):
    scope, rate = "quiz_read", "240/min"


class SaveThrottle(HandfulThrottle):
    scope, rate = "quiz_save", "600/min"


class SubmitThrottle(HandfulThrottle):
    scope, rate = "quiz_submit", "300/min"


class ObjectionThrottle(UserRateThrottle):
    scope, rate = "quiz_objection", "30/min"


class FileThrottle(UserRateThrottle):
    scope, rate = "quiz_file", "30/min"


class FileParser(MultiPartParser):
    """Refuses a body that holds more than a file may, before reading it."""

    def parse(self, stream, media_type=None, parser_context=None):  # type: ignore[no-untyped-def]
        request = (parser_context or {})["request"]
        if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES + MAX_BODY:
            raise TooLarge()
        return super().parse(stream, media_type, parser_context)


class SmallJSONParser(BodyParser):
    """Refuses a body that no honest client sends, before reading it."""

    def parse(self, stream, media_type=None, parser_context=None):  # type: ignore[no-untyped-def]
        request = (parser_context or {})["request"]
        if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY:
            raise TooLarge()
        return super().parse(stream, media_type, parser_context)
