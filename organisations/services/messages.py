"""Messages are read, and sent by mail: each at most once."""

from datetime import timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from cms.shared import errors
from organisations import notifications
from organisations.models import Notification, Person

logger = structlog.get_logger(__name__)

# Older news is not worth a mail: the mail server was away for days.
_MAIL_WITHIN = timedelta(days=3)


def mark_read(*, person: Person, public_id: UUID | str) -> Notification:
    """Mark one of the person's messages read. Raises NotFound if it is not theirs."""
    notification = Notification.objects.filter(person=person, public_id=public_id).first()
    if notification is None:
        raise errors.NotFound
    if Notification.objects.filter(pk=notification.pk, read_at__isnull=True).update(read_at=timezone.now()):
        notification.refresh_from_db()
    return notification


def mark_all_read(*, person: Person) -> int:
    """Mark all messages of a person read; how many were unread."""
    return Notification.objects.filter(person=person, read_at__isnull=True).update(read_at=timezone.now())


def send_mails() -> int:
    """Mail what waits, each message at most once even with two workers; how many were sent.

    An address that the mail server refuses is given up. When the server itself fails, the message stays waiting and
    the rest of the round is left for the next one.
    """
    sent = 0
    waiting = Notification.objects.filter(
        mailed_at__isnull=True,
        read_at__isnull=True,
        created_at__gt=timezone.now() - _MAIL_WITHIN,
        person__email__isnull=False,
        person__is_active=True,
    ).select_related("person")
    for notification in waiting.order_by("pk")[:500]:
        now = timezone.now()
        if not Notification.objects.filter(pk=notification.pk, mailed_at__isnull=True).update(mailed_at=now):
            continue  # another worker has it
        try:
            _mail(notification)
        except (SMTPRecipientsRefused, SMTPDataError) as error:
            # This address or this message is refused for good; the others are not to wait for it.
            logger.warning("mail_refused", notification=notification.pk, error=type(error).__name__)
            continue
        except OSError as error:  # smtplib's errors are OSErrors
            Notification.objects.filter(pk=notification.pk, mailed_at=now).update(mailed_at=None)
            logger.warning("mail_failed", notification=notification.pk, error=type(error).__name__)
            break
        sent += 1
    return sent


def _mail(notification: Notification) -> None:
    person = notification.person
    with translation.override(person.language):
        message = notifications.message(notification)
        parts = [message.text]
        if notification.link:
            parts.append(settings.WAGTAILADMIN_BASE_URL.rstrip("/") + notification.link)
        parts.append(_("Sent by %(site)s. Please do not reply.") % {"site": settings.WAGTAIL_SITE_NAME})
        EmailMessage(subject=message.subject, body="\n\n".join(parts), to=[str(person.email)]).send()
