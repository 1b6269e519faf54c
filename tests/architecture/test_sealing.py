"""What is sealed, indexed or signed is declared where a key rotation looks, and what is declared is there."""

import ast
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db import models

from cms.shared import sealing

PACKAGES = ["claims", "cms", "courses", "credits", "events", "media_pipeline", "organisations", "quizzes"]
CODE = [
    path
    for name in PACKAGES
    for path in (settings.BASE_DIR / name).rglob("*.py")
    if path.relative_to(settings.BASE_DIR).as_posix() != "cms/shared/crypto.py"
]
# Which argument of a call says what the value is.
NAMED_BY = {"encrypt": "row", "decrypt": "row", "index": "field", "indexes": "field", "indexes_by_key": "field"}
# Calls in which the name comes from the declaration itself, or is a setting of the class that makes it.
FROM_DECLARATIONS = {"cms/shared/sealing.py", "cms/shared/rotation.py"}
NAMES = {"self._ROW": "mfa.authenticator", "row.sealed_as": "roster_row"}
# A base class names its rows by a word that each of its classes gives.
FAMILIES = {"self.said_as": ("objection", "registration")}
# The one who looks a person up by a column gives the name on.
PASSED_ON = {
    "organisations/selectors/people.py": {"field"},
    "organisations/services/rosters/matching.py": {"name"},
}


def named(path: Path) -> Iterator[tuple[str, str]]:
    """(place, name) of every call that seals, opens or indexes; "?" for a name that cannot be read off the code."""
    where = path.relative_to(settings.BASE_DIR).as_posix()
    if where in FROM_DECLARATIONS:
        return
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not ast.unparse(node.func).startswith("crypto."):
            continue
        argument = NAMED_BY.get(ast.unparse(node.func).removeprefix("crypto."))
        for keyword in node.keywords:
            if keyword.arg == argument:
                for value in _values(keyword.value, tree):
                    for name in _family(value) or [_name(value, PASSED_ON.get(where, set()))]:
                        yield f"{where}:{node.lineno}", name


def _values(value: ast.expr, tree: ast.Module) -> list[ast.expr]:
    """What an argument may be: itself, or whatever its file puts into the variable that it is."""
    if not isinstance(value, ast.Name):
        return [value]
    put = [node.value for node in ast.walk(tree) if isinstance(node, ast.Assign) and _puts(node, value.id)]
    return put or [value]


def _puts(node: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)


def _family(value: ast.expr) -> list[str]:
    """The names of f"{self.said_as}.phone:…", one for each class of the family; empty for other values."""
    match value:
        case ast.JoinedStr(values=[ast.FormattedValue(value=word), ast.Constant(value=rest), *_]):
            return [f"{member}{str(rest).partition(':')[0]}" for member in FAMILIES.get(ast.unparse(word), ())]
    return []


def _name(value: ast.expr, passed_on: set[str]) -> str:
    text = ast.unparse(value)
    if isinstance(value, ast.JoinedStr) and isinstance(value.values[0], ast.Constant):
        return str(value.values[0].value).partition(":")[0]
    if isinstance(value, ast.Constant):
        return str(value.value).partition(":")[0]
    if text in passed_on:
        return ""
    return next((name for suffix, name in NAMES.items() if text.endswith(suffix)), "?")


def test_every_sealed_or_indexed_value_is_declared() -> None:
    known = {keyed.name for _model, keyed in sealing.declared() if not isinstance(keyed, sealing.Signed)} | {""}
    assert [(place, name) for path in CODE for place, name in named(path) if name not in known] == []


def test_every_declared_name_is_used() -> None:
    used = {name for path in CODE for _place, name in named(path)}
    declared = {keyed.name for _model, keyed in sealing.declared() if not isinstance(keyed, sealing.Signed)}
    assert declared - used == set()


def test_only_writers_ask_for_the_index_under_the_active_key_alone() -> None:
    asked = {path.relative_to(settings.BASE_DIR).as_posix() for path in CODE if "crypto.index(" in path.read_text()}
    # Whoever looks up asks for all (`crypto.indexes`): during a rotation rows stand under two keys.
    assert asked - FROM_DECLARATIONS == {
        "credits/services/statements.py",
        "organisations/models/people.py",
        "organisations/services/activation.py",
        "organisations/views/register.py",  # counts what was tried within an hour
    }


def test_every_purpose_that_signs_is_declared() -> None:
    signing = {keyed.purpose for _model, keyed in sealing.declared() if isinstance(keyed, sealing.Signed)}
    signing |= {address.purpose for address in sealing.addresses()}
    assert signing | {"field_encryption", "field_index"} == set(settings.ISOCENTER_KEYS)


def test_every_declared_column_exists() -> None:
    missing = []
    for model, keyed in sealing.declared():
        for column in filter(None, [keyed.column, getattr(keyed, "index", ""), getattr(keyed, "since", "")]):
            try:
                assert isinstance(model._meta.get_field(column), models.Field)
            except FieldDoesNotExist:
                missing.append(sealing.label(model, column))
    assert missing == []


def test_columns_that_sound_sealed_indexed_or_signed_are_declared() -> None:
    declared = {
        (model, column)
        for model, keyed in sealing.declared()
        for column in (keyed.column, getattr(keyed, "index", ""))
        if column
    }
    sounding = {
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if model.__module__.split(".")[0] in PACKAGES
        and isinstance(field, models.CharField | models.TextField)
        and field.name.endswith(("sealed", "_index", "mac_key"))
    }
    assert sounding - declared == set()
