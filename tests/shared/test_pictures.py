"""Pictures and documents of pages: renditions of what is published are everybody's, all else is the editors'."""

import io
from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile
from django.core.files.images import ImageFile
from django.http import HttpResponse
from django.test import Client
from PIL import Image as Canvas
from wagtail.documents.models import Document
from wagtail.images.models import Image

from cms.shared.storage import private_storage
from courses.models import CoursePage, LessonPage
from organisations.enums import Role
from organisations.models import Person
from organisations.services.groups import sync
from tests.factories.courses import CoursePageFactory, LessonPageFactory
from tests.factories.organisations import PersonFactory, RoleGrantFactory
from tests.object_storage import Bucket

# Wagtail leaves the file that it makes a rendition in to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:Unclosed file <tempfile.SpooledTemporaryFile:ResourceWarning")

PUBLIC = "public, max-age=31536000, s-maxage=300, immutable"


def picture(title: str = "orbit") -> Image:
    drawn = io.BytesIO()
    Canvas.new("RGB", (40, 20), "teal").save(drawn, "PNG")
    return Image.objects.create(title=title, file=ImageFile(drawn, name=f"{title}.png"))


def rendition(image: Image) -> str:
    return image.get_rendition("fill-20x10|format-webp").url


def figure(image: Image) -> tuple[str, dict[str, object]]:
    return "figure", {"image": image, "alt": "眼眶", "caption": "", "source": ""}


@pytest.fixture
def editor(db: None) -> Person:
    person = PersonFactory.create()
    RoleGrantFactory.create(person=person, role=Role.EDITOR)
    sync(person)
    return Person.objects.get(pk=person.pk)


