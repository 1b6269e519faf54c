"""What a thief would find: the database, the sessions opened, the cache, the mails, the addresses and the logs."""

import base64
import email
import email.policy
import re
import subprocess
import zlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone
from wagtail.models import Revision

from cms.backup.databases import program
from cms.shared import sealing
from organisations.enums import Role
from organisations.models import AuditEvent, Node, Objection, Person, RosterImport, RosterRow
from organisations.services import activation, objections, own_data, roles, rosters
from organisations.services.messages import send_mails
from organisations.services.people import create_person
from tests import databases, live
from tests.factories.organisations import PASSWORD
from tests.flows.visitor import HOME, SIGN_IN, Visitor
from tests.organisations.roster import files
from tests.organisations.test_privacy import dump
from tests.world import World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROSTER_PHONE, OWN_PHONE, WRONG_PHONE, NEW_PHONE = "13712345098", "13987650412", "15876540923", "18934567012"
ROSTER_ID, OWN_ID = files.id_number(731), "11010519491231002X"
# A number with one digit mistyped is nearly the number.
MISTYPED_ID = ROSTER_ID[:-1] + ("0" if ROSTER_ID[-1] != "0" else "1")
NUMBERS = (ROSTER_PHONE, OWN_PHONE, WRONG_PHONE, NEW_PHONE, "13800000001", ROSTER_ID, OWN_ID, MISTYPED_ID)
STAFF_NUMBER = "R001"
WRONG_PASSWORD = "linac-quench-88"


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


