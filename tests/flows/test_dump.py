"""What a thief would find: a dump of all tables, the sessions opened, the cache, the mails and the logs."""

import zlib
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session

from organisations.services import activation
from organisations.services.people import create_person
from tests import live
from tests.factories.organisations import PASSWORD
from tests.flows.visitor import HOME, SIGN_IN, Visitor
from tests.organisations.test_privacy import dump
from tests.world import World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SECRETS = ("13800000001", "13900000009", "11010519491231002X", PASSWORD, "linac-quench-88")


def unpacked(data: bytes) -> str:
    """The text of a file, and of what is compressed in it."""
    texts, rest = [data], data
    while (at := rest.find(b"\x78\x9c")) >= 0:
        rest = rest[at:]
        try:
            opened = zlib.decompressobj()
            texts.append(opened.decompress(rest))
            rest = opened.unused_data
        except zlib.error:
            rest = rest[2:]
    return b"\n".join(texts).decode(errors="replace")


def test_a_stolen_dump_session_cache_or_log_holds_no_phone_number(live_site: live.Site, rule_sets: int) -> None:
    world = World().complete()
    person = create_person(by=world.administrator, username="wang", name="王丽", phone="13800000009", email="w@e.org")
    person.set_id_number(SECRETS[2])
    person.save()
    code = activation.issue(by=world.administrator, person=person)
    with Visitor(live_site.url) as visitor:
        visitor.get("/zh-hans/account/activate/")
        form = {"code": code, "password": PASSWORD, "phone": "13900000009", "email": "", "agree": "on"}
        assert visitor.post_form("/zh-hans/account/activate/", form).status_code == 302
    with Visitor(live_site.url) as visitor:
        visitor.get(SIGN_IN)
        for name, password in (("13900000009", "linac-quench-88"), ("+86 138 0000 0001", "linac-quench-88")):
            visitor.post_form(SIGN_IN, {"login": name, "password": password})
        response = visitor.post_form(f"{SIGN_IN}?next={HOME}", {"login": "13900000009", "password": PASSWORD})
        assert response.status_code == 302
        page = visitor.get(HOME)
        visitor.get(f"/zh-hans/credits/people/?q=13800000001&phone={SECRETS[1]}")
        visitor.get("/zh-hans/13800000001/")
    with Visitor(live_site.url) as visitor:
        visitor.sign_in(world.administrator)
        visitor.get("/zh-hans/credits/people/?q=13800000001")
        visitor.get("/api/v1/me/")
    sessions = [str(session.get_decoded()) for session in Session.objects.all()]
    folders = [Path(settings.VAR_DIR) / name for name in ("cache", "mail", "broker")]
    written = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    files = [unpacked(path.read_bytes()) for path in written]
    assert (len(sessions) >= 2, page.status_code) == (True, 200)
    assert "王丽" in dump()
    for place, text in (
        ("tables", dump()),
        ("sessions", "\n".join(sessions)),
        ("files", "\n".join(files)),
        ("log", live_site.logged()),
        ("page", page.text),
    ):
        assert (place, [secret for secret in (*SECRETS, code) if secret in text]) == (place, [])
