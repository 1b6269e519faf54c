import smtplib
from datetime import date, timedelta

import pytest
from django.core import mail
from django.utils import timezone

from organisations.enums import Role
from organisations.models import Notification
from organisations.notifications import message, notify
from organisations.services import messages
from organisations.services.roles import grant_role
from organisations.tasks import send_mails
from tests.factories.organisations import NodeFactory, PersonFactory

pytestmark = pytest.mark.django_db


def test_key_is_sent_once_and_texts_follow_the_reader() -> None:
    person = PersonFactory()
    first = notify(person=person, kind="welcome", params={}, key="k")
    assert notify(person=person, kind="welcome", params={}, key="k") is None
    assert message(first, language="en").subject == "Welcome to Isocenter"
    assert Notification.objects.count() == 1


def test_mails_are_sent_once_to_those_who_want_them(settings) -> None:
    reader = PersonFactory(email="r@example.org", language="en")
    notify(person=reader, kind="welcome", params={}, key="1", link="/en/learning/")
    notify(person=PersonFactory(), kind="welcome", params={}, key="1")
    notify(person=PersonFactory(email="gone@example.org", is_active=False), kind="welcome", params={}, key="1")
    old = notify(person=reader, kind="welcome", params={}, key="2")
    Notification.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=4))
    seen = notify(person=reader, kind="welcome", params={}, key="3")
    messages.mark_read(person=reader, public_id=seen.public_id)
    assert messages.send_mails() == 1
    send_mails()
    assert [(sent.to, sent.subject) for sent in mail.outbox] == [(["r@example.org"], "Welcome to Isocenter")]
    assert f"{settings.WAGTAILADMIN_BASE_URL}/en/learning/" in mail.outbox[0].body
    assert reader.name not in mail.outbox[0].body


def test_refusing_mail_server_leaves_the_message_waiting(settings) -> None:
    person = PersonFactory(email="r@example.org")
    notify(person=person, kind="welcome", params={}, key="1")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert issubclass(smtplib.SMTPException, OSError)
    assert messages.send_mails() == 0
    assert Notification.objects.get().mailed_at is None


def test_message_keeps_signs_as_they_were_written() -> None:
    person = PersonFactory()
    notice = notify(
        person=person,
        kind="credits.duplicate_refused",
        key="k",
        params={"title": "A & B", "other": "<C>", "day": "2026-05-01"},
    )
    assert notice is not None
    assert message(notice, language="en").text.startswith("“A & B” is the same activity at the same time as “<C>” of")


def test_granted_role_is_named_in_the_readers_language() -> None:
    person, node = PersonFactory(), NodeFactory(name="演示·分会")
    grant_role(by=None, person=person, role=Role.LECTURER, node=node, begins=date(2026, 1, 1))
    notice = Notification.objects.get(person=person, kind="role_granted")
    assert message(notice, language="en").text.startswith("From now on: Lecturer, 演示·分会.")
    assert message(notice, language="zh-hans").text.startswith("即日起担任：讲师（演示·分会）。")
