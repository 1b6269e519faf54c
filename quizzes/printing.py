"""JSON with gaps: what is the same for everybody is written once, what one paper decides is put between. Pure."""

import json
import re
import secrets
from collections.abc import Callable
from typing import Any

# Nobody's words hold it.
_SECRET = secrets.token_hex(16)
_GAP = re.compile(f'"{_SECRET}:([a-z]+):([0-9]+)"')


def written(value: Any) -> str:
    """`value` as JSON, as short as it can be."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def gap(name: str, number: int = 0) -> str:
    """What to put into a value in the place of something that is not known yet."""
    return f"{_SECRET}:{name}:{number}"


class Form:
    """`value` as JSON; `fill(name, number)` says the JSON of each of its gaps."""

    def __init__(self, value: Any, write: Callable[[Any], str] = written) -> None:
        pieces = _GAP.split(write(value))
        self.begin = pieces[0]
        self.rest = [(name, int(number), text) for name, number, text in zip(*[iter(pieces[1:])] * 3, strict=True)]

    def filled(self, fill: Callable[[str, int], str]) -> str:
        parts = [self.begin]
        for name, number, text in self.rest:
            parts.append(fill(name, number))
            parts.append(text)
        return "".join(parts)

    def numbered(self, number: int) -> str:
        """With this number in every gap."""
        return self.filled(lambda _name, _number: str(number))
