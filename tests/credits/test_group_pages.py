"""One activity recorded for several people: chosen, tried, recorded; and who may not."""

from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from credits.enums import GrantMethod
from credits.models import Entry, EntryEvidence
from credits.services import histories
from credits.services.verification import verify_judgements, verify_ledger
from organisations.enums import Role
from organisations.models import AuditEvent, Notification, Person
from tests.credits.test_book_pages import TO_COME, World, address, client, pdf, sent
from tests.factories.credits import ProjectFactory
from tests.factories.organisations import EmploymentFactory, PersonFactory, RoleGrantFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rule_sets")]


class Group(World):
    def __init__(self) -> None:
        super().__init__()
        self.others = [PersonFactory(name=f"同事{number}", username=f"mate{number}") for number in range(2)]
        for number, person in enumerate(self.others):
            EmploymentFactory(person=person, unit=self.hospital, staff_number=f"GH-{number}")
        self.http = client(self.keeper)

    def post(self, do: str, *people: Person, **changes: Any) -> Any:
        fields = sent(do=do, people=[str(person.public_id) for person in people], **changes)
        if do == "try":
            fields.pop("proof")
        return self.http.post(address("group_new"), fields)


@pytest.fixture
def group() -> Group:
    return Group()


def test_group_is_tried_without_a_trace_in_the_book_and_recorded_once(group: Group) -> None:
    people = [group.person, *group.others]
    tried = group.post("try", *people)
    assert (tried.status_code, tried.context["refused"], Entry.objects.count()) == (200, [], 0)
    assert "It would be recorded for 3 people." in tried.content.decode()
    assert 'name="proof"' in tried.content.decode()
    done = group.post("record", *people)
    assert (done.status_code, done["Location"]) == (302, address("people"))
    entries = list(Entry.objects.order_by("book__owner"))
    assert [entry.book.owner for entry in entries] == people
    assert {(entry.granted_how, entry.reason, entry.granted_by_id_copy) for entry in entries} == {
        (GrantMethod.MANUAL, "现场签到，无系统记录", group.keeper.pk)
    }
    assert len({(paper.sha256, paper.file.name) for paper in EntryEvidence.objects.all()}) == 1
    assert Notification.objects.filter(kind="credits.entry_recorded").count() == 3
    again = group.post("record", *people, proof=pdf("补拍"))
    assert (len(again.context["refused"]), Entry.objects.count()) == (3, 3)
    assert again.content.decode().count("is in the book already as “省级读片会” of 2026-05-20") == 3
    assert (verify_ledger(), verify_judgements()) == ([], [])


def test_refused_are_named_with_the_entry_and_the_others_recorded(group: Group) -> None:
    known = group.http.post(address("entry_new", group.person.public_id), sent(title="护理讲座", proof=pdf("另一张")))
    assert known.status_code == 302
    first = Entry.objects.get()
    people = [group.person, group.keeper, group.others[0]]
    whom = {
        group.person: f"“护理讲座” on 2026-05-20 (entry {first.public_id})",
        group.keeper: "Nobody writes in their own",
    }
    for do in ("try", "record"):
        answer = group.post(do, *people)
        refused = dict(answer.context["refused"])
        assert set(refused) == set(whom)
        assert all(whom[person] in str(refused[person]) for person in whom)
    assert [entry.book.owner for entry in Entry.objects.exclude(pk=first.pk)] == [group.others[0]]
    assert AuditEvent.objects.filter(verb="credits.group.try").count() == 1
    left = answer.content.decode()
    assert (str(group.others[0].public_id) in left, str(group.person.public_id) in left) == (False, True)


def test_project_with_fewer_places_takes_the_first_and_refuses_the_rest(group: Group) -> None:
    project = ProjectFactory(quota=2)
    people = [*group.others, group.person]
    for do in ("try", "record"):
        answer = group.post(do, *people, project_number=f" {project.number} ")
        refused = [(person, error.code) for person, error in answer.context["refused"]]
        assert refused == [(group.person, "project_full")]
    entries = Entry.objects.order_by("book__owner")
    assert [(entry.book.owner, entry.project, entry.level) for entry in entries] == [
        (person, project, project.level) for person in group.others
    ]
    alone = sent(project_number=project.number, proof=pdf("另一张"), title="另一场")
    full = group.http.post(address("entry_new", group.person.public_id), alone)
    assert (full.status_code, "All 2 places of the project" in full.content.decode()) == (400, True)
    later = ProjectFactory(begins=date(2026, 6, 1))
    for number, text in ((later.number, "grants credit from 2026-06-01"), ("2026-XX", "The register has no project")):
        answer = group.post("try", *people, project_number=number)
        assert (answer.status_code, answer.content.decode().count(text)) == (400, 1)
    assert Entry.objects.count() == 2


