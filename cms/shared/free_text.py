"""What people type in their own words. They write phone and ID numbers into it, where nothing seals them: the numbers
are replaced before anything is stored, and the person is told (`NumbersHiddenMiddleware`)."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db import models
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from cms.shared.http import wants_json
from cms.shared.numbers import hide_numbers

_was_hidden: ContextVar[bool] = ContextVar("numbers_were_hidden", default=False)


def without_numbers(text: str) -> str:
    """`text` as it may be stored; remembers for the answer that something was replaced."""
    kept = hide_numbers(text)
    if kept != text:
        _was_hidden.set(True)
    return kept


if TYPE_CHECKING:
    _CharField = models.CharField[str, str]
else:
    _CharField = models.CharField


class FreeTextField(_CharField):
    """A CharField for reasons, notes and answers: holds no phone and no ID number, however it is written."""

    def deconstruct(self) -> Any:
        """As a CharField: the column is the same, so no migration tells of it."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """The row in hand reads as the stored one."""
        value = super().pre_save(model_instance, add)
        if isinstance(value, str):
            value = without_numbers(value)
            setattr(model_instance, self.attname, value)
        return value

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return without_numbers(value) if isinstance(value, str) else value


class NumbersHiddenMiddleware:
    """Tell whoever typed a number that it was not kept, on the page that comes next."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        told = _was_hidden.set(False)
        try:
            response = self.get_response(request)
            if (
                _was_hidden.get()
                and request.method == "POST"
                and response.status_code < 400
                and not wants_json(request)
            ):
                messages.warning(
                    request,
                    _(
                        "A phone or ID number in your text was replaced by ***: such numbers are kept sealed only. "
                        "Phone numbers are entered on the account's own page."
                    ),
                )
        finally:
            _was_hidden.reset(told)
        return response
