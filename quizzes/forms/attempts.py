"""The attempt page as a plain form: what was posted, as answer events."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.http import QueryDict

from quizzes import grading, protocol, selectors
from quizzes.forms.widgets import FAMILIES, UNREADABLE
from quizzes.selectors import ItemView
from quizzes.services.attempts import FORM_CLIENT


@dataclass(frozen=True)
class Posted:
    """`events` are the answers that changed, `typed` by item the fields that make no answer and must be corrected."""

    events: list[protocol.Event]
    typed: Mapping[str, Mapping[str, str]]


def read(data: QueryDict, sheet: selectors.Sheet) -> Posted:
    """An event for every answer that differs from what its form was rendered with (`was-<id>`).

    What this form left alone stays as another tab or device has saved it meanwhile. A form holds nothing of items that
    were locked, or not open yet, when it was rendered.
    """
    counter = protocol.latest(sheet.attempt.answers)
    events, typed = [], {}
    for item in sheet.items:
        fields_of, value_of = FAMILIES[item.family]
        fields = fields_of(data, item)
        value = value_of(fields, item)
        written = _written(value, item)
        if written == data.get(f"was-{item.id}", "").replace("\r\n", "\n"):
            continue
        if item.is_open and item.family in UNREADABLE and written is None:
            typed[item.id] = fields
            continue
        counter += 1
        # What no honest form says is for the service to refuse.
        events.append(protocol.Event(item.id, value if written is None else written, counter, FORM_CLIENT))
    return Posted(events, typed)


def _written(value: str, item: ItemView) -> str | None:
    """`value` in its one written form, None if it makes no answer."""
    keys = "".join(option.key for option in item.options)
    try:
        return grading.normalise(value, grading.Item(item.id, item.type, "", item.points, keys, item.settings))
    except ValueError:
        return None


def retyped(sheet: selectors.Sheet, typed: Mapping[str, Mapping[str, str]]) -> selectors.Sheet:
    """`sheet` with what was typed in the fields that make no answer."""

    def again(group: selectors.GroupView) -> selectors.GroupView:
        return replace(group, items=tuple(replace(item, typed=typed.get(item.id)) for item in group.items))

    sections = (replace(section, groups=tuple(again(group) for group in section.groups)) for section in sheet.sections)
    return replace(sheet, sections=tuple(sections))
