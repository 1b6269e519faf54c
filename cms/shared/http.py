"""The edge: request ids, the two faces of an error (JSON, HTML), pagination, what every template knows."""

import logging
import re
import time
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import structlog
from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import render
from django.template.loader import render_to_string, select_template
from django.utils.translation import gettext as _
from rest_framework import exceptions as api
from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response
from rest_framework.views import exception_handler

from cms.shared import errors

logger = structlog.get_logger(__name__)

# Asked every few seconds by machines.
QUIET_ROUTES = {"healthz", "readyz", "metrics"}
API_PREFIX = "/api/"
OUTSIDE_LANGUAGES = (API_PREFIX, "/admin/", "/documents/", "/lectures/", "/media/", "/static/")
_address: ContextVar[str] = ContextVar("client_address", default="")
_REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")


class RequestIdMiddleware:
    """Gives every request an id: in every log line, in the X-Request-ID header, and in the jobs it queues."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        offered = request.headers.get("X-Request-ID", "")
        request_id = offered if _REQUEST_ID.match(offered) else uuid.uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        address = _address.set(client_address(request))
        try:
            response = self.get_response(request)
        finally:
            _address.reset(address)
        response["X-Request-ID"] = request_id
        return response


class RequestLogMiddleware:
    """One line for every answer: which page (its route, so that no token or code is written), how long, which state."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        begun = time.monotonic()
        response = self.get_response(request)
        route = request.resolver_match.route if request.resolver_match else ""
        if route not in QUIET_ROUTES and not request.path_info.startswith(settings.STATIC_URL):
            logger.log(
                logging.ERROR if response.status_code >= 500 else logging.INFO,
                "request",
                method=request.method,
                route=route,
                status=response.status_code,
                ms=round((time.monotonic() - begun) * 1000),
            )
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        if not isinstance(error, errors.DomainError | Http404 | PermissionDenied):
            logger.error("request_error", exc_info=error)


class PolicyMiddleware(CSPMiddleware):
    """The content security policy; a second, documented one where Wagtail's admin and the API's pages need it."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request=request, response=response, report_only=report_only)
        if not report_only and request.path_info.startswith(settings.ADMIN_POLICY_PREFIXES):
            parts.config = settings.ADMIN_POLICY
        return parts


class NulMiddleware:
    """Refuses an address with a NUL in it: no page has one, and PostgreSQL raises when it is asked for one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest
        return self.get_response(request)


class SlidingSessionMiddleware:
    """Keeps the session of somebody who is at work, writing it at most every SESSION_TOUCH_S seconds.

    A page that asked nothing of the session stays without cookie, so that it can be cached for everybody.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        session = request.session
        if session.accessed and SESSION_KEY in session:
            now = int(time.time())
            if now - int(session.get("touched", 0)) >= settings.SESSION_TOUCH_S:
                session["touched"] = now
        return response


class LanguageMiddleware(LocaleMiddleware):
    """The URL decides the language. What lies outside the languages (API, files) stays where it is when not found."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.status_code == 404 and request.path.startswith(OUTSIDE_LANGUAGES):
            return response
        return super().process_response(request, response)


class DomainErrorMiddleware:
    """Answers a `DomainError` that a view let pass."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return error_response(request, error) if isinstance(error, errors.DomainError) else None


def wants_json(request: HttpRequest) -> bool:
    return request.path.startswith(API_PREFIX) or (
        request.accepts("application/json") and not request.accepts("text/html")
    )


def error_body(error: errors.DomainError) -> dict[str, Any]:
    return {"code": error.code, "message": str(error), "params": error.params}


def error_response(request: HttpRequest, error: errors.DomainError) -> HttpResponse:
    if wants_json(request):
        return JsonResponse(error_body(error), status=error.http_status)
    return render(request, "errors/domain.html", {"error": error, "message": str(error)}, status=error.http_status)


def api_exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every API error has the one shape {code, message, params[, fields]}."""
    if isinstance(error, errors.DomainError):
        return Response(error_body(error), status=error.http_status)
    if isinstance(error, Http404):
        return Response(error_body(errors.NotFound()), status=404)
    if isinstance(error, PermissionDenied | api.PermissionDenied):
        return Response(error_body(errors.OutOfScope()), status=403)
    response = exception_handler(error, context)
    if response is not None and isinstance(error, api.APIException):
        body: dict[str, Any] = {
            "code": str(error.default_code),
            "message": str(error.default_detail),
            "params": {},
        }
        if isinstance(error, api.ValidationError):
            body = {**error_body(errors.InvalidInput()), "fields": response.data}
        elif isinstance(error, api.NotAuthenticated | api.AuthenticationFailed):
            body = error_body(errors.NotSignedIn())
        elif isinstance(error, api.Throttled):
            body = error_body(errors.TooManyRequests())
        response.data = body
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error_response(
        request, errors.OutOfScope(_("This form is out of date. Load the page again and send it once more."))
    )


def client_address(request: HttpRequest) -> str:
    """The address the request came from, as seen by the outermost of our TRUSTED_PROXY_COUNT proxies."""
    hops = settings.TRUSTED_PROXY_COUNT
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if hops and len(forwarded) >= hops:
        return forwarded[-hops]
    return str(request.META.get("REMOTE_ADDR", ""))


def current_address() -> str:
    """The client's address of the request being answered, "" outside of one."""
    return _address.get()


def error_page(request: HttpRequest, error: errors.DomainError) -> HttpResponse:
    """The page of a status as a whole (404.html …), or JSON where JSON was asked for."""
    if wants_json(request):
        return JsonResponse(error_body(error), status=error.http_status)
    template = select_template([f"{error.http_status}.html", "errors/domain.html"])
    return HttpResponse(template.render({"error": error, "message": str(error)}, request), status=error.http_status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler400; a body larger than allowed is a 413."""
    if isinstance(exception, RequestDataTooBig):
        return error_page(request, errors.TooLarge())
    return error_page(request, errors.InvalidInput())


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, errors.OutOfScope())


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, errors.NotFound())


def unknown_address(request: HttpRequest) -> HttpResponse:
    """For what no route under /api/ answers; the redirect to a language is for pages."""
    raise errors.NotFound


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500: nothing of it may need the database or a session, which may be what failed."""
    if wants_json(request):
        return JsonResponse(error_body(errors.ServerFault()), status=500)
    return HttpResponse(render_to_string("500.html"), status=500)


def site_context(request: HttpRequest) -> dict[str, Any]:
    return {
        "ICP_NUMBER": settings.ICP_NUMBER,
        "PUBLIC_SECURITY_NUMBER": settings.PUBLIC_SECURITY_NUMBER,
        "DEMO": settings.DEMO_ALLOWED,
    }


class Pagination(PageNumberPagination):
    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100


def only_our_api(endpoints: list[tuple[str, str, str, Any]]) -> list[tuple[str, str, str, Any]]:
    """Keeps Wagtail's admin endpoints out of our schema."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/api/v1/")]
