from django.utils.translation import gettext_lazy as _

from cms.shared.errors import DomainError


class OfferClosed(DomainError):
    code, http_status = "offer_closed", 409
    message = _("This course is not on offer today. Look in the catalogue for the dates of its next offer.")


class AlreadyStudying(DomainError):
    code, http_status = "already_studying", 409
    message = _("You are already studying this course under another offer. Finish or leave that one first.")


class AlreadyCompleted(DomainError):
    code, http_status = "already_completed", 409
    message = _("You have completed this course; it cannot be left any more. Your record stays.")


class NotEnrolled(DomainError):
    code, http_status = "not_enrolled", 403
    message = _("Enrol in the course first; then its lessons open.")


class WrongKind(DomainError):
    code, http_status = "wrong_kind", 409
    message = _("This lesson is not completed in this way. Load the page again.")


class NotOpened(DomainError):
    code, http_status = "not_opened", 409
    message = _("Open the lesson and read it first; then confirm.")


class MinutesOutOfRange(DomainError):
    code, http_status = "minutes_out_of_range", 400
    message = _("Enter the minutes really taught: more than 0 and at most %(planned)s.")


class OwnSignOff(DomainError):
    code, http_status = "own_sign_off", 403
    message = _("Nobody signs off their own part. Ask another authorised person.")


class DayOutOfRange(DomainError):
    code, http_status = "day_out_of_range", 400
    message = _("Enter the day on which it was taught: from %(first)s to %(last)s.")
