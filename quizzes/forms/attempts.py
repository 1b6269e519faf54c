"""The attempt page as a plain form: what was posted, as answer events."""

from collections.abc import Callable, Mapping

from django.http import QueryDict

from quizzes import protocol, selectors
from quizzes.selectors import ItemView
from quizzes.services.attempts import FORM_CLIENT


def _choice(data: QueryDict, item: ItemView) -> str:
    return "".join(sorted(data.getlist(f"q-{item.id}")))


# Family of the question → the value that its form fields say.
FROM_FORM: Mapping[str, Callable[[QueryDict, ItemView], str]] = {"choice": _choice}


def changes(data: QueryDict, sheet: selectors.Sheet) -> list[protocol.Event]:
    """An event for every answer that differs from what its form was rendered with (`was-<id>`).

    What this form left alone stays as another tab or device has saved it meanwhile. A form holds nothing of items that
    were locked, or not open yet, when it was rendered.
    """
    counter = protocol.latest(sheet.attempt.answers)
    events = []
    for item in sheet.items:
        value = FROM_FORM[item.family](data, item)
        if value != data.get(f"was-{item.id}", ""):
            counter += 1
            events.append(protocol.Event(item.id, value, counter, FORM_CLIENT))
    return events
