"""A dump of the whole database holds no phone number, ID number, password or code in clear."""

import json

import pytest
from django.db import connection
from django.test import Client

from organisations import audit
from organisations.models import Person
from organisations.services import activation, consents, people

pytestmark = pytest.mark.django_db
SECRETS = ("13800000001", "13900000009", "11010519491231002X", "tomography-2026", "linac-quench-88")


def dump() -> str:
    """Every value of every table as text."""
    texts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            texts.append(json.dumps(cursor.fetchall(), default=str, ensure_ascii=False))
    return "\n".join(texts)


def test_dump_holds_nothing_personal_in_clear(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    person = people.create_person(by=None, username="wang", name="王丽", phone="13800000001")
    person.set_id_number("11010519491231002X")
    person.save()
    consents.accept(person=person, language="zh-hans")
    code = activation.issue(by=None, person=person)
    form = {"code": code, "password": "tomography-2026", "phone": "", "email": "", "agree": "on"}
    client.post("/zh-hans/account/activate/?next=/zh-hans/account/profile/", form)
    client.post("/zh-hans/account/logout/")
    sign_in = "/zh-hans/account/login/?next=/zh-hans/account/profile/"
    for name in ("13900000009", "13800000001"):
        client.post(sign_in, {"login": name, "password": "linac-quench-88"})
    client.post(sign_in, {"login": "13800000001", "password": "tomography-2026"})
    change = {"language": "en", "phone": "13900000009", "email": "", "password": "tomography-2026"}
    assert client.post("/zh-hans/account/profile/", change).status_code == 302
    whole = dump()
    assert Person.objects.get().phone == "+8613900000009"
    assert "王丽" in whole
    written = whole + caplog.text
    assert [secret for secret in (*SECRETS, code) if secret in written] == []


def test_audit_masks_personal_fields_at_every_depth() -> None:
    person = people.create_person(by=None, username="wang", name="王丽")
    event = audit.record(
        by=person,
        verb="test",
        target=person,
        before={"phone": "13800000001", "nested": [{"id_number": "1"}, {"note": "kept"}]},
        after={"email": "", "new_password": "x"},
    )
    event.refresh_from_db()
    assert event.before == {"phone": "***", "nested": [{"id_number": "***"}, {"note": "kept"}]}
    assert event.after == {"email": "", "new_password": "***"}


def test_audit_hides_numbers_in_what_people_type() -> None:
    person = people.create_person(by=None, username="wang", name="王丽")
    typed = "电话由 137 1234 5098 改为+8613987650412，证件 11010519491231002X，见 2026-09-01-001 与 w@e.org"
    event = audit.record(by=person, verb="test", target=person, after={"reason": typed, "more": [{"note": typed}]})
    hidden = "电话由 *** 改为***，证件 ***，见 2026-09-01-001 与 ***"
    assert event.after == {"reason": hidden, "more": [{"note": hidden}]}
