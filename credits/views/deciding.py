"""A unit's answer to what a person stated about themselves: it is so, or it is not and why."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from cms.shared.errors import DomainError


def answer(request: HttpRequest, *, confirm: Callable[[], object], refuse: Callable[[str], object]) -> None:
    """Do what the form says and leave a message; `refuse` is given the reason. What is refused is told, not raised."""
    try:
        if request.POST.get("do") == "confirm":
            confirm()
            messages.success(request, _("It is confirmed, and the person was told."))
        else:
            refuse(request.POST.get("reason", ""))
            messages.success(request, _("It is not confirmed, and the person was told why."))
    except DomainError as error:
        messages.error(request, str(error))
