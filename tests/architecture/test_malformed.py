"""Whatever is sent to whatever address: an answer that says what is wrong, never a server error."""

import itertools
import uuid
from typing import Any

import pytest
from django.test import Client

from courses.models import Enrolment
from quizzes.models import Attempt
from tests.architecture.addresses import Address, addresses
from tests.world import World

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.django_db,
    pytest.mark.usefixtures("rule_sets"),
]

# Wagtail's and allauth's own pages are tried by their queries below; these are ours.
OURS = ("cms.", "courses.", "credits.", "media_pipeline.", "organisations.", "quizzes.")
SAMPLES = {
    "UUIDConverter": ("00000000-0000-4000-8000-000000000000",),
    "StringConverter": ("%00", "..%2f..%2fetc%2fpasswd", "%ff%fe", "a" * 3000),
    "PathConverter": ("../../../../etc/passwd", "720/%00", "master.m3u8"),
    "SlugConverter": ("x",),
    "IntConverter": ("0", "999999999999999999999999"),
}
QUERIES = (
    "page=0&year=0",
    "page=-1&year=-2026",
    "page=99999999999999999999999999&year=99999999999999999999999999",
    "page=x&year=%E4%BA%8C%E9%9B%B6&rules=none&modality=none&credit=none&course=none",
    "page=%00&q=%00&year=%00&rules=%00&modality=%00&credit=%00&course=%00",
    "q=%25%5C'\"%3Cscript%3E&page=1.5&year=1e3",
    "q=" + "影" * 2000,
    "page=%ff%fe&q=%ed%a0%80&year=%C2%B2%C2%B2%C2%B2%C2%B2",
    "page=1&page=2&year=2026&year=x&next=//evil.example&next=javascript:alert(1)",
)
BODIES: tuple[dict[str, Any], ...] = (
    {},
    {"permit": "\0", "code": "\0", "login": "\0", "password": "\0", "place": "\0", "year": "\0", "do": "\0"},
    {"permit": "影" * 999, "code": "影" * 999, "login": "影" * 999, "password": "x" * 9999, "next": "//evil.example"},
    {"place": str(uuid.UUID(int=0)), "year": "-1", "rule_set": "none", "file_format": "exe", "language": "xx"},
    {"permit": ":::", "place": "none", "year": "1e9", "phone": "１３８", "email": "@", "agree": ["on", "off"]},
)
WRONG_METHODS = ("put", "patch", "delete", "options", "head", "trace")


def of_ours() -> list[Address]:
    return [
        address
        for address in addresses()
        if address.callback.__module__.startswith(OURS) and not address.route.startswith(("api/", "admin/"))
    ]


def paths(address: Address, known: dict[str, str]) -> list[str]:
    """The address with every sample of its arguments, and with `known` ones that exist."""
    names = [name for name, _kind in address.converters]
    choices = [SAMPLES[kind] for _name, kind in address.converters]
    found = [address.path(dict(zip(names, chosen, strict=True))) for chosen in itertools.product(*choices)]
    if names and all(name in known for name in names):
        found.append(address.path(known))
    return found


def status_of(response: Any) -> int:
    """The status; a stream is read to its end, else it stays open."""
    if response.streaming:
        response.getvalue()
    return int(response.status_code)


def faults(client: Client, path: str) -> list[str]:
    """The requests to `path` that ended in a server error."""
    sent = [(f"GET {path}?{query[:60]}", client.get(f"{path}?{query}")) for query in QUERIES]
    sent += [(f"POST {path} {index}", client.post(path, body)) for index, body in enumerate(BODIES)]
    junk = {"data": b"\x00\xff" * 200, "content_type": "multipart/form-data; boundary=x"}
    sent += [(f"POST {path} junk", client.post(path, **junk))]
    sent += [(f"{name} {path}", client.generic(name.upper(), path)) for name in WRONG_METHODS]
    return [name for name, response in sent if status_of(response) >= 500]


def known_arguments(world: World) -> dict[str, str]:
    return {
        "public_id": str(world.attempt.public_id),
        "course_key": str(world.offer.course.translation_key),
        "offer_id": str(world.offer.public_id),
        "enrolment_id": str(world.enrolment.public_id),
        "lesson_key": str(world.reading_lesson.translation_key),
        "progress_id": str(world.on_site.public_id),
    }


@pytest.mark.parametrize("who", ["learner", "administrator"])
def test_no_request_to_our_pages_ends_in_a_server_error(who: str) -> None:
    world = World()
    client, known = world.client(who), known_arguments(world)
    found = [fault for address in of_ours() for path in paths(address, known) for fault in faults(client, path)]
    assert found == []


def pages(world: World) -> list[str]:
    course, lessons = world.offer.course, (world.lecture_lesson, world.quiz_lesson, world.reading_lesson)
    return [page.get_url() for page in (course.get_parent(), course, *lessons)]


def test_no_request_to_published_pages_ends_in_a_server_error() -> None:
    world = World()
    client = world.client("learner")
    own = [
        "/",
        "/zh-hans/",
        "/en/",
        "/xx/",
        "/zh-hans/%00/",
        "/zh-hans/%ff/",
        "/zh-hans/" + "x/" * 400,
        "//evil.example/",
    ]
    own += ["/zh-hans/account/login/", "/zh-hans/account/logout/", "/zh-hans/account/password/reset/"]
    own += ["/admin/login/", "/documents/1/%00", "/static/%00", "/static/../manage.py", "/media/images/..%2f..%2fx"]
    assert [fault for path in [*own, *pages(world)] for fault in faults(client, path)] == []


@pytest.mark.parametrize("who", ["learner", "administrator"])
def test_no_form_is_taken_without_its_token(who: str) -> None:
    world = World()
    client, known = world.client(who, enforce_csrf_checks=True), known_arguments(world)
    before = list(Enrolment.objects.values()), list(Attempt.objects.values())
    taken = []
    for address in of_ours():
        status = status_of(client.post(paths(address, known)[-1], {"do": "submit-anyway", "agree": "on"}))
        if status not in {403, 404, 405}:
            taken.append((address.route, status))
    assert taken == []
    assert (list(Enrolment.objects.values()), list(Attempt.objects.values())) == before


def test_private_files_are_out_of_reach_of_guesses() -> None:
    world = World()
    kept = world.export.file_key
    client, found = world.client("learner"), []
    for prefix in (
        "/media/",
        "/media/images/",
        "/static/",
        "/documents/",
        "/private/",
        "/lectures/x/",
        "/var/private/",
    ):
        for name in (kept, f"../private/{kept}", f"..%2fprivate%2f{kept}", "secrets.json", "../secrets.json"):
            if status_of(client.get(prefix + name, follow=True)) == 200:
                found.append(prefix + name)
    assert found == []
