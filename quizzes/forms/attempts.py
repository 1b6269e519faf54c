"""The attempt page as a plain form: what was posted, as answer events."""

from django.http import QueryDict

from quizzes import protocol, selectors
from quizzes.services.attempts import FORM_CLIENT


def changes(data: QueryDict, sheet: selectors.Sheet) -> list[protocol.Event]:
    """An event for every answer that differs from what its form was rendered with (`was-<id>`).

    What this form left alone stays as another tab or device has saved it meanwhile.
    """
    counter = protocol.latest(sheet.attempt.answers)
    events = []
    for question in sheet.questions:
        value = "".join(sorted(data.getlist(f"q-{question.id}")))
        if value != data.get(f"was-{question.id}", ""):
            counter += 1
            events.append(protocol.Event(question.id, value, counter, FORM_CLIENT))
    return events
