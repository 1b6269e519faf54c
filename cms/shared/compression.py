"""Pages and JSON travel compressed; what WhiteNoise serves is compressed already when it is built.

Cookies are SameSite=Lax and CSRF tokens are masked anew in every answer, so that the length of a compressed page
tells another site nothing (BREACH).
"""

import gzip
from collections.abc import Callable

import brotli
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import patch_vary_headers

TEXTS = {"text/html", "text/plain", "text/css", "text/vtt", "application/json", "application/javascript"}
# Below this the header costs more than it saves.
SMALLEST = 500
# What a page may take of the processor: about as much as rendering one of its blocks.
BROTLI_QUALITY, GZIP_LEVEL = 5, 6


def accepted(header: str) -> str:
    """The better of the two codings that the browser takes, "" for neither."""
    offers = {}
    for part in header.lower().split(","):
        name, _, parameters = part.partition(";")
        offers[name.strip()] = parameters.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return next((name for name in ("br", "gzip") if offers.get(name)), "")


class CompressionMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        kind = response.get("Content-Type", "").partition(";")[0].strip()
        if kind not in TEXTS or isinstance(response, StreamingHttpResponse) or not isinstance(response, HttpResponse):
            return response
        if response.has_header("Content-Encoding") or len(response.content) < SMALLEST:
            return response
        patch_vary_headers(response, ["Accept-Encoding"])
        coding = accepted(request.headers.get("Accept-Encoding", ""))
        if coding:
            _encode(response, coding)
        return response


def _encode(response: HttpResponse, coding: str) -> None:
    if coding == "br":
        response.content = brotli.compress(response.content, quality=BROTLI_QUALITY, mode=brotli.MODE_TEXT)
    else:
        response.content = gzip.compress(response.content, compresslevel=GZIP_LEVEL, mtime=0)
    response["Content-Encoding"] = coding
    if response.has_header("Content-Length"):
        response["Content-Length"] = str(len(response.content))
    # The same page in another coding has other bytes: only a weak tag names both.
    tag = response.get("ETag", "")
    if tag and not tag.startswith("W/"):
        response["ETag"] = f"W/{tag}"
