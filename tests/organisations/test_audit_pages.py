"""The audit log's pages: who may read what, filters, paging, the file; and how old lines go."""

import csv
import hashlib
import io
import json
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from organisations import audit
from organisations.deeds import Deed
from organisations.enums import NodeKind, Role
from organisations.models import AuditEvent, Person
from organisations.selectors import audit as selectors
from organisations.selectors import log_words
from organisations.services import pruning
from tests.factories.organisations import (
    BranchFactory,
    EmploymentFactory,
    MembershipFactory,
    NodeFactory,
    PersonFactory,
    RoleGrantFactory,
)

pytestmark = pytest.mark.django_db


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


class World:
    def __init__(self) -> None:
        self.province = NodeFactory()
        self.hospital = NodeFactory(parent=self.province)
        self.other = NodeFactory(parent=self.province)
        self.auditor = RoleGrantFactory(node=self.province, role=Role.AUDITOR).person
        self.security = RoleGrantFactory(node=self.province, role=Role.SECURITY_ADMINISTRATOR).person
        self.local = RoleGrantFactory(node=self.hospital, role=Role.AUDITOR).person
        self.administrator = RoleGrantFactory(node=self.hospital).person
        self.learner: Person = EmploymentFactory(unit=self.hospital, person=PersonFactory(name="李娜")).person
        self.stranger: Person = EmploymentFactory(unit=self.other, person=PersonFactory(name="赵强")).person


def event(days_ago: float = 0, **fields: Any) -> AuditEvent:
    at = timezone.now() - timedelta(days=days_ago)
    given = {
        "at": at,
        "verb": "person.change",
        "target_kind": "organisations.person",
        "target_id": "x",
        "target": "某人",
    }
    return AuditEvent.objects.create(**(given | fields))


def found(by: Person, **query: str) -> list[int]:
    wanted = selectors.wanted_from(query)
    return [row.pk for row in selectors.events(by, wanted)]


@pytest.mark.parametrize(
    ("who", "status"),
    [("auditor", 200), ("security", 200), ("local", 200), ("administrator", 403), ("learner", 403), ("", 302)],
)
def test_log_is_for_its_readers_and_every_reading_is_written_down(who: str, status: int) -> None:
    world = World()
    row = event(actor_id_copy=world.learner.pk, actor="李娜")
    client = signed_in(getattr(world, who)) if who else Client()
    listing, detail = reverse("manage:audit"), reverse("manage:audit_event", args=[row.pk])
    file = reverse("manage:audit_csv")
    answers = [client.get(listing), client.get(detail), client.post(file)]
    assert [answer.status_code for answer in answers] == [status] * 3
    logged = list(AuditEvent.objects.filter(verb__startswith="audit.").order_by("pk").values_list("verb", flat=True))
    assert logged == (["audit.read", "audit.read", "audit.export"] if status == 200 else [])
    assert client.get(file).status_code == (302 if not who else 405)


def test_reader_of_one_hospital_sees_its_people_only() -> None:
    world = World()
    did = event(actor_id_copy=world.learner.pk)
    suffered = event(actor_id_copy=world.auditor.pk, target_id=str(world.learner.public_id))
    elsewhere = event(actor_id_copy=world.stranger.pk, target_id=str(world.stranger.public_id))
    assert found(world.local) == [suffered.pk, did.pk]
    assert found(world.auditor) == [elsewhere.pk, suffered.pk, did.pk]
    client = signed_in(world.local)
    assert client.get(reverse("manage:audit_event", args=[elsewhere.pk])).status_code == 404
    assert client.get(reverse("manage:audit_event", args=[10**30])).status_code == 404


def test_reader_of_the_society_sees_its_members_and_not_what_belongs_to_no_place() -> None:
    world = World()
    society = BranchFactory(kind=NodeKind.SOCIETY)
    reader = RoleGrantFactory(node=society, role=Role.AUDITOR).person
    MembershipFactory(person=world.learner, branch=BranchFactory(parent=society))
    of_a_member = event(actor_id_copy=world.learner.pk)
    of_nobody = event()
    elsewhere = event(actor_id_copy=world.stranger.pk)
    assert found(reader) == [of_a_member.pk]
    assert found(world.auditor) == [elsewhere.pk, of_nobody.pk, of_a_member.pk]


