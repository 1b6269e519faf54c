from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from organisations.models import Person
from tests.factories.media_pipeline import Tus
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory

ADDERS = ("add_lecture", "change_lecture", "view_lecture", "delete_lecture")


def uploader(*permissions: str, **fields: object) -> Person:
    """Staff with these permissions on lectures (default: all)."""
    person = PersonFactory(is_staff=True, **fields)
    person.user_permissions.add(
        Permission.objects.get(codename="access_admin"),
        *Permission.objects.filter(codename__in=permissions or ADDERS),
    )
    return person


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def unit(db: None):
    return NodeFactory(name="第一医院")


@pytest.fixture
def editor(unit):
    person = uploader()
    EmploymentFactory(person=person, unit=unit)
    return person


@pytest.fixture
def tus(editor) -> Tus:
    return Tus(signed_in(editor))


@pytest.fixture
def as_another() -> Callable[..., Tus]:
    """Somebody else, with the permissions named."""
    return lambda *permissions: Tus(signed_in(uploader(*permissions)))
