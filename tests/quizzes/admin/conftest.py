"""Somebody who may write questions, and what their forms post."""

from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.files.base import ContentFile
from django.test import Client
from PIL import Image
from wagtail.images import get_image_model

from tests.factories.organisations import PersonFactory


def author_in(client: Any, *actions: str) -> Any:
    """`client`, signed in as somebody with these permissions on questions, banks and quizzes."""
    named = [f"{action}_{model}" for action in actions for model in ("bank", "question", "quiz")]
    group = Group.objects.create(name=f"question authors {PersonFactory.create().pk}")
    group.permissions.set(Permission.objects.filter(content_type__app_label="quizzes", codename__in=named))
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    client.person = PersonFactory(is_staff=True)
    client.person.groups.add(group)
    client.force_login(client.person)
    return client


@pytest.fixture
def author(client):
    return author_in(client, "add", "change", "view")


@pytest.fixture
def client_of():
    """Makes another author with a browser of their own."""
    return lambda: author_in(Client(), "add", "change", "view")


@pytest.fixture
def picture():
    written = BytesIO()
    Image.new("L", (64, 48)).save(written, "PNG")
    file = ContentFile(written.getvalue(), "chest.png")
    return get_image_model().objects.create(title="胸片", file=file, width=64, height=48)