@pytest.fixture
def as_editor(editor: Person) -> Client:
    client = Client()
    client.force_login(editor, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def as_learner(db: None) -> Client:
    client = Client()
    client.force_login(PersonFactory.create(), backend="django.contrib.auth.backends.ModelBackend")
    return client


def state(client: Client, address: str) -> int:
    response = client.get(address)
    body(response)
    return response.status_code


def body(response: HttpResponse) -> bytes:
    """All of it; then the file behind it is closed."""
    return b"".join(response) if response.streaming else response.content


def on_cover(image: Image) -> CoursePage:
    return CoursePageFactory.create(cover=image)


def in_lesson(image: Image) -> LessonPage:
    lesson = LessonPageFactory.create()
    lesson.body.append(figure(image))
    lesson.save_revision().publish()
    return LessonPage.objects.get(pk=lesson.pk)


@pytest.mark.parametrize("published", [on_cover, in_lesson])
def test_rendition_of_a_published_page_is_everybodys(
    client: Client, db: None, published: Callable[[Image], object]
) -> None:
    image = picture()
    published(image)
    response = client.get(rendition(image))
    assert (response.status_code, response["Content-Type"], response["Cache-Control"]) == (200, "image/webp", PUBLIC)
    assert Canvas.open(io.BytesIO(body(response))).size == (20, 10)
    assert (response.cookies, response.get("Vary")) == ({}, "Accept-Language")
    again = client.get(rendition(image), headers={"If-None-Match": response["ETag"]})
    assert (again.status_code, again.content, again["Cache-Control"]) == (304, b"", PUBLIC)


def test_rendition_goes_and_comes_with_its_page(client: Client, as_learner: Client, as_editor: Client) -> None:
    image = picture()
    page, address = on_cover(image), rendition(image)
    page.unpublish()
    assert [state(who, address) for who in (client, as_learner)] == [404, 404]
    seen = as_editor.get(address)
    assert (seen.status_code, seen["Cache-Control"]) == (200, "private, no-store")
    assert len(body(seen)) > 0
    page.refresh_from_db()
    page.save_revision().publish()
    assert [state(who, address) for who in (client, as_learner)] == [200, 200]


def test_picture_of_a_draft_is_the_editors(client: Client, as_learner: Client, as_editor: Client) -> None:
    """Neither a page's next version nor a picture that no page shows is public."""
    shown, planned, unused = picture("shown"), picture("planned"), picture("unused")
    page = on_cover(shown)
    page.cover = planned
    page.save_revision()
    addresses = [rendition(image) for image in (shown, planned, unused)]
    states = [[state(who, address) for address in addresses] for who in (client, as_learner, as_editor)]
    assert states == [[200, 404, 404], [200, 404, 404], [200, 200, 200]]


def test_original_is_the_editors_even_when_published(client: Client, as_learner: Client, as_editor: Client) -> None:
    image = picture()
    on_cover(image)
    address = image.file.url
    assert address == f"/media/{image.file.name}"
    assert [state(who, address) for who in (client, as_learner)] == [404, 404]
    seen = as_editor.get(address)
    assert (seen.status_code, seen["Content-Type"], seen["Cache-Control"]) == (200, "image/png", "private, no-store")
    assert Canvas.open(io.BytesIO(body(seen))).size == (40, 20)


def test_editor_finds_pictures_in_the_admin(as_editor: Client, editor: Person) -> None:
    image = picture()
    page = as_editor.get("/admin/images/").content.decode()
    shown = [r.url for r in image.renditions.all()]
    assert len(shown) == 1 and shown[0] in page
    assert state(as_editor, shown[0]) == 200


@pytest.mark.parametrize(
    "address",
    [
        "/media/images/absent.webp",
        "/media/images/notes.html",
        "/media/original_images/absent.png",
        "/media/images/..%2Foriginal_images%2Forbit.png",
        "/media/lectures/poster.jpg",
        "/media/exports/x.png",
        "/media/documents/plan.pdf",
    ],
)
def test_nothing_else_of_the_private_storage_is_served(as_editor: Client, address: str) -> None:
    names = [private_storage().save(name, ContentFile(b"bytes")) for name in ("lectures/poster.jpg", "exports/x.png")]
    try:
        assert as_editor.get(address).status_code == 404
    finally:
        for name in names:
            private_storage().delete(name)


def test_picture_cannot_be_posted_to(client: Client) -> None:
    assert client.post("/media/images/isocenter.max-1200x1200.webp").status_code == 405


@pytest.mark.parametrize("count", [1, 3])
def test_picture_takes_a_constant_number_of_queries(
    client: Client, db: None, count: int, django_assert_num_queries: Callable[[int], object]
) -> None:
    image = picture()
    for _ in range(count):
        on_cover(image)
    address = rendition(image)
    state(client, address)
    with django_assert_num_queries(3):  # type: ignore[attr-defined]
        assert state(client, address) == 200


def test_deleted_picture_leaves_no_file(db: None, django_capture_on_commit_callbacks: Callable[..., object]) -> None:
    image = picture("gone")
    made = image.get_rendition("fill-20x10|format-webp")
    names = [image.file.name, made.file.name]
    assert [private_storage().exists(name) for name in names] == [True, True]
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        image.delete()
    assert [private_storage().exists(name) for name in names] == [False, False]


def test_pictures_and_documents_come_through_the_site_from_any_storage(
    client: Client, as_editor: Client, bucket: Bucket, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    """An object storage shows nothing by itself: no address of its own is on a page."""
    image = picture()
    page, address = on_cover(image), rendition(image)
    assert bucket.names() == [f"images/{address.rpartition('/')[2]}", image.file.name]
    assert address.startswith("/media/images/")
    response = client.get(address)
    assert (response.status_code, response["Content-Type"], response["Cache-Control"]) == (200, "image/webp", PUBLIC)
    assert Canvas.open(io.BytesIO(body(response))).size == (20, 10)
    assert (state(client, image.file.url), state(as_editor, image.file.url)) == (404, 200)
    document = Document.objects.create(title="核对单", file=ContentFile(b"%PDF-1.7", name="check.pdf"))
    assert (state(client, document.url), body(as_editor.get(document.url))) == (404, b"%PDF-1.7")
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        page.delete()
        image.delete()
        document.delete()
    assert bucket.names() == []


def test_document_is_everybodys_once_a_page_offers_it(client: Client, as_learner: Client, as_editor: Client) -> None:
    document = Document.objects.create(title="核对单", file=ContentFile(b"%PDF-1.7", name="check.pdf"))
    lesson = LessonPageFactory.create()
    everybody = (client, as_learner, as_editor)
    assert [state(who, document.url) for who in everybody] == [404, 404, 200]
    lesson.body.append(("text", f'<p><a linktype="document" id="{document.pk}">核对单</a></p>'))
    lesson.save_revision()
    assert [state(who, document.url) for who in everybody] == [404, 404, 200]
    lesson.get_latest_revision().publish()
    assert [body(who.get(document.url)) for who in everybody] == [b"%PDF-1.7"] * 3
