"""Every verb that code records in the audit log has its words, and no words stand there for nothing."""

import ast
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from organisations.enums import Deed
from organisations.models import AuditEvent

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


def test_fields_before_and_after_are_told_in_one_line() -> None:
    event = AuditEvent(before={"name": "旧", "minutes": 5}, after={})
    assert (event.get_before_display(), event.get_after_display()) == ("name: 旧; minutes: 5", "")