def test_filters_find_what_they_say() -> None:
    world = World()
    with_text = event(after={"reason": "产假结束"}, request_id="abc")
    by_her = event(actor_id_copy=world.learner.pk, actor="李娜", verb="account.sign_in")
    old = event(days_ago=10, target="第一医院", target_kind="organisations.node", target_id="n1")
    day = timezone.localdate()
    expected: list[tuple[dict[str, str], list[int]]] = [
        ({"q": "产假"}, [with_text.pk]),
        ({"q": "abc"}, [with_text.pk]),
        ({"q": "李娜"}, [by_her.pk]),
        ({"q": world.learner.username.upper()}, [by_her.pk]),
        ({"q": str(Deed.SIGN_IN.label)}, [by_her.pk]),
        ({"q": "100%_"}, []),
        ({"deed": "account.sign_in"}, [by_her.pk]),
        ({"kind": "organisations.node"}, [old.pk]),
        ({"target": "n1"}, [old.pk]),
        ({"actor": str(world.learner.public_id)}, [by_her.pk]),
        ({"actor": str(world.stranger.public_id)}, []),
        ({"ends": (day - timedelta(days=5)).isoformat()}, [old.pk]),
        ({"begins": (day - timedelta(days=5)).isoformat()}, [by_her.pk, with_text.pk]),
        ({"begins": "x", "deed": "nothing", "kind": "nothing", "actor": "x", "ends": "9999-12-31"},
         [by_her.pk, with_text.pk, old.pk]),
    ]  # fmt: skip
    assert [(query, found(world.auditor, **query)) for query, _rows in expected] == expected


def test_pages_follow_each_other_without_gap_or_repeat() -> None:
    world = World()
    moment = timezone.now() - timedelta(days=1)
    rows = [event(at=moment) if number % 3 else event(days_ago=number) for number in range(1, 121)]
    expected = [row.pk for row in sorted(rows, key=lambda row: (row.at, row.pk), reverse=True)]
    seen, cursor = [], ""
    for _page in range(9):
        page = selectors.page(world.auditor, selectors.Wanted(), cursor=cursor)
        seen += [row.pk for row in page.events]
        cursor = page.older
        if not cursor:
            break
    assert seen == expected


@pytest.mark.parametrize(
    "cursor", ["x", "_", "2026-11-22_1", "2026-11-22T10:00:00Z_x", "2026-13-40T10:00:00Z_1", "²_²"]
)
def test_cursor_of_nonsense_is_the_first_page(cursor: str) -> None:
    world = World()
    row = event()
    assert selectors.page(world.auditor, selectors.Wanted(), cursor=cursor).events == [row]


@pytest.mark.parametrize("rows", [1, 3])
def test_list_takes_the_same_queries_for_one_and_three(rows: int) -> None:
    world = World()
    for _number in range(rows):
        event(actor_id_copy=world.learner.pk)
    client = signed_in(world.auditor)
    client.get(reverse("manage:audit"))
    with CaptureQueriesContext(connection) as asked:
        client.get(reverse("manage:audit"))
    assert len(asked) == 7


def test_detail_shows_fields_side_by_side() -> None:
    row = event(before={"name": "旧", "gone": 1}, after={"name": "新", "new": ["a"], "roster": str(uuid4())})
    with override("en"):
        assert selectors.changes(row) == [
            selectors.Change("name", "旧", "新"),
            selectors.Change("gone", "1", None),
            selectors.Change("new", None, "a"),
            selectors.Change("roster", None, row.after["roster"], row.after["roster"]),
        ]
    page = signed_in(World().auditor).get(reverse("manage:audit_event", args=[row.pk])).content.decode()
    assert (page.count("?target=" + row.after["roster"]), page.count(">" + row.after["roster"])) == (1, 0)


@pytest.mark.parametrize(
    ("verb", "told", "line"),
    [
        (Deed.EMPLOYMENT_END, {"ends": None, "unit": "H1"}, "until: no end; unit: 示范医院"),
        (Deed.EMPLOYMENT_BEGIN, {"unit": "H9", "roster": str(UUID(int=7))}, "unit: H9"),
        (Deed.QUALIFICATION_ENTER, {"kind": "title", "value": "技师", "has_proof": False},
         "kind: Professional title; what it is: Technologist (技师); with proof: no"),
        (Deed.EMPLOYMENT_CHANGE, {"kind": "rehired"}, "kind: Retired and rehired"),
        (Deed.ROLE_GRANT, {"role": "auditor", "place": "H1"}, "role: Auditor; place: 示范医院"),
        (Deed.CONSENT_GIVE, {"document": "privacy_notice 2026-11", "language": "en"},
         "document: Privacy notice 2026-11; language: English"),
        (Deed.ROSTER_UNDO, {"rows": {"create": 2, "wrong": 1}}, "rows: New person: 2, Cannot be entered: 1"),
        (Deed.LIST_READ, {"list": "people", "filters": {"q": "…"}, "rows": 3},
         "list: People; filters: words searched for: …; rows: 3"),
        (Deed.PERSON_CHANGE_CONTACT, {"has_contact": ["email", "phone"]},
         "ways to reach the person: e-mail address, mobile number"),
        (Deed.STATE_ADD, {"state": "maternity", "new": {}}, "state: Maternity leave; new: none"),
    ],
)  # fmt: skip
def test_line_is_told_in_words(verb: Deed, told: dict[str, Any], line: str) -> None:
    NodeFactory(code="H1", name="示范医院")
    row = event(verb=verb, before={}, after=told)
    with override("en"):
        (shown,) = log_words.worded([row])
    assert (shown.told_before, shown.told_after) == ("", line)