def test_people_are_typed_by_user_name_or_staff_number(group: Group) -> None:
    stranger = PersonFactory(username="stranger")
    answer = group.post("try", typed="mate0\nGH-1\nGH-1\n")
    assert [person.username for person in answer.context["people"]] == ["mate0", "mate1"]
    wrong = group.post("try", group.person, typed=f"mate0\n{stranger.username}\nGH-9")
    assert (wrong.status_code, wrong.context["unknown"]) == (400, ["stranger", "GH-9"])
    assert "is meant by: stranger, GH-9." in wrong.content.decode()


def test_everybody_that_the_list_finds_is_chosen(group: Group) -> None:
    listed = group.http.get(address("people")).content.decode()
    assert (address("group_new") in listed, "Record an activity for those chosen" in listed) == (True, True)
    answer = group.http.post(address("group_new"), {"everybody": "1", "found": "同事"})
    assert answer.context["people"] == group.others
    assert 'name="proof"' not in answer.content.decode()


def test_what_was_typed_stays_when_rules_and_day_are_changed(group: Group) -> None:
    answer = group.post("rules", group.person, day="2026-03-02")
    assert (answer.status_code, answer.context["form"]["title"].value()) == (200, "省级读片会")
    assert answer.context["choices"].day == date(2026, 3, 2)
    assert group.post("rules", group.person, day="1990-01-01").status_code == 400
    for deed in ("rules", "try", "record"):
        answer = group.post(deed, group.person, day=TO_COME)
        text = answer.content.decode()
        assert (answer.status_code, text.count(f'name="day" value="{TO_COME}"'), Entry.objects.count()) == (400, 1, 0)
        assert text.count("This activity is not over yet.") == text.count('value="省级读片会"') == 1


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"quantity": "4"}, "More time is stated than lies between begin and end."),
        ({"begins_time": "13:00"}, "The activity ends before it begins."),
        ({"proof": SimpleUploadedFile("x.pdf", b"no pdf")}, "This is no PDF, JPEG or PNG that can be read."),
        ({"quantity": "-1"}, "Ensure this value is greater than or equal to 0.01."),
        ({"proof": ""}, "This field is required."),
        ({"people": []}, "Choose the people first"),
    ],
)
def test_group_entry_that_cannot_be_is_refused_at_its_field(group: Group, changes: dict[str, Any], text: str) -> None:
    fields = sent(do="record", people=[str(group.person.public_id)]) | changes
    answer = group.http.post(address("group_new"), fields)
    assert (answer.status_code, Entry.objects.count(), answer.content.decode().count(text)) == (400, 0, 1)


def test_shared_paper_is_read_by_administrators_and_outlives_one_of_its_people(group: Group) -> None:
    group.post("record", group.person, group.others[0])
    mine, theirs = (Entry.objects.get(book__owner=person) for person in (group.person, group.others[0]))
    page = address("entry_evidence", mine.public_id)
    assert (client(group.person).get(page).status_code, client(PersonFactory()).get(page).status_code) == (404, 404)
    assert b"".join(group.http.get(page).streaming_content) == pdf().read()
    year = f"{address('person_credits', group.person.public_id)}?year=2026"
    assert page in group.http.get(year).content.decode()
    assert page not in client(group.person).get(f"{address('my_credits')}?year=2026").content.decode()
    assert histories.export(group.person).files == ()
    histories.erase(group.person)
    assert EntryEvidence.objects.get().entry == theirs
    assert b"".join(group.http.get(address("entry_evidence", theirs.public_id)).streaming_content) == pdf().read()


def test_group_page_is_for_keepers_and_their_people_alone(group: Group) -> None:
    stranger = PersonFactory()
    assert client(group.person).get(address("group_new")).status_code == 403
    auditor = RoleGrantFactory(role=Role.AUDITOR, node=group.hospital, begins=date(2020, 1, 1)).person
    assert client(auditor).post(address("group_new"), sent(do="record")).status_code == 403
    assert Client().get(address("group_new")).status_code == 302
    assert group.post("record", stranger).status_code == 400
    assert Entry.objects.count() == 0


def test_trying_asks_as_little_for_three_as_for_one(group: Group) -> None:
    counts = []
    crowds = ([group.person], [group.person, *group.others])
    for people in crowds:
        group.post("try", *people, title="热身")  # what is read once a process; the log of a list that is read again
    for people in crowds:
        with CaptureQueriesContext(connection) as seen:
            assert group.post("try", *people, title=f"读片会 {len(people)}").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]
