"""Whatever points at a person belongs to a history, or is said to name who did something."""

import ast

from django.apps import apps
from django.conf import settings

from organisations import histories
from organisations.models import Person
from organisations.services import own_data
from tests.factories.organisations import PersonFactory


def _foreign_keys() -> set[str]:
    """ "app.Model.field" of every column that points at a person, link tables included."""
    return {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if field.related_model is Person and field.model is model and not field.remote_field.parent_link
    }


def test_every_key_to_a_person_is_answered_for_and_none_is_made_up() -> None:
    assert histories.known_fields() == _foreign_keys()


def test_every_key_to_a_person_is_in_their_copy_or_has_a_reason(db: None) -> None:
    person = PersonFactory()
    for history in histories.registered():
        told, listed = history.export(person).data, own_data.listed(history, person)
        ways = [*history.told, *history.tables, *history.untold]
        assert sorted(ways) == sorted(history.fields | history.doers), history.name
        assert set(history.told.values()) <= set(told), history.name
        assert (set(listed), set(listed) & set(told)) == ({table.name for table in history.tables.values()}, set())
        assert all(len(reason) > 20 for reason in history.untold.values())


def test_every_history_names_the_tables_that_it_counts(db: None) -> None:
    person = PersonFactory()
    for history in histories.registered():
        assert set(history.count(person)) <= set(history.labels), history.name


def test_turns_are_each_ones_own() -> None:
    turns = [history.turn for history in histories.registered()]
    assert (len(set(turns)), [history.name for history in histories.registered()]) == (
        5,
        ["media_pipeline", "quizzes", "courses", "credits", "organisations"],
    )


def test_full_id_numbers_are_read_where_it_is_said_and_nowhere_else() -> None:
    callers = set()
    for name in ("claims", "cms", "courses", "credits", "events", "media_pipeline", "organisations", "quizzes"):
        for path in (settings.BASE_DIR / name).rglob("*.py"):
            tree = ast.parse(path.read_text())
            names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
            if "full_id_number" in names:
                callers.add(str(path.relative_to(settings.BASE_DIR)))
    assert callers == {
        "credits/exports/people.py",
        "organisations/services/histories.py",
        "organisations/services/rosters/applying.py",
    }
