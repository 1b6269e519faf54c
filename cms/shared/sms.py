"""A port for short messages. None is shipped: an installation names the class of its gateway in SMS_DRIVER."""

from functools import cache
from typing import Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string


class Driver(Protocol):
    """What a gateway's class offers. It is made once, without arguments, and reads its own settings."""

    def send(self, *, phone: str, text: str) -> None:
        """Hand `text` over for the number `phone` (E.164). Raises OSError if the gateway does not take it.

        Neither may be written to a log: texts hold codes.
        """


def driver() -> Driver | None:
    """The gateway of this installation; None where there is none, and then nothing offers to send."""
    return _made(settings.SMS_DRIVER) if settings.SMS_DRIVER else None


@cache
def _made(path: str) -> Driver:
    try:
        made = import_string(path)()
    except (ImportError, TypeError) as error:
        raise ImproperlyConfigured(
            f"SMS_DRIVER: {path!r} is not a class that can be made without arguments."
        ) from error
    if not callable(getattr(made, "send", None)):
        raise ImproperlyConfigured(f"SMS_DRIVER: {path!r} has no method send(phone=…, text=…).")
    ready: Driver = made
    return ready
