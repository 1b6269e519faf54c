"""The answer to an opening: questions as text that every process keeps, between them what this attempt decides.

It says what `attempt_json` says; what of a question may be seen is decided there and in `selectors`, once a question.
"""

import copy
import uuid
from typing import Any
from weakref import WeakKeyDictionary

from django.utils.translation import get_language
from rest_framework.renderers import JSONRenderer

from quizzes import selectors
from quizzes.api.serializers import attempt_json, group_json
from quizzes.models import Attempt
from quizzes.printing import Form, gap
from quizzes.services.materials import Material
from quizzes.services.papers import VERSION, Paper, Placed

# Stands for the id of the attempt in the addresses of pictures.
_SOME_ATTEMPT = uuid.uuid4()


def _written(value: Any) -> str:
    return bytes(JSONRenderer().render(value)).decode()


class _Shown:
    """A question as the API shows it to whoever has just opened a paper: the gaps are `position` and `options`."""

    def __init__(self, material: Material) -> None:
        group = group_json(_SOME_ATTEMPT, selectors.as_opened(material.group))
        for place, item in enumerate(group["items"]):
            item["position"] = gap("position", place)
            if material.letters[place]:
                item["options"] = gap("options", place)
        self.form = Form(group, _written)
        self.options = material.options_with("text", is_right=None)
        self.has_pictures = str(_SOME_ATTEMPT) in self.form.filled(lambda _name, _number: "")

    def text(self, attempt: Attempt, placed: Placed, before: int) -> str:
        def fill(name: str, place: int) -> str:
            if name == "position":
                return str(before + place + 1)
            return placed.material.options_in(placed.orders[place], place, self.options)

        text = self.form.filled(fill)
        return text.replace(str(_SOME_ATTEMPT), str(attempt.public_id)) if self.has_pictures else text


# By material and language: the two words of true and false are the interface's.
_kept: WeakKeyDictionary[Material, dict[str | None, _Shown]] = WeakKeyDictionary()


def _shown(material: Material) -> _Shown:
    by_language = _kept.setdefault(material, {})
    language = get_language()
    if language not in by_language:
        by_language[language] = _Shown(material)
    return by_language[language]


def opened_json(attempt: Attempt, paper: Paper) -> str:
    """`attempt_json` of the attempt that was just opened with `paper`, as text; no query."""
    shell = copy.copy(attempt)
    shell.paper = {"version": VERSION, "sections": paper.sections, "groups": []}
    body = attempt_json(selectors.sheet(shell))
    groups: list[list[str]] = [[] for _section in paper.sections]
    total = 0
    for placed in paper.placed:
        if body["sections"][placed.section]["state"] == "open":
            groups[placed.section].append(_shown(placed.material).text(attempt, placed, total))
        total += len(placed.orders)
    for index, section in enumerate(body["sections"]):
        section["groups"] = gap("groups", index)
    body["total"] = total
    return Form(body, _written).filled(lambda _name, index: f"[{','.join(groups[index])}]")
