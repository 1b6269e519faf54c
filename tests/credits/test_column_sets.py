"""A place's own column sets: copied, rearranged step by step, previewed, published for good."""

from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cms.shared import errors
from credits.models import ColumnDraft, ColumnSetVersion
from credits.selectors import column_sets as selectors
from credits.services import column_sets, exports, feeds
from organisations.enums import NodeKind, Role
from organisations.models import AuditEvent, Person
from tests.factories.credits import HENAN
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory

ANNUAL = "annual-list@2026.1"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rule_sets")]


class World:
    def __init__(self) -> None:
        self.city = NodeFactory(kind=NodeKind.PREFECTURE)
        self.hospital = NodeFactory(parent=self.city)
        self.other = NodeFactory()
        self.keeper: Person = RoleGrantFactory(role=Role.CITY_REVIEWER, node=self.city).person
        self.outsider: Person = RoleGrantFactory(role=Role.UNIT_CREDIT_ADMINISTRATOR, node=self.other).person
        self.system: Person = RoleGrantFactory(role=Role.SYSTEM_ADMINISTRATOR, node=self.city).person
        self.draft: ColumnDraft = self.copied()

    def copied(self, **changes: Any) -> ColumnDraft:
        wish = {"key": ANNUAL, "place": self.city.public_id, "title_zh": "本市名单", "title_en": ""} | changes
        return column_sets.copy(by=self.keeper, **wish)

    def change(self, deed: str, key: str = "", **texts: str) -> list[str]:
        column_sets.change(by=self.keeper, draft=self.draft, seen=self.draft.changes, deed=deed, key=key, **texts)
        self.draft.refresh_from_db()
        return [row["key"] for row in self.draft.columns]

    def published(self) -> ColumnSetVersion:
        version = column_sets.publish(by=self.keeper, draft=self.draft, seen=self.draft.changes)
        self.draft.refresh_from_db()
        return version

    def client(self, person: Person) -> Client:
        client = Client()
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return client


def test_columns_move_go_come_back_and_are_renamed() -> None:
    world = World()
    before = [row["key"] for row in world.draft.columns]
    assert world.change("down", "person_number")[:3] == ["name", "person_number", "id_number"]
    assert world.change("up", "person_number") == before
    assert world.change("up", "person_number") == before  # the first stays where it is
    assert world.change("remove", "id_number") == [key for key in before if key != "id_number"]
    assert world.change("add", "id_number")[-1] == "id_number"
    world.change("name", "name", zh="人员姓名", en="Full name", width="20")
    row = next(row for row in world.draft.columns if row["key"] == "name")
    assert (row["zh"], row["en"], row["width"]) == ("人员姓名", "Full name", 20)
    world.change("title", zh="新名", en="New")
    assert (world.draft.title_zh, world.draft.title_en) == ("新名", "New")
    assert AuditEvent.objects.filter(verb="credits.columns.change").count() == 7


@pytest.mark.parametrize(
    ("deed", "key", "texts"),
    [
        ("add", "name", {}),
        ("add", "password", {}),
        ("remove", "password", {}),
        ("name", "name", {"zh": "", "en": "x", "width": "9"}),
        ("name", "name", {"zh": "字" * 41, "en": "x", "width": "9"}),
        ("name", "name", {"zh": "字", "en": "x", "width": "3"}),
        ("name", "name", {"zh": "字", "en": "x", "width": "９"}),
        ("title", "", {"zh": "", "en": "x"}),
        ("drop", "name", {}),
    ],
)
def test_steps_that_lead_nowhere_are_refused(deed: str, key: str, texts: dict[str, str]) -> None:
    world = World()
    before = list(world.draft.columns)
    with pytest.raises(errors.InvalidInput):
        world.change(deed, key, **texts)
    world.draft.refresh_from_db()
    assert (world.draft.columns, world.draft.changes) == (before, 0)


def test_two_who_rearrange_do_not_overwrite_each_other() -> None:
    world = World()
    stale = ColumnDraft.objects.get(pk=world.draft.pk)
    world.change("down", "name")
    with pytest.raises(column_sets.Rearranged):
        column_sets.change(by=world.keeper, draft=stale, seen=0, deed="remove", key="name")
    with pytest.raises(column_sets.Rearranged):
        column_sets.publish(by=world.keeper, draft=stale, seen=0)


def test_published_versions_stay_and_are_numbered() -> None:
    world = World()
    first = world.published()
    with pytest.raises(column_sets.NothingNew):
        world.published()
    world.draft.refresh_from_db()
    world.change("remove", "department")
    second = world.published()
    assert [version.number for version in (first, second)] == [1, 2]
    keys = [{column.key for column in version.column_set.columns} for version in (first, second)]
    assert keys[0] - keys[1] == {"department"}
    assert selectors.find(str(first)).key == str(first)
    with pytest.raises(DatabaseError), transaction.atomic():
        ColumnSetVersion.objects.filter(pk=first.pk).update(document="{}")
    with pytest.raises(DatabaseError), transaction.atomic():
        first.delete()