def disguises(secret: str) -> Iterator[str]:
    """The secret as it may also be written: backwards, grouped, in hexadecimal, in base64 at any place of a text."""
    yield from (secret, secret[::-1], secret.encode().hex())
    yield from (f"{secret[:3]}{mark}{secret[3:7]}{mark}{secret[7:]}" for mark in " -")
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + secret.encode()).decode().rstrip("=")
        # The characters at both ends are shared with what stands beside.
        yield coded[(before * 8 + 5) // 6 : -1]


def stands_in(text: str, secret: str) -> bool:
    return any(disguise in text for disguise in disguises(secret))


def found_in(text: str, *more: str) -> list[str]:
    return [secret for secret in (*NUMBERS, *more) if stands_in(text, secret)]


def raw_database(name: str) -> str:
    """The database as it lies on the disk, with what was deleted (SQLite), or as its own program writes it out."""
    if databases.is_sqlite():
        places = [Path(f"{name}{suffix}") for suffix in ("", "-wal")]
        return "\n".join(place.read_bytes().decode("latin-1") for place in places if place.exists())
    values = connection.settings_dict
    reach = ["-h", values["HOST"], "-p", str(values["PORT"]), "-U", values["USER"], "-d", name]
    return subprocess.run([program("pg_dump"), *reach], check=True, capture_output=True, text=True).stdout


def mails() -> list[str]:
    """Head and body of every mail as its reader sees them."""
    texts = []
    for path in (Path(settings.VAR_DIR) / "mail").glob("*"):
        for raw in re.split(rb"\n-{79}\n", path.read_bytes()):
            message = email.message_from_bytes(raw.strip(), policy=email.policy.default)
            parts = [part.get_content() for part in message.walk() if part.get_content_maintype() == "text"]
            texts.append("\n".join([*(f"{name}: {value}" for name, value in message.items()), *map(str, parts)]))
    return texts


class Traveller(Visitor):
    """Remembers every address that the site gave: where it led to, and what its pages link and post to."""

    given: list[str] = []

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.http.event_hooks = {"response": [self._note]}

    def _note(self, response: httpx.Response) -> None:
        response.read()
        self.given.append(response.headers.get("Location", ""))
        if response.headers.get("Content-Type", "").startswith("text/html"):
            self.given.extend(re.findall(r'(?:href|action|src)="([^"]*)"', response.text))


@pytest.fixture
def keeper(rule_sets: int) -> Person:
    """Keeps the people of the world's hospital."""
    world = World().complete()
    world.lecture_lesson.save_revision().publish()
    world.keeper = world.administrator
    world.keeper.world = world
    return world.keeper


def enter_roster(keeper: Person, unit: Node) -> RosterImport:
    """One row that is entered, and four that cannot be."""
    sheet = files.xlsx(
        (
            "名单",
            [
                files.HEADINGS,
                ("周敏", "R001", ROSTER_PHONE, ROSTER_ID, "CT室", "技师"),
                ("吴强", "R002", "", MISTYPED_ID, "CT室", "技师"),
                ("郑洁", "R003", f"{WRONG_PHONE}1", "", "CT室", "技师"),
                ("孙丽", "R004", NEW_PHONE, "", "CT室", "技师"),
                ("钱芳", "R005", NEW_PHONE, "", "CT室", "技师"),
            ],
        )
    )
    roster = rosters.receive(by=keeper, unit=unit, upload=files.upload(sheet))
    rosters.run_roster(roster.pk)
    roster.refresh_from_db()
    rosters.confirm_mapping(by=keeper, roster=roster, mapping=roster.mapping, effective_on=timezone.localdate())
    rosters.run_roster(roster.pk)
    roster.refresh_from_db()
    rosters.apply(by=keeper, roster=roster, skip_unclear=True)
    rosters.run_roster(roster.pk)
    return roster


def come_in(site: live.Site, code: str) -> Person:
    """Somebody uses a code, mistypes a password, is locked out elsewhere, forgets the password, asks for the data."""
    with Traveller(site.url) as visitor:
        visitor.get("/zh-hans/account/activate/")
        form = {"code": code, "password": PASSWORD, "phone": OWN_PHONE, "email": "own@example.org", "agree": "on"}
        assert visitor.post_form("/zh-hans/account/activate/", form).status_code == 302
    with Traveller(site.url) as visitor:
        visitor.get(SIGN_IN)
        for name in (WRONG_PHONE, f"+86 {OWN_PHONE[:3]} {OWN_PHONE[3:7]} {OWN_PHONE[7:]}"):
            visitor.post_form(SIGN_IN, {"login": name, "password": WRONG_PASSWORD})
        response = visitor.post_form(f"{SIGN_IN}?next={HOME}", {"login": OWN_PHONE, "password": PASSWORD})
        assert response.status_code == 302
        assert "周敏" in visitor.get(HOME).text
        visitor.post_form("/zh-hans/account/data/", {"do": "copy", "password": PASSWORD})
    with Visitor(site.url) as visitor:  # addresses of one's own making: they are in no log
        visitor.get(f"/zh-hans/{OWN_PHONE}/")
        visitor.get(f"/zh-hans/account/profile/?phone={OWN_PHONE}")
    with Traveller(site.url) as visitor:
        visitor.get(SIGN_IN)
        answers = [
            visitor.post_form(SIGN_IN, {"login": WRONG_PHONE, "password": WRONG_PASSWORD}).status_code for _ in range(6)
        ]
        assert answers[-1] == 429
        reset = "/zh-hans/account/password/reset/"
        visitor.get(reset)
        assert visitor.post_form(reset, {"email": "own@example.org"}).status_code == 302
    return Person.objects.get(email="own@example.org")


def look_after(site: live.Site, keeper: Person, person: Person, roster: RosterImport) -> None:
    """The administrator reads lists, searches by number, changes a phone, takes files away."""
    manage = "/zh-hans/manage"
    with Traveller(site.url) as visitor:
        visitor.sign_in(keeper)
        for path in ("people/", f"people/{person.public_id}/", f"rosters/{roster.public_id}/", "people/list.csv"):
            assert visitor.get(f"{manage}/{path}").status_code == 200, path
        for number in (OWN_PHONE, OWN_ID, WRONG_PHONE):
            visitor.post_form(f"{manage}/people/find/", {"q": number})
        change = {"phone": NEW_PHONE, "reason": f"原号码 {OWN_PHONE} 已停用"}
        assert visitor.post_form(f"{manage}/people/{person.public_id}/phone/", change).status_code == 302
        merge = f"{manage}/people/{person.public_id}/merge/"
        assert visitor.post_form(merge, {"q": NEW_PHONE}).status_code == 200
        visitor.get("/api/v1/me/")
        search_and_write(visitor, keeper, person)


def search_and_write(visitor: Traveller, keeper: Person, person: Person) -> None:
    """Numbers are typed where words are asked for: into searches, an objection, its answer and a reason."""
    manage = "/zh-hans/manage"
    for path in (f"{manage}/people/", f"{manage}/roles/", f"{manage}/registrations/", "/zh-hans/credits/people/"):
        for words in (OWN_PHONE, OWN_ID, STAFF_NUMBER):
            response = visitor.post_form(f"{manage}/search/", {"list": path, "q": words})
            assert response.status_code == 302, path
            assert visitor.get(response.headers["Location"]).status_code == 200, path
    objection = objections.object_to(
        by=person, text=f"手机应为 {NEW_PHONE}，证件 {OWN_ID[:6]} {OWN_ID[6:14]} {OWN_ID[14:]}"
    )
    visitor.get(f"{manage}/objections/")
    said = {"answer": f"已改为{NEW_PHONE}"}
    answer = visitor.post_form(f"{manage}/objections/{objection.public_id}/answer/", said)
    assert answer.status_code == 302
    grant = roles.grant_role(
        by=None,
        person=person,
        role=Role.LEARNER,
        node=objection.unit,
        begins=date(2020, 1, 1),
        reason=f"见 {OWN_PHONE}",
    )
    assert (grant.reason, Objection.objects.get().answer) == ("见 ***", "已改为***")


def test_a_stolen_dump_session_mail_or_log_holds_no_number(
    live_site: live.Site, keeper: Any, committed_db: str, caplog: pytest.LogCaptureFixture
) -> None:
    world: World = keeper.world
    Traveller.given = []
    roster = enter_roster(keeper, world.hospital)
    entered = Person.objects.get(name="周敏")
    code = activation.issue(by=keeper, person=entered)
    person = come_in(live_site, code)
    person.set_id_number(OWN_ID)
    person.save()
    create_person(by=keeper, username="wu", name="吴敏", phone=WRONG_PHONE, email="w@e.org")
    own_data.run(person.exports.get().pk)
    look_after(live_site, keeper, person, roster)
    send_mails()

    # Each place holds what it is searched for.
    assert RosterRow.objects.filter(roster=roster).exclude(sealed="").exists()
    assert Person.objects.get(pk=person.pk).phone == f"+86{NEW_PHONE}"
    assert AuditEvent.objects.filter(verb="person.change_contact").exists()
    assert (AccessAttempt.objects.exists(), Revision.objects.exists()) == (True, True)
    sessions = [str(session.get_decoded()) for session in Session.objects.all()]
    sent = mails()
    assert (len(sessions) >= 2, len(sent) >= 1) == (True, True)
    tables = dump()
    assert "周敏" in tables
    folders = [Path(settings.VAR_DIR) / name for name in ("cache", "broker")]
    written = [unpacked(path.read_bytes()) for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert [address for address in Traveller.given if found_in(address, STAFF_NUMBER)] == []
    # The visitor's own program names each address that it opens.
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith("http")]
    for place, text in (
        ("tables", tables),
        ("database", raw_database(committed_db)),
        ("sessions", "\n".join(sessions)),
        ("cache and broker", "\n".join(written)),
        ("mails", "\n".join(sent)),
        ("log of the site", live_site.logged()),
        ("log", "\n".join(logged)),
    ):
        assert (place, found_in(text, PASSWORD, WRONG_PASSWORD, code)) == (place, [])


def test_sealed_values_stand_only_where_a_rotation_looks(live_site: live.Site, keeper: Any) -> None:
    enter_roster(keeper, keeper.world.hospital)
    declared = {
        (model._meta.db_table, model._meta.get_field(keyed.column).column) for model, keyed in sealing.sealed_columns()
    }
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            names = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                found |= {
                    (table, name)
                    for name, value in zip(names, row, strict=True)
                    if isinstance(value, str) and re.match(r"own\.[A-Za-z0-9+/]{38,}={0,2}$", value)
                }
    assert found - declared == set()
    assert {table for table, _column in found} == {"organisations_person", "organisations_rosterrow"}


@pytest.mark.parametrize("before", ["", "a", "ab", '{"x":"'])
def test_disguises_are_found(before: str) -> None:
    secret = ROSTER_ID
    for text in (
        before + secret,
        base64.b64encode(f'{before}{secret}"}}'.encode()).decode(),
        f"{before}{secret[::-1]}",
        f"{before}{secret}".encode().hex(),
    ):
        assert stands_in(text, secret)
    assert not stands_in(before + secret[:-2], secret)
