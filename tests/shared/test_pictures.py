from collections.abc import Iterator

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from cms.shared.storage import public_storage


@pytest.fixture
def stored() -> Iterator[None]:
    names = [public_storage().save(name, ContentFile(b"bytes")) for name in NAMES]
    assert names == NAMES
    yield
    for name in names:
        public_storage().delete(name)


NAMES = ["images/isocenter.max-1200x1200.webp", "images/notes.html", "original_images/isocenter.png"]


def test_picture_is_served_to_anybody_for_ever(client: Client, stored: None) -> None:
    response = client.get("/media/images/isocenter.max-1200x1200.webp")
    assert response.status_code == 200
    assert b"".join(response.streaming_content) == b"bytes"  # type: ignore[attr-defined]
    assert response["Content-Type"] == "image/webp"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.cookies == {}


@pytest.mark.parametrize(
    "address",
    [
        "/media/images/absent.webp",
        "/media/images/notes.html",
        "/media/original_images/isocenter.png",
        "/media/images/..%2Foriginal_images%2Fisocenter.png",
    ],
)
def test_nothing_else_of_the_public_folder_is_served(client: Client, db: None, stored: None, address: str) -> None:
    assert client.get(address).status_code == 404


def test_picture_cannot_be_posted_to(client: Client, stored: None) -> None:
    assert client.post("/media/images/isocenter.max-1200x1200.webp").status_code == 405
