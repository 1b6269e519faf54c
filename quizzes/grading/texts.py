"""Written answers: a short text compared with accepted ones; an essay or a file, which people mark."""

import re
import unicodedata
from collections.abc import Mapping
from fractions import Fraction
from typing import Any
from uuid import UUID

from quizzes.grading import marking
from quizzes.grading.base import MAX_TEXT, Fault, InvalidItem, Item, Key, Kind, known, printable, text, texts, whole

SHORT_LENGTH = 100
ESSAY_LENGTH = 20_000
MAX_ACCEPTED = 50
FILE_TYPES = ("pdf", "docx", "jpg", "png")
MAX_FILE_BYTES = 20 * 1024 * 1024
# Between a Chinese character or punctuation and anything else a blank is a matter of typesetting ("CT 值", "CT值").
_TYPESETTING = re.compile(r"(?<=[\u3000-\u9fff\uf900-\ufaff]) | (?=[\u3000-\u9fff\uf900-\ufaff])")


def folded(value: str) -> str:
    """`value` as it is compared: width, case and blanks do not count."""
    wide = unicodedata.normalize("NFKC", value).casefold()
    return _TYPESETTING.sub("", " ".join(unicodedata.normalize("NFKC", wide).split()))


class ShortText(Kind):
    """A few words. Value: the text on one line, as typed."""

    family = "text"

    def normalise(self, value: str, item: Item) -> str:
        written = " ".join(printable(value).split())
        if len(written) > item.settings["max_length"]:
            raise ValueError("too long a text")
        return written

    def share(self, value: str, item: Item) -> Fraction:
        return Fraction(folded(value) in {folded(accepted) for accepted in item.key["accepted"]})

    def check_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        known(settings, "settings", (), optional=("max_length",))
        longest = whole(settings.get("max_length", SHORT_LENGTH), "settings.max_length", least=1, most=500)
        return {"max_length": longest}

    def check_key(self, key: Any, settings: Mapping[str, Any], keys: str) -> Key:
        known(key, "key", ("accepted",))
        longest = settings["max_length"]
        accepted = texts(key["accepted"], "key.accepted", fewest=1, most=MAX_ACCEPTED, longest=longest)
        # Two that are compared as the same are one too many: whoever corrects one would overlook the other.
        if len({folded(answer) for answer in accepted}) != len(accepted):
            raise InvalidItem("key.accepted", Fault.TWICE)
        return {"accepted": accepted}


class ByPeople(Kind):
    """No scorer knows it. The key holds guidance for those who mark; the rules say how their marks become one."""

    is_marked_by_people = True

    def share(self, value: str, item: Item) -> Fraction:
        raise TypeError("people mark this answer")

    def check_key(self, key: Any, settings: Mapping[str, Any], keys: str) -> Key:
        known(key, "key", (), optional=("guidance",))
        return {"guidance": text(key.get("guidance", ""), "key.guidance", longest=5 * MAX_TEXT, may_be_empty=True)}

    def check_rules(self, rules: Mapping[str, Any]) -> dict[str, str]:
        return marking.check_rules(rules)


class Essay(ByPeople):
    """Value: the text as typed, without blanks around it."""

    family = "essay"

    def normalise(self, value: str, item: Item) -> str:
        written = printable(value).strip()
        if len(written) > item.settings["max_length"]:
            raise ValueError("too long a text")
        return written

    def check_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        known(settings, "settings", (), optional=("max_length",))
        longest = settings.get("max_length", ESSAY_LENGTH)
        return {"max_length": whole(longest, "settings.max_length", least=1, most=ESSAY_LENGTH)}


class File(ByPeople):
    """Value: the id of the file that was uploaded for this answer."""

    family = "file"

    def normalise(self, value: str, item: Item) -> str:
        return str(UUID(value))

    def check_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        known(settings, "settings", (), optional=("types", "max_bytes"))
        types = texts(settings.get("types", FILE_TYPES), "settings.types", fewest=1, most=len(FILE_TYPES))
        if not set(types) <= set(FILE_TYPES):
            raise InvalidItem("settings.types", Fault.UNKNOWN)
        most = settings.get("max_bytes", MAX_FILE_BYTES)
        return {"types": types, "max_bytes": whole(most, "settings.max_bytes", least=1, most=MAX_FILE_BYTES)}
