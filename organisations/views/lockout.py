"""Lock-out after wrong passwords: counted by account and address together, and nothing personal in its tables."""

from typing import Any

from axes.helpers import get_cool_off
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from cms.shared.errors import TooManyRequests
from cms.shared.http import error_body, wants_json
from organisations import selectors
from organisations.selectors.access import lock_index


def account_index(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str | None:
    """The keyed hash under which attempts on an account are counted, the same for all its sign-in names."""
    given = credentials or {"username": request.POST.get("login", "")}
    name = str(given.get("username") or given.get("email") or given.get("phone") or "").strip()
    if not name:
        return None
    person = selectors.person_by_sign_in_name(name)
    return lock_index(str(person.public_id) if person else name.lower())


def locked_out(
    request: HttpRequest, original_response: HttpResponse | None = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    cool_off = get_cool_off(request)
    minutes = int(cool_off.total_seconds() // 60) if cool_off else 0
    if wants_json(request):
        response: HttpResponse = JsonResponse(error_body(TooManyRequests()), status=429)
    else:
        response = render(request, "account/locked_out.html", {"minutes": minutes}, status=429)
    response["Retry-After"] = str(minutes * 60)
    return response