def test_nothing_is_published_without_the_mark_of_its_figures() -> None:
    world = World()
    world.change("remove", "mark")
    with pytest.raises(column_sets.BadColumns):
        world.published()
    assert ColumnSetVersion.objects.count() == 0


def test_own_set_is_for_its_place_and_below() -> None:
    world = World()
    key = str(world.published())
    assert selectors.check_offered(key, node=world.hospital).key == key
    with pytest.raises(selectors.UnknownColumnSet):
        selectors.check_offered(key, node=world.other)
    assert [one.key for one in selectors.offered(node=world.hospital)][-1] == key
    assert key not in {one.key for one in selectors.offered_to(frozenset({world.other.path}))}
    wish = {"rule_set_id": HENAN, "year": timezone.localdate().year, "file_format": "csv", "column_set": key}
    job = exports.request_export(by=world.keeper, node=world.hospital, reason="年报", **wish)
    assert job.column_set == key
    with pytest.raises(selectors.UnknownColumnSet):
        exports.request_export(by=world.outsider, node=world.other, reason="年报", **wish)


def test_others_neither_see_nor_change_a_set() -> None:
    world = World()
    with pytest.raises(errors.NotFound):
        column_sets.own(by=world.outsider, public_id=world.draft.public_id)
    with pytest.raises(errors.NotFound):
        column_sets.copy(by=world.outsider, key=ANNUAL, place=world.city.public_id, title_zh="表", title_en="")
    with pytest.raises(errors.OutOfScope):
        column_sets.own(by=PersonFactory(), public_id=world.draft.public_id)


def test_preview_shows_three_people_to_those_who_may_see_them() -> None:
    world = World()
    for number in range(4):
        EmploymentFactory(unit=world.hospital, staff_number=f"N{number}", begins=date(2020, 1, 1))
    rows = column_sets.preview(by=world.keeper, draft=world.draft)
    assert rows is not None
    assert [row[0] for row in rows] == ["N0", "N1", "N2"]
    assert AuditEvent.objects.get(verb="credits.columns.preview").after["rows"] == 3
    assert column_sets.preview(by=world.system, draft=world.draft) is None


def test_pages_copy_rearrange_preview_and_publish_without_a_script() -> None:
    world = World()
    client = world.client(world.keeper)
    form = {"key": ANNUAL, "title_zh": "我的表", "title_en": "Mine", "place": str(world.city.public_id)}
    answer = client.post(reverse("manage:column_set_copy"), form)
    draft = ColumnDraft.objects.get(title_zh="我的表")
    address = reverse("manage:column_set", args=[draft.public_id])
    assert (answer.status_code, answer["Location"]) == (302, address)
    step = {"seen": "0", "do": "remove", "key": "department"}
    client.post(reverse("manage:column_set_change", args=[draft.public_id]), step)
    client.post(reverse("manage:column_set_change", args=[draft.public_id]), step)  # the page is out of date by now
    draft.refresh_from_db()
    assert (draft.changes, "department" in {row["key"] for row in draft.columns}) == (1, False)
    page = client.get(address)
    addable = [key for key, _heading in page.context["page"].addable]
    assert [key for key in addable if ":" not in key] == ["department", "year"]
    assert client.get(f"{address}?preview=1").context["preview"] == []
    client.post(reverse("manage:column_set_publish", args=[draft.public_id]), {"seen": "1"})
    assert [str(version) for version in draft.versions.all()] == [f"{draft.set_id}@1"]
    assert client.post(reverse("manage:column_set_copy"), {}).status_code == 400
    assert world.client(world.outsider).get(address).status_code == 404


def test_lists_cost_the_same_for_one_and_three() -> None:
    world = World()
    RoleGrantFactory(person=world.keeper, role=Role.SYSTEM_ADMINISTRATOR, node=world.city)
    client, counts = world.client(world.keeper), []
    for new in (1, 2):
        for number in range(new):
            draft = world.copied(title_zh=f"表{new}{number}")
            column_sets.publish(by=world.keeper, draft=draft, seen=0)
            feeds.issue(by=world.keeper, name="系统", place=world.city.public_id, days=1)
        found = []
        for name in ("manage:column_sets", "manage:feed_tokens"):
            client.get(reverse(name))
            with CaptureQueriesContext(connection) as asked:
                client.get(reverse(name))
            found.append(len(asked))
        counts.append(found)
    assert counts[0] == counts[1]
