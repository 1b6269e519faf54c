"""Every address that the site answers, as the URL resolver knows them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import LocalePrefixPattern


@dataclass(frozen=True)
class Address:
    """`route` as the resolver spells it, without the language; its view; its arguments and their converters."""

    route: str
    callback: Any
    converters: tuple[tuple[str, str], ...]
    has_language: bool

    def path(self, arguments: dict[str, str]) -> str:
        filled = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: arguments[found[1]], self.route)
        return f"/zh-hans/{filled}" if self.has_language else f"/{filled}"


def addresses() -> list[Address]:
    return list(_walk(get_resolver(), "", (), False))


def _walk(
    resolver: URLResolver, above: str, converters: tuple[tuple[str, str], ...], has_language: bool
) -> Iterator[Address]:
    for entry in resolver.url_patterns:
        pattern = entry.pattern
        own = tuple((name, type(found).__name__) for name, found in pattern.converters.items())
        if isinstance(pattern, LocalePrefixPattern):
            yield from _walk(entry, above, converters, True)
        elif isinstance(entry, URLPattern):
            yield Address(above + str(pattern), entry.callback, converters + own, has_language)
        else:
            yield from _walk(entry, above + str(pattern), converters + own, has_language)
