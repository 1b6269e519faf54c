"""How often a stranger may try: counted in the cache, by address and by a keyed hash of what was tried."""

from allauth.core import ratelimit
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from cms.shared.errors import TooManyRequests
from cms.shared.http import error_body, wants_json

# The longest that ACCOUNT_RATE_LIMITS lets somebody wait for these.
PAUSE_MINUTES = {"activation_failed": 15, "statement_failed": 15, "register": 60}


def may_try(request: HttpRequest, action: str, *, key: str = "") -> bool:
    """Whether `action` is still open to this address and `key`; counts nothing."""
    return ratelimit.consume(request, action=action, key=key, dry_run=True)


def count(request: HttpRequest, action: str, *, key: str = "") -> None:
    ratelimit.consume(request, action=action, key=key)


def paused(request: HttpRequest, action: str) -> HttpResponse:
    """429, with the time after which it may be tried again."""
    minutes = PAUSE_MINUTES[action]
    if wants_json(request):
        response: HttpResponse = JsonResponse(error_body(TooManyRequests()), status=429)
    else:
        context = {"minutes": minutes, "action": action}
        response = render(request, "organisations/paused.html", context, status=429)
    response["Retry-After"] = str(minutes * 60)
    return response
