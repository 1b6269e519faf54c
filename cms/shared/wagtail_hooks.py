"""Wagtail: documents of drafts are for editors."""

from typing import Any

from django.http import Http404, HttpRequest
from wagtail import hooks

from cms.shared.pictures import is_editor, is_published


@hooks.register("before_serve_document")
def refuse_unpublished_document(document: Any, request: HttpRequest) -> None:
    """A document's address can be guessed; until a published page offers it, it answers to editors only."""
    if not is_published(document) and not is_editor(request):
        raise Http404
