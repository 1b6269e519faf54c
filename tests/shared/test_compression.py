"""Pages travel compressed where the browser takes it, and as they are where it does not."""

import gzip

import brotli
import pytest
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.test import RequestFactory

from cms.shared.compression import CompressionMiddleware, accepted

PAGE = "<p>影像技术</p>" * 100


def answer(response: HttpResponseBase, encodings: str) -> HttpResponseBase:
    return CompressionMiddleware(lambda _request: response)(RequestFactory().get("/", HTTP_ACCEPT_ENCODING=encodings))


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip, deflate", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("br;q=1.0", "br"),
        ("identity", ""),
        ("", ""),
    ],
)
def test_better_coding_is_chosen(header: str, coding: str) -> None:
    assert accepted(header) == coding


def test_page_is_compressed_by_brotli() -> None:
    response = answer(HttpResponse(PAGE, headers={"ETag": '"abc"'}), "gzip, br")
    assert brotli.decompress(response.content).decode() == PAGE  # type: ignore[attr-defined]
    assert (response["Content-Encoding"], response["Vary"], response["ETag"]) == ("br", "Accept-Encoding", 'W/"abc"')


def test_page_is_compressed_by_gzip() -> None:
    response = answer(HttpResponse(PAGE), "gzip")
    assert gzip.decompress(response.content).decode() == PAGE  # type: ignore[attr-defined]
    assert response["Content-Encoding"] == "gzip"


def test_caches_learn_that_answers_differ_by_coding() -> None:
    response = answer(HttpResponse(PAGE), "identity")
    assert (response.content.decode(), response["Vary"]) == (PAGE, "Accept-Encoding")  # type: ignore[attr-defined]
    assert not response.has_header("Content-Encoding")


@pytest.mark.parametrize(
    "response",
    [
        HttpResponse("<p>short</p>"),
        HttpResponse(b"\0" * 2000, content_type="video/mp4"),
        HttpResponse(PAGE, headers={"Content-Encoding": "identity"}),
    ],
)
def test_what_gains_nothing_stays_as_it_is(response: HttpResponse) -> None:
    before = response.content
    assert answer(response, "br").content == before  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_files_are_streamed_as_they_are(tmp_path) -> None:
    path = tmp_path / "people.json"
    path.write_text(PAGE)
    response = answer(FileResponse(path.open("rb"), content_type="application/json"), "br")
    assert not response.has_header("Content-Encoding")
    response.close()


@pytest.mark.django_db
def test_unchanged_page_is_not_sent_again(client) -> None:
    from tests.factories.courses import course_index

    path = course_index().get_url()
    first = client.get(path, headers={"Accept-Encoding": "br"})
    again = client.get(path, headers={"Accept-Encoding": "br", "If-None-Match": first["ETag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
