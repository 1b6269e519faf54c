"""The register's pages: looked at by administrators, kept by few, the same rules as everywhere."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from credits.models import Project
from organisations.deeds import Deed
from organisations.enums import Role
from organisations.models import AuditEvent
from tests.factories.courses import CurrentProjectFactory, course_with
from tests.factories.credits import ProjectFactory, entry
from tests.factories.organisations import NodeFactory, PersonFactory, RoleGrantFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rule_sets")]

FORM = {
    "number": "2026-09-01-001 (国)", "year": "2026", "title": "CT 低剂量扫描", "level": "national", "kind": "promotion",
    "form": "remote", "discipline": "影像医学", "subdiscipline": "影像技术", "begins": "2026-05-10",
    "ends": "2026-05-20", "days": "3", "place": "郑州", "theory_hours": "12", "practice_hours": "6", "hours": "",
    "credits": "6", "quota": "5", "organiser": "演示·影像技术学分会", "person_in_charge": "王主任", "remark": "",
}  # fmt: skip


def signed_in(role: Role = Role.PROVINCE_REVIEWER) -> Client:
    person = RoleGrantFactory(role=role, node=NodeFactory(), begins=date(2020, 1, 1)).person
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def address(view: str, *args: Any, language: str = "en") -> str:
    with translation.override(language):
        return reverse(f"manage:{view}", args=args)


def test_project_is_added_looked_at_changed_closed_and_opened_again() -> None:
    client = signed_in()
    added = client.post(address("project_add"), FORM)
    project = Project.objects.get()
    assert (added.status_code, added["Location"]) == (302, address("project", project.public_id))
    assert (project.hours, project.person_in_charge, project.quota) == (18, "王主任", 5)
    page = client.get(address("project", project.public_id)).content.decode()
    for words in ("(theory 12, practice 6)", "0 of 5 taken, 5 left", "Nothing was granted on it.", "Promotion project"):
        assert page.count(words) == 1
    form = client.get(address("project_change", project.public_id)).context["form"]
    sent = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    assert client.post(address("project_change", project.public_id), sent | {"title": "新题"}).status_code == 302
    stale = client.post(address("project_change", project.public_id), sent | {"title": "旧页"})
    assert (stale.status_code, stale.context["form"].non_field_errors()) == (
        400,
        ["This was changed in the meantime. Load the page again."],
    )
    closing = {"seen": "1", "on": "2026-05-15", "reason": "主管部门撤销"}
    assert client.post(address("project_close", project.public_id), closing).status_code == 302
    page = client.get(address("project", project.public_id)).content.decode()
    assert page.count("Closed from 2026-05-15 on: nothing is granted for later days.") == 1
    assert client.post(address("project_reopen", project.public_id), {"seen": "2"}).status_code == 302
    project.refresh_from_db()
    assert (project.title, project.closed_on, project.changes) == ("新题", None, 3)


def test_form_keeps_what_was_typed_and_says_each_mistake_at_its_field() -> None:
    client = signed_in()
    wrong = FORM | {"hours": "20", "days": "30", "quota": "0", "title": ""}
    first = client.post(address("project_add"), wrong).context["form"]
    assert (list(first.errors), first["hours"].value()) == (["title"], "20")
    second = client.post(address("project_add"), wrong | {"title": "题"})
    assert second.status_code == 400
    assert {name: len(said) for name, said in second.context["form"].errors.items()} == {
        "days": 1, "quota": 1,
    }  # fmt: skip
    third = client.post(address("project_add"), FORM | {"hours": "20"}).context["form"]
    assert third.errors["hours"] == [
        "Hours of theory (12) and hours of practice (6) make 18, but the total says 20. Correct one of the three."
    ]
    assert Project.objects.count() == 0


def test_list_is_narrowed_by_words_year_level_and_state() -> None:
    today = timezone.localdate()
    running = CurrentProjectFactory(number="甲-1", title="胸部 CT", year=2026, level="national")
    ProjectFactory(
        number="乙-2", title="磁共振", year=2024, level="tcm_city", begins=date(2024, 1, 1), ends=date(2024, 2, 1)
    )
    CurrentProjectFactory(number="丙-3", title="已关闭", year=2026, level="city", closed_on=today)
    ProjectFactory(
        number="丁-4", title="未开始", year=2027, begins=today + timedelta(days=9), ends=today + timedelta(days=20)
    )
    client = signed_in(Role.UNIT_CREDIT_ADMINISTRATOR)

    def numbers(**asked: str) -> list[str]:
        return [project.number for project, _standing in client.get(address("projects"), asked).context["rows"]]

    assert numbers() == ["丁-4", "丙-3", "甲-1", "乙-2"]
    assert numbers(year="2026") == ["丙-3", "甲-1"]
    assert numbers(level="tcm_city") == ["乙-2"]
    assert [numbers(state=state) for state in ("coming", "open", "over", "closed")] == [
        ["丁-4"], ["甲-1"], ["乙-2"], ["丙-3"],
    ]  # fmt: skip
    found = client.post(address("search"), {"list": address("projects"), "q": "胸部"})
    assert "胸部" not in found["Location"]
    page = client.get(found["Location"])
    assert [project.pk for project, _standing in page.context["rows"]] == [running.pk]


def test_list_as_a_file_has_the_columns_of_the_registry_and_is_logged() -> None:
    client = signed_in()
    client.post(address("project_add"), FORM)
    file = client.get(address("projects_csv", language="zh-hans")).getvalue().decode("utf-8-sig").splitlines()
    assert file[0].split(",") == [
        "年度", "编号", "名称", "二级学科", "三级学科", "级别", "举办类型", "举办形式", "开始日期", "结束日期", "天数",
        "地点", "理论学时", "实践学时", "总学时", "学分", "拟招人数", "负责人", "电话", "举办单位", "备注",
    ]  # fmt: skip
    assert file[1].split(",") == [
        "2026", "2026-09-01-001 (国)", "CT 低剂量扫描", "影像医学", "影像技术", "国家级", "推广项目", "远程",
        "2026-05-10", "2026-05-20", "3", "郑州", "12", "6", "18", "6", "5", "王主任", "", "演示·影像技术学分会", "",
    ]  # fmt: skip
    assert AuditEvent.objects.get(verb=Deed.LIST_DOWNLOAD).after == {"list": "projects", "filters": {}}


def test_page_says_where_a_project_is_used_and_that_its_number_is_unusual() -> None:
    project = CurrentProjectFactory(number="L-7", quota=9)
    offer = course_with([], project=project)
    entry(on=timezone.localdate(), project=project)
    page = signed_in().get(address("project", project.public_id))
    assert [(use.count, use.names) for use in page.context["uses"]] == [(1, [str(offer)])]
    text = " ".join(page.content.decode().split())
    day = timezone.localdate()
    assert text.count(f"of 1 learners and 0 lecturers, for activities from {day} to {day}.") == 1
    assert text.count("The number L-7 does not look like those that the credit rules describe.") == 1
    assert text.count("1 of 9 taken, 8 left") == 1


@pytest.mark.parametrize("count", [1, 3])
def test_list_and_page_run_constant_queries(count: int, django_assert_num_queries) -> None:
    client = signed_in()
    projects = [CurrentProjectFactory(quota=5) for _ in range(count)]
    for _ in range(count):
        course_with([], project=projects[0])
    for path, most in ((address("projects"), 10), (address("project", projects[0].public_id), 11)):
        client.get(path)
        with django_assert_num_queries(most):
            client.get(path)


@pytest.mark.parametrize(
    ("role", "status", "may_keep"),
    [
        (Role.PROVINCE_REVIEWER, 200, True),
        (Role.SYSTEM_ADMINISTRATOR, 200, True),
        (Role.UNIT_CREDIT_ADMINISTRATOR, 200, False),
        (Role.AUDITOR, 200, False),
        (Role.EDITOR, 403, None),
    ],
)
def test_who_sees_and_who_keeps_the_register(role: Role, status: int, may_keep: bool | None) -> None:
    client = signed_in(role)
    found = client.get(address("projects"))
    assert found.status_code == status
    kept = client.post(address("project_add"), FORM).status_code
    assert (kept, Project.objects.count()) == ((302, 1) if may_keep else (403, 0))
    if status == 200:
        assert found.context["may_keep"] is may_keep


def test_register_is_closed_to_learners_and_to_nobody_at_all() -> None:
    client = Client()
    assert client.get(address("projects")).status_code == 302
    client.force_login(PersonFactory(), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(address("projects")).status_code == 403
