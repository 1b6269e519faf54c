"""How much a unit may keep: shown, set by those who keep the unit, asked before the first byte."""

from datetime import date

import pytest
from django.urls import reverse

from media_pipeline.models import Lecture, UnitQuota
from media_pipeline.selectors.quotas import Share, share_of, unit_of
from media_pipeline.services.lectures import receive_lecture
from media_pipeline.services.quotas import GB, QuotaExceeded, require_share, set_quota
from organisations.enums import NodeKind, Role
from organisations.models import AuditEvent
from organisations.services import groups
from tests.factories.media_pipeline import LectureFactory
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory
from tests.media_pipeline.uploads.conftest import signed_in, uploader

LIST = "wagtailsnippets_media_pipeline_lecture:quotas"


def keeper_of(place):
    person = PersonFactory()
    groups.sync(
        RoleGrantFactory(person=person, role=Role.SYSTEM_ADMINISTRATOR, node=place, begins=date(2020, 1, 1)).person
    )
    person.refresh_from_db()
    return person


def test_share_is_of_recordings_renditions_and_what_is_on_its_way(tus, editor, unit):
    department = NodeFactory(parent=unit, kind=NodeKind.DEPARTMENT, level="")
    worker = PersonFactory()
    EmploymentFactory(person=worker, unit=department)
    assert (unit_of(worker), unit_of(PersonFactory()), unit_of(None)) == (unit, None, None)
    lecture = LectureFactory(unit=unit, source_bytes=700)
    lecture.rendition_sets.update(total_bytes=300)
    LectureFactory(source_bytes=5000)
    tus.begin(2000)
    tus.begin(9000, lecture=str(lecture.pk))  # takes the place of what is counted already
    assert share_of(unit) == Share(unit, 3000, None, False)
    set_quota(by=None, unit=unit, most_bytes=4000)
    assert (share_of(unit).percent, share_of(unit).is_own_limit) == (75, True)
    require_share(unit, 1000)
    require_share(unit, 1700, instead_of=700)
    with pytest.raises(QuotaExceeded):
        require_share(unit, 1001)


def test_plain_form_asks_too(editor, unit, upload):
    set_quota(by=None, unit=unit, most_bytes=1000)
    with pytest.raises(QuotaExceeded):
        receive_lecture(by=editor, title="CT", upload=upload("text"))
    assert Lecture.objects.count() == 0


def test_limit_for_all_is_the_operators(settings, unit):
    settings.LECTURE_QUOTA_BYTES = 2 * GB
    assert share_of(unit) == Share(unit, 0, 2 * GB, False)
    set_quota(by=None, unit=unit, most_bytes=0)
    assert share_of(unit) == Share(unit, 0, 0, True)
    set_quota(by=None, unit=unit, most_bytes=None)
    assert (share_of(unit).most_bytes, UnitQuota.objects.count()) == (2 * GB, 0)


def test_keeper_of_the_unit_sets_its_limit(unit):
    client = signed_in(keeper_of(unit))
    LectureFactory(unit=unit, source_bytes=GB)
    beside = NodeFactory(name="外院")
    LectureFactory(unit=beside, source_bytes=GB)
    page = client.get(reverse(LIST)).content.decode()
    assert (unit.name in page, beside.name in page) == (True, False)
    address = reverse("wagtailsnippets_media_pipeline_lecture:quota", args=[unit.public_id])
    assert client.post(address, {"gb": "12"})["Location"] == reverse(LIST)
    assert share_of(unit).most_bytes == 12 * GB
    event = AuditEvent.objects.get(verb="lecture.quota_set")
    assert (event.before, event.after) == ({"most_bytes": None}, {"most_bytes": 12 * GB})
    for wrong in ("-1", "1.5", "x", "99999999"):
        client.post(address, {"gb": wrong})
    assert share_of(unit).most_bytes == 12 * GB
    client.post(address, {"gb": ""})
    assert UnitQuota.objects.count() == 0
    foreign = reverse("wagtailsnippets_media_pipeline_lecture:quota", args=[beside.public_id])
    assert (client.post(foreign, {"gb": "1"}).status_code, UnitQuota.objects.count()) == (404, 0)
    assert client.get(reverse(LIST), {"q": unit.name[:2]}).content.decode().count('name="gb"') == 1
    assert client.get(reverse(LIST), {"q": "none"}).content.decode().count('name="gb"') == 0


def test_nobody_else_sees_or_sets_limits(unit):
    address = reverse("wagtailsnippets_media_pipeline_lecture:quota", args=[unit.public_id])
    for person in (uploader(), PersonFactory()):
        client = signed_in(person)
        assert client.get(reverse(LIST)).status_code == 302
        assert client.post(address, {"gb": "1"}).status_code == 302
    assert UnitQuota.objects.count() == 0


def test_list_asks_as_often_with_three_units_as_with_one(client, django_assert_num_queries, django_user_model):
    chief = django_user_model.objects.create_superuser("chief", name="王", password="x")
    client.force_login(chief, backend="django.contrib.auth.backends.ModelBackend")
    LectureFactory(unit=NodeFactory())
    client.get(reverse(LIST))
    for more in (0, 2):
        for _ in range(more):
            LectureFactory(unit=NodeFactory())
        with django_assert_num_queries(15):
            page = client.get(reverse(LIST)).content.decode()
        assert page.count('name="gb"') == 1 + more
