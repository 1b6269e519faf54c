import pytest
from django.test import Client

from organisations.enums import Role
from organisations.models import Notification, Person
from organisations.notifications import notify
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory

pytestmark = pytest.mark.django_db
JSON = {"headers": {"accept": "application/json", "accept-language": "en"}}


@pytest.fixture
def person() -> Person:
    return PersonFactory(username="wang", name="王丽", phone="+8613800000001")


def tell(person: Person, count: int = 1) -> list[Notification]:
    found = [
        notify(person=person, kind="welcome", params={}, key=f"welcome:{number}", link="/zh-hans/")
        for number in range(count)
    ]
    return [notification for notification in found if notification]


@pytest.mark.parametrize("path", ["me/", "notifications/"])
def test_reading_needs_sign_in(client: Client, path: str) -> None:
    response = client.get(f"/api/v1/{path}", **JSON)
    assert (response.status_code, response.json()["code"]) == (403, "not_signed_in")


def test_me_says_who_is_signed_in_with_the_phone_masked(client: Client, person: Person) -> None:
    unit = NodeFactory(name="示范医院")
    EmploymentFactory(person=person, unit=unit)
    RoleGrantFactory(person=person, node=unit, role=Role.EDITOR)
    tell(person)
    client.force_login(person)
    body = client.get("/api/v1/me/", **JSON).json()
    assert body == {
        "id": str(person.public_id),
        "username": "wang",
        "name": "王丽",
        "masked_phone": "138****0001",
        "title": "none",
        "language": "zh-hans",
        "employments": [
            {
                "unit": "示范医院",
                "unit_id": str(unit.public_id),
                "department": "影像科",
                "begins": "2020-01-01",
                "ends": None,
            }
        ],
        "roles": [
            {
                "role": "editor",
                "place": "示范医院",
                "place_id": str(unit.public_id),
                "begins": "2020-01-01",
                "ends": None,
            }
        ],
        "has_second_factor": False,
        "unread_notifications": 1,
    }


@pytest.mark.parametrize("count", [1, 3])
def test_notifications_are_ones_own_in_constant_queries(client, person, django_assert_num_queries, count) -> None:
    tell(person, count)
    tell(PersonFactory())
    client.force_login(person)
    client.get("/api/v1/notifications/", **JSON)  # the first request writes when the session was last used
    with django_assert_num_queries(3):  # person, count, rows
        body = client.get("/api/v1/notifications/", **JSON).json()
    assert (body["count"], [row["subject"] for row in body["results"]]) == (count, ["Welcome to Isocenter"] * count)


def test_marking_read_is_for_ones_own_and_idempotent(client: Client, person: Person) -> None:
    mine, theirs = tell(person)[0], tell(PersonFactory())[0]
    client.force_login(person)
    first = client.post(f"/api/v1/notifications/{mine.public_id}/read/", **JSON).json()
    again = client.post(f"/api/v1/notifications/{mine.public_id}/read/", **JSON).json()
    assert first["read_at"] is not None
    assert again == first
    other = client.post(f"/api/v1/notifications/{theirs.public_id}/read/", **JSON)
    assert (other.status_code, other.json()["code"]) == (404, "not_found")
    theirs.refresh_from_db()
    assert theirs.read_at is None


def test_mark_all_read_leaves_other_peoples(client: Client, person: Person) -> None:
    tell(person, 3)
    theirs = tell(PersonFactory())[0]
    client.force_login(person)
    assert client.post("/api/v1/notifications/read/", **JSON).status_code == 204
    assert list(Notification.objects.filter(read_at=None).values_list("pk", flat=True)) == [theirs.pk]
