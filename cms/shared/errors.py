"""The one error tree. Services raise; `cms.shared.http` catches once at the edge and answers in JSON or HTML."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """Something a person can act on. `message` tells the reader what to do next, in the reader's language.

    `params` fill placeholders of the message and are returned with the JSON face; nothing personal goes in.
    """

    code = "error"
    http_status = 400
    message: str | Promise = _("This could not be done. Please try again.")

    def __init__(self, message: str | Promise | None = None, **params: Any) -> None:
        if message is not None:
            self.message = message
        self.params = params
        super().__init__(self.code)

    def __str__(self) -> str:
        text = str(self.message)
        return text % self.params if self.params and "%(" in text else text


class InvalidInput(DomainError):
    code, http_status = "invalid_input", 400
    message = _("Some of what was sent cannot be used. Please correct it and send it again.")


class NotSignedIn(DomainError):
    code, http_status = "not_signed_in", 403
    message = _("Please sign in first.")


class OutOfScope(DomainError):
    code, http_status = "out_of_scope", 403
    message = _("Your role does not reach this. Ask your unit's administrator if it should.")


class NotFound(DomainError):
    code, http_status = "not_found", 404
    message = _("This does not exist, or you may not see it.")


class Conflict(DomainError):
    code, http_status = "conflict", 409
    message = _("This was changed in the meantime. Load the page again.")


class TooLarge(DomainError):
    code, http_status = "too_large", 413
    message = _("This is too large.")


class TooManyRequests(DomainError):
    code, http_status = "too_many_requests", 429
    message = _("Too many requests. Please wait a minute and try again.")


class StorageUnavailable(DomainError):
    code, http_status = "storage_unavailable", 503
    message = _("The file storage does not answer. Nothing was changed; please try again in a few minutes.")


class ServerFault(DomainError):
    code, http_status = "internal_error", 500
    message = _("Something went wrong on our side. Nothing you did is lost; please try again in a minute.")
