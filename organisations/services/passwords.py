"""One's own present password, asked for once more in an open session: guesses are counted by account and limited.

They stand in the table of the sign-in's lock-out, under the same keyed hash, so that the unit's administrator ends both
pauses with one button; a stolen session is one account wherever it is used from, so the network address plays no part.
"""

from axes.models import AccessAttempt
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from organisations import audit
from organisations.deeds import Deed
from organisations.models import Person
from organisations.selectors.access import lock_index

# What stands instead of an address and a browser: these guesses are not of the sign-in.
_ELSEWHERE = {"ip_address": "0.0.0.0", "user_agent": "open session"}  # noqa: S104 - nothing listens here


class WrongPassword(errors.InvalidInput):
    code = "wrong_password"
    message = _("This is not your present password. Nothing was done.")


class PasswordPaused(errors.DomainError):
    code, http_status = "password_paused", 429
    message = _(
        "The password was wrong too often. Nothing was done. Try again after %(minutes)s minutes; if you have "
        "forgotten it, your unit's administrator can reset it."
    )


def prove(*, person: Person, password: str) -> None:
    """Raises WrongPassword; PasswordPaused after five wrong ones, without a look at the next ones for 15 minutes.

    Call it outside of a transaction, so that a guess stays counted when what it was for is undone.
    """
    if not password:  # nothing was guessed
        raise WrongPassword
    guesses = AccessAttempt.objects.filter(username=lock_index(str(person.public_id)), **_ELSEWHERE)
    # Counted before it is compared: many at once cannot be more than five.
    nth = _counted(person)
    if not person.check_password(password):
        if nth == settings.AXES_FAILURE_LIMIT:
            audit.record(by=person, verb=Deed.PASSWORD_PAUSED, target=person)
        raise WrongPassword
    guesses.delete()


@transaction.atomic(durable=True)
def _counted(person: Person) -> int:
    """Which guess this is, 1 to five. Raises PasswordPaused."""
    now = timezone.now()
    row, _is_new = AccessAttempt.objects.get_or_create(
        username=lock_index(str(person.public_id)), **_ELSEWHERE, defaults={"failures_since_start": 0}
    )
    rows = AccessAttempt.objects.filter(pk=row.pk)
    rows.filter(attempt_time__lte=now - settings.AXES_COOLOFF_TIME).update(failures_since_start=0)
    waiting = rows.filter(failures_since_start__lt=settings.AXES_FAILURE_LIMIT)
    if waiting.update(failures_since_start=F("failures_since_start") + 1, attempt_time=now) != 1:
        raise PasswordPaused(minutes=int(settings.AXES_COOLOFF_TIME.total_seconds() // 60))
    return int(rows.values_list("failures_since_start", flat=True).get())
