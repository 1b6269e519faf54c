"""The auditor reads all and changes nothing: what somebody else reads and an auditor does not has a reason here.

The matrix is the witness: `test_role_matrix` asks every address for what it says.
"""

from pathlib import Path

from django.utils.translation import override

from organisations.enums import Role
from tests.architecture.matrix import Line, lines

# Addresses that show a form and nothing else: an auditor, who may not send it, reads the same facts on the page that
# leads there.
FORMS = {
    "credits/people/<uuid:public_id>/entries/<uuid:entry_id>/reverse/",
    "credits/people/<uuid:public_id>/entries/new/",
    "credits/people/<uuid:public_id>/official/",
    "credits/people/record/",
    "manage/alliances/<uuid:public_id>/change/",
    "manage/alliances/<uuid:public_id>/close/",
    "manage/alliances/<uuid:public_id>/join/",
    "manage/alliances/<uuid:public_id>/members/<int:pk>/end/",
    "manage/alliances/new/",
    "manage/people/<uuid:public_id>/code/",
    "manage/people/<uuid:public_id>/details/",
    "manage/people/<uuid:public_id>/employments/<int:pk>/",
    "manage/people/<uuid:public_id>/employments/<int:pk>/end/",
    "manage/people/<uuid:public_id>/employments/new/",
    "manage/people/<uuid:public_id>/memberships/<int:pk>/end/",
    "manage/people/<uuid:public_id>/memberships/new/",
    "manage/people/<uuid:public_id>/merge/",
    "manage/people/<uuid:public_id>/phone/",
    "manage/people/<uuid:public_id>/qualifications/<uuid:qualification_id>/confirm/",
    "manage/people/<uuid:public_id>/qualifications/<uuid:qualification_id>/refuse/",
    "manage/people/<uuid:public_id>/qualifications/new/",
    "manage/people/<uuid:public_id>/states/<uuid:state_id>/end/",
    "manage/people/<uuid:public_id>/states/<uuid:state_id>/withdraw/",
    "manage/people/<uuid:public_id>/states/new/",
    "manage/people/<uuid:public_id>/unlock/",
    "manage/people/new/",
    "manage/places/<uuid:public_id>/add/",
    "manage/places/<uuid:public_id>/change/",
    "manage/places/<uuid:public_id>/close/",
    "manage/places/<uuid:public_id>/merge/",
    "manage/places/<uuid:public_id>/move/",
    "manage/places/<uuid:public_id>/reopen/",
    "manage/roles/<int:pk>/end/",
    "manage/roles/<int:pk>/substitute/",
    "manage/roles/new/",
    "manage/rosters/<uuid:public_id>/columns/",
}
NOT_READ = {
    "manage/marking/<uuid:public_id>/": "somebody's work, without their name, for the person who marks it",
    "manage/marking/<uuid:public_id>/file/": "a file of such a work",
    "manage/rosters/<uuid:public_id>/errors/": "the sheet as it was sent, numbers in full: for its sender alone",
    "manage/rosters/example/": "an empty sheet for who sends rosters",
    "manage/sheets/<uuid:public_id>/file/": "codes that open accounts: for who asked for the sheet alone",
    "manage/sheets/<uuid:public_id>/state/": "how far the making of one's own sheet is",
}
# What an auditor sends that a learner may not: each leaves everything as it is, but for a line in the log.
SENT = {
    "credits/exports/request/": "has a file made of what is shown, numbers masked",
    "manage/audit/list.csv": "filters travel in the body, so that no name stands in an address",
    "manage/people/find/": "looks for somebody by a number that must not stand in an address",
    "manage/receipts/": "looks up what a receipt stands for; it must not stand in an address",
}


def opens(line: Line, column: str) -> bool:
    """Whether somebody in scope is not turned away: a page, a step on, or what is not ready yet."""
    return line.expected[column].partition("/")[0] in ("200", "302", "409")


def asked() -> list[Line]:
    """What is read from us. Wagtail's admin is for editing; what it holds for readers is published."""
    return [line for line in lines() if line.method == "get" and not line.route.startswith("admin/")]


def test_auditor_reads_what_any_role_reads() -> None:
    readers = [role.value for role in Role if role != Role.AUDITOR]
    read = {line.route for line in asked() if any(opens(line, column) for column in readers)}
    read_by_auditors = {line.route for line in asked() if opens(line, Role.AUDITOR.value)}
    assert read - read_by_auditors == FORMS | set(NOT_READ)


def test_what_the_auditor_does_not_read_as_a_form_is_one() -> None:
    assert {line.route for line in lines() if line.method == "post"} & FORMS == FORMS


def test_auditor_sends_no_more_than_a_learner_but_to_look_up_and_download() -> None:
    sent = [line for line in lines() if line.method != "get" and not line.route.startswith("admin/")]
    refusals = ("403", "404")
    taken = {line.route for line in sent if line.expected[Role.AUDITOR.value].partition("/")[0] not in refusals}
    taken_of_learners = {line.route for line in sent if line.expected[Role.LEARNER.value] not in refusals}
    assert taken - taken_of_learners == set(SENT)


def test_page_about_roles_has_a_line_for_each() -> None:
    page = Path(__file__).parents[2].joinpath("docs", "roles.md").read_text(encoding="utf-8")
    first = [row.split("|")[1].strip() for row in page.splitlines() if row.startswith("| ")]
    with override("en"):
        assert first == ["Role", *(str(role.label) for role in Role)]
