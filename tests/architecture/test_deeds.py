"""Every verb that code records in the audit log has its words, and no words stand there for nothing."""

import ast
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from organisations.deeds import Deed
from organisations.models import AuditEvent
from organisations.selectors import log_words

PACKAGES = ["claims", "cms", "courses", "credits", "events", "media_pipeline", "organisations", "quizzes"]
CODE = [path for name in PACKAGES for path in (settings.BASE_DIR / name).rglob("*.py")]


def recorded(path: Path) -> Iterator[str]:
    """The verbs that a file's calls of `audit.record` pass; where one is no plain text, the place of the call.

    A file that calls `audit.record_many` passes the verbs that it names as `Deed.NAME`.
    """
    tree = ast.parse(path.read_text())
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if "audit.record_many" in calls and isinstance(node, ast.Attribute) and ast.unparse(node.value) == "Deed":
            yield Deed[node.attr].value
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("audit.record", "record"):
            verb = next(keyword.value for keyword in node.keywords if keyword.arg == "verb")
            named = isinstance(verb, ast.Attribute) and ast.unparse(verb.value) == "Deed"
            if isinstance(verb, ast.Constant):
                yield verb.value
            elif named:
                yield Deed[verb.attr].value
            else:
                yield f"{path.name}:{node.lineno}"


def test_every_recorded_verb_has_words_and_no_other() -> None:
    assert {verb for path in CODE for verb in recorded(path)} == set(Deed.values)


def test_deeds_read_differently() -> None:
    assert len({str(label) for label in Deed.labels}) == len(Deed)


def test_unknown_verb_and_kind_are_shown_as_written() -> None:
    event = AuditEvent(verb="elder.deed", target_kind="elder.table")
    assert (event.get_verb_display(), event.get_target_kind_display()) == ("elder.deed", "elder.table")


def fields(path: Path) -> Iterator[str]:
    """The names of the fields that a file's calls of `audit.record` write as literals."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("audit.record", "record"):
            told = [keyword.value for keyword in node.keywords if keyword.arg in ("before", "after")]
            for one in (part for value in told for part in ast.walk(value) if isinstance(part, ast.Dict)):
                yield from (key.value for key in one.keys if isinstance(key, ast.Constant))


def test_every_recorded_field_of_people_and_units_has_words() -> None:
    code = [path for path in CODE if "organisations" in path.parts]
    found = {name for path in code for name in fields(path)}
    assert (sorted(found - log_words.FIELDS.keys()), "begins" in found) == ([], True)
