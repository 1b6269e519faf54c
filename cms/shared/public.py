"""Public pages: the same bytes for everybody, kept by shared caches for five minutes, named by an ETag."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.utils.cache import get_conditional_response, patch_cache_control, set_response_etag

SHARED_SECONDS = 300


def public(request: HttpRequest, response: HttpResponse) -> HttpResponseBase:
    """`response` for any cache; a 304 if the browser has just this page. Nothing of a session may be in it."""
    if isinstance(response, SimpleTemplateResponse):
        response.render()
    patch_cache_control(response, public=True, max_age=0, s_maxage=SHARED_SECONDS)
    set_response_etag(response)
    # The template context offers a CSRF token and messages; a page that used them would set a cookie or vary by it.
    return get_conditional_response(request, etag=response["ETag"], response=response) or response


def private(response: HttpResponse) -> HttpResponse:
    """`response` for its reader alone: no cache keeps it."""
    patch_cache_control(response, private=True, no_store=True)
    return response
