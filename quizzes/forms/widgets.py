"""The fields of the question types in a plain form, and the value that they say.

A value made here may not be in its one written form yet, or fit at all: `grading.normalise` says so.
"""

from collections.abc import Callable, Mapping

from django.http import QueryDict

from quizzes.selectors import ItemView


def _fields(data: QueryDict, item: ItemView, *names: str) -> dict[str, str]:
    """The posted fields `q-<id>.<name>` without blanks around them."""
    return {name: data.get(f"q-{item.id}.{name}", "").strip() for name in names}


def choice_fields(data: QueryDict, item: ItemView) -> dict[str, str]:
    return {"": "".join(sorted(data.getlist(f"q-{item.id}")))}


def number_fields(data: QueryDict, item: ItemView) -> dict[str, str]:
    return _fields(data, item, "number", "unit")


def text_fields(data: QueryDict, item: ItemView) -> dict[str, str]:
    return {"": data.get(f"q-{item.id}", "").strip()}


def order_fields(data: QueryDict, item: ItemView) -> dict[str, str]:
    return _fields(data, item, *(option.key for option in item.options))


def match_fields(data: QueryDict, item: ItemView) -> dict[str, str]:
    return _fields(data, item, *(str(number) for number in range(1, len(item.settings["prompts"]) + 1)))


def hotspot_fields(data: QueryDict, item: ItemView) -> dict[str, str]:
    fields = {}
    for axis in ("x", "y"):
        for place, typed in enumerate(data.getlist(f"q-{item.id}.{axis}")[: item.settings["points"]]):
            fields[f"{axis}{place}"] = typed.strip()
    return fields


def grading_fields(data: QueryDict, item: ItemView) -> dict[str, str]:
    return _fields(data, item, *(row["code"] for row in item.settings["rubric"]["items"]), "grade")


def essay_fields(data: QueryDict, item: ItemView) -> dict[str, str]:
    # Forms send a line's end as two characters.
    return {"text": data.get(f"q-{item.id}", "").replace("\r\n", "\n").strip()}


def file_fields(data: QueryDict, item: ItemView) -> dict[str, str]:
    """The id of the file; a file sent with this form has put its own there (`views.files.received`)."""
    return {"": "" if f"q-{item.id}.remove" in data else data.get(f"q-{item.id}", "")}


def _number(fields: Mapping[str, str], item: ItemView) -> str:
    # A unit alone is no answer; one typed after the number is read there.
    number = fields["number"]
    return f"{number} {fields['unit']}".strip() if number and not number[-1].isalpha() else number


def _text(fields: Mapping[str, str], item: ItemView) -> str:
    return fields[""]


def _essay(fields: Mapping[str, str], item: ItemView) -> str:
    return fields["text"]


def _order(fields: Mapping[str, str], item: ItemView) -> str:
    placed = {key: place for key, place in fields.items() if place}
    if not placed:
        return ""
    in_order = sorted(placed, key=lambda key: (len(placed[key]), placed[key]))
    # Two options in one place, or one without any, make no order.
    is_order = [placed[key] for key in in_order] == [str(place) for place in range(1, len(item.options) + 1)]
    return "".join(in_order) if is_order else "?"


def _match(fields: Mapping[str, str], item: ItemView) -> str:
    return ",".join(f"{number}{letter}" for number, letter in fields.items() if letter)


def _hotspot(fields: Mapping[str, str], item: ItemView) -> str:
    points = [(fields.get(f"x{place}", ""), fields.get(f"y{place}", "")) for place in range(item.settings["points"])]
    return ";".join(f"{x},{y}" for x, y in points if x or y)


def _grading(fields: Mapping[str, str], item: ItemView) -> str:
    signs = ",".join(f"{code}{sign}" for code, sign in fields.items() if code != "grade" and sign)
    return f"{signs};{fields['grade']}" if signs or fields["grade"] else ""


Fields = Callable[[QueryDict, ItemView], dict[str, str]]
Value = Callable[[Mapping[str, str], ItemView], str]
# Family → (the fields that were posted, the value that they say).
FAMILIES: Mapping[str, tuple[Fields, Value]] = {
    "choice": (choice_fields, _text),
    "number": (number_fields, _number),
    "text": (text_fields, _text),
    "order": (order_fields, _order),
    "match": (match_fields, _match),
    "hotspot": (hotspot_fields, _hotspot),
    "grading": (grading_fields, _grading),
    "essay": (essay_fields, _essay),
    "file": (file_fields, _text),
}
# Families whose honest fields may make no answer, so that the page asks for them again.
UNREADABLE = frozenset({"number", "order", "hotspot", "essay"})
