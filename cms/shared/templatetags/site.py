"""What every page's frame needs. Nothing here runs a query."""

from typing import Any, NamedTuple

from django import template
from django.conf import settings
from django.urls import translate_url
from django.utils.translation import get_language, get_language_info

register = template.Library()


class LanguageLink(NamedTuple):
    code: str
    name: str
    url: str
    is_current: bool


@register.simple_tag(takes_context=True)
def language_links(context: dict[str, Any]) -> list[LanguageLink]:
    """The page in every language, in the order of LANGUAGES.

    A view whose page has other addresses in other languages gives `language_urls` (code → address) in its context; for
    every other page the address is the same but for its prefix.
    """
    request = context.get("request")
    if request is None:
        return []
    own: dict[str, str] = context.get("language_urls") or {}
    current, here = get_language(), request.get_full_path()
    return [
        LanguageLink(
            code,
            str(get_language_info(code)["name_local"]),
            # To find an address costs more than most parts of a page; the one in this language is here.
            own.get(code) or (here if code == current else translate_url(here, code)),
            code == current,
        )
        for code, _name in settings.LANGUAGES
    ]
