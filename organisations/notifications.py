"""Messages to people: in-app at once, by mail when the person has an address. One key is sent once.

The text of a kind is the template `<package>/notifications/<name>.txt` for "package.name"
("organisations/notifications/<kind>.txt" without a dot): its first line is the subject, the rest the text. It is
rendered with `params` when it is shown, in the reader's language, and says nothing private: mails pass strangers.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.template import Context, Engine, TemplateDoesNotExist
from django.utils import translation
from django.utils.translation import gettext as _

from cms.shared import jobs
from cms.shared.free_text import without_numbers
from organisations.models import Notification, Person

SEND_TASK = "organisations.send_mails"


@dataclass(frozen=True)
class Message:
    """A notification as its reader sees it."""

    subject: str
    text: str


def notify(*, person: Person, kind: str, params: dict[str, Any], key: str, link: str = "") -> Notification | None:
    """Tell `person` something once; None if `key` was sent before. `link` is a path of this site ("/zh-hans/…")."""
    notification, is_new = Notification.objects.get_or_create(
        person=person, key=key, defaults={"kind": kind, "params": _kept(params), "link": link}
    )
    if not is_new:
        return None
    if person.email:
        transaction.on_commit(lambda: jobs.send(SEND_TASK))
    return notification


def notify_many(*, people: Iterable[Person], kind: str, params: dict[str, Any], key: str) -> None:
    """Tell many the same, each once; whoever got `key` before is passed over."""
    kept = _kept(params)
    told = [Notification(person=person, kind=kind, params=kept, key=key) for person in people]
    Notification.objects.bulk_create(told, ignore_conflicts=True)
    if any(notification.person.email for notification in told):
        transaction.on_commit(lambda: jobs.send(SEND_TASK))


def notify_each(*, told: Iterable[tuple[Person, dict[str, Any], str, str]], kind: str) -> None:
    """Tell many their own: (person, params, key, link) each; whoever got the key before is passed over."""
    rows = [
        Notification(person=person, kind=kind, params=_kept(params), key=key, link=link)
        for person, params, key, link in told
    ]
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    if any(row.person.email for row in rows):
        transaction.on_commit(lambda: jobs.send(SEND_TASK))


def _kept(params: dict[str, Any]) -> dict[str, Any]:
    """Without the numbers that people write into reasons: what is told lies in clear and goes out by mail."""
    return {name: without_numbers(value) if isinstance(value, str) else value for name, value in params.items()}


def template_of(kind: str) -> str:
    package, _dot, name = kind.rpartition(".")
    return f"{package or 'organisations'}/notifications/{name}.txt"


def message(notification: Notification, *, language: str | None = None) -> Message:
    """Subject and text in `language` (default: the language now active)."""
    with translation.override(language or translation.get_language()):
        try:
            template = Engine.get_default().get_template(template_of(notification.kind))
        except TemplateDoesNotExist:
            return Message(_("There is news for you"), _("Sign in to see what has changed."))
        # Plain text: it is escaped where it is shown.
        context = Context({**notification.params, "link": notification.link}, autoescape=False)
        rendered = template.render(context)
        subject, _newline, text = rendered.strip().partition("\n")
        return Message(subject.strip(), text.strip())