@pytest.mark.parametrize("rows", [1, 3])
def test_words_take_one_query_however_many_places(rows: int, django_assert_num_queries: Any) -> None:
    found = [event(after={"unit": NodeFactory(code=f"H{number}").code}) for number in range(rows)]
    with django_assert_num_queries(1):
        log_words.worded(found)


def test_file_holds_what_the_filters_find_and_no_formula() -> None:
    world = World()
    event(target="=HYPERLINK(1)", actor_id_copy=world.learner.pk, actor="李娜")
    event(verb="account.sign_in")
    answer = signed_in(world.security).post(reverse("manage:audit_csv"), {"deed": "person.change"})
    rows = list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert [(row[1], row[4]) for row in rows[1:]] == [("李娜", "'=HYPERLINK(1)")]
    assert AuditEvent.objects.get(verb="audit.export").after == {"deed": "person.change"}


def test_record_keeps_address_before_and_after_masked(client: Client) -> None:
    person = PersonFactory()
    row = audit.record(
        by=person, verb=Deed.PERSON_CHANGE, target=person, before={"name": "旧"}, after={"phone": "+8613800000001"}
    )
    assert (row.actor_id_copy, row.before, row.after, row.address) == (
        person.pk,
        {"name": "***"},
        {"phone": "***"},
        None,
    )


# -- pruning


def test_prune_refuses_what_is_younger_than_the_policy() -> None:
    event(days_ago=400)
    youngest = timezone.localdate() - timedelta(days=183)
    with pytest.raises(pruning.TooYoung):
        pruning.prune(before=youngest + timedelta(days=1))
    with pytest.raises(CommandError, match="183"):
        call_command("prune_audit", f"--before={youngest + timedelta(days=1)}")
    assert AuditEvent.objects.count() == 1


def test_prune_deletes_old_lines_and_seals_what_went() -> None:
    old = [event(days_ago=days, after={"n": days}) for days in (400, 300)]
    kept = event(days_ago=184)
    before = timezone.localdate() - timedelta(days=200)
    names = [field.attname for field in AuditEvent._meta.concrete_fields]
    lines = [
        json.dumps(
            {name: _plain(getattr(row, name)) for name in names}, ensure_ascii=False, sort_keys=True,
            separators=(",", ":"),
        )
        + "\n"
        for row in AuditEvent.objects.filter(pk__in=[row.pk for row in old]).order_by("pk")
    ]  # fmt: skip
    digest = hashlib.sha256("".join(lines).encode()).hexdigest()
    assert pruning.prune(before=before) == pruning.Pruned(2, digest)
    left = AuditEvent.objects.order_by("pk")
    assert [row.pk for row in left[:1]] == [kept.pk]
    sealed = left.get(verb="audit.prune")
    assert (sealed.after["count"], sealed.after["sha256"], sealed.after["before"], sealed.actor) == (
        2, digest, before.isoformat(), "",
    )  # fmt: skip
    assert pruning.prune(before=before).count == 0
    assert AuditEvent.objects.filter(verb="audit.prune").count() == 1


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        text = value.isoformat(timespec="milliseconds" if value.microsecond else "auto")
        return text.removesuffix("+00:00") + "Z"
    return value.isoformat() if isinstance(value, date) else value


def test_prune_command_says_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    event(days_ago=400)
    before = (timezone.localdate() - timedelta(days=200)).isoformat()
    call_command("prune_audit", f"--before={before}")
    assert capsys.readouterr().out.startswith(f"1 lines from before {before} deleted. SHA-256 ")


@pytest.mark.slow
def test_page_far_back_costs_no_more_than_the_first_one() -> None:
    """Of 20,000 lines the last page is found by its key, along the index, whatever comes before it."""
    world = World()
    now = timezone.now()
    AuditEvent.objects.bulk_create(
        [
            AuditEvent(at=now - timedelta(minutes=n), verb="account.sign_in", target_kind="organisations.person")
            for n in range(20_000)
        ],
        batch_size=2000,
    )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE organisations_auditevent")
    far = selectors.events(world.auditor, selectors.Wanted())[19_900]
    near = selectors.page(world.auditor, selectors.Wanted())
    last = selectors.page(world.auditor, selectors.Wanted(), cursor=f"{far.at.isoformat()}_{far.pk}")
    assert (len(near.events), len(last.events), last.older != "") == (50, 50, True)
    at = f"{far.at.isoformat()}_{far.pk}"
    with CaptureQueriesContext(connection) as asked:
        selectors.page(world.auditor, selectors.Wanted(), cursor=at)
    sql = asked[-1]["sql"]
    with connection.cursor() as cursor:
        cursor.execute(
            ("EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN ") + sql.replace("%", "%%")
        )
        plan = " ".join(str(cell) for row in cursor.fetchall() for cell in row)
    assert ("SEARCH organisations_auditevent USING INDEX" in plan or "Index Scan Backward" in plan) is True
    assert ("USE TEMP B-TREE" in plan, "Seq Scan" in plan) == (False, False)
