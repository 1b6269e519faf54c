"""The role matrix: its world, its file, and one question: what does this address answer to this person?

`role_matrix.tsv` holds a line per method and address. Its columns: method, route (as the resolver spells it, without
the language), what fills the route's arguments, the answer to the person whose it is, to nobody in particular, and for
every role "in/out": to its holder on the hospital of that person, and on another hospital. One figure: both the same.
"""

import csv
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.cache import cache as shared_cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from courses.models import LostPass
from credits.enums import OfficialState
from credits.models import (
    ColumnDraft,
    Declaration,
    Disclosure,
    EntryObjection,
    ExamPass,
    FeedToken,
    Following,
    OfficialList,
    Project,
    ProjectImport,
    RuleSetProposal,
    Statement,
    YearClosing,
)
from credits.models.exports import DEFAULT_SET
from credits.services import column_sets, disclosures, feeds, following, official, statements, titles
from credits.services import objections as entry_objections
from organisations import audit
from organisations.deeds import Deed
from organisations.enums import Degree, NodeKind, PersonState, QualificationKind, Role, SheetChoice
from organisations.models import (
    AccountMerge,
    ActivationSheet,
    Alliance,
    AuditEvent,
    Employment,
    ErasureRequest,
    Membership,
    Node,
    Objection,
    Person,
    PersonExport,
    Qualification,
    Registration,
    RoleGrant,
    RosterImport,
    StatePeriod,
)
from organisations.services import alliances, erasure, groups, objections, own_data, qualifications, rosters, sheets
from quizzes.models import AnswerFile, Attempt, Bank, Marking, QuestionObjection, Regrade
from quizzes.services import attempts, marking, scorings
from quizzes.services import objections as question_objections
from tests.architecture.addresses import Address, addresses
from tests.factories.credits import HENAN, ProjectFactory
from tests.factories.marking import answer, file_question, items_of
from tests.factories.marking import send as send_file
from tests.factories.organisations import (
    PASSWORD,
    BranchFactory,
    EmploymentFactory,
    MembershipFactory,
    NodeFactory,
    PersonFactory,
    RoleGrantFactory,
)
from tests.factories.quizzes import AttemptFactory, QuestionFactory, QuizFactory
from tests.factories.regrades import closed as closed_attempt
from tests.factories.regrades import correct, counted
from tests.world import World

FILE = Path(__file__).with_name("role_matrix.tsv")
OURS = ("cms", "organisations", "media_pipeline", "quizzes", "credits", "events", "claims", "courses")
ROLES = tuple(Role)
HEADER = ("method", "route", "object", "own", "anonymous", *(role.value for role in ROLES))

# What may stand in the column "object": the arguments of a route are filled with what these give, in their order.
# A route with fewer arguments takes the last ones.
OBJECTS: dict[str, Callable[["MatrixWorld"], tuple[str, ...]]] = {
    "": lambda world: (),
    "attempt": lambda world: (str(world.attempt.public_id),),
    "attempt image": lambda world: (str(world.attempt.public_id), "1"),
    "answer file": lambda world: (str(world.answer_file.attempt.public_id), str(world.answer_file.public_id)),
    "file item": lambda world: (str(world.file_attempt.public_id), items_of(world.file_attempt)[0]),
    "marking": lambda world: (str(world.marking.public_id),),
    "marking, no picture": lambda world: (str(world.marking.public_id), "1"),
    "handed in": lambda world: (str(world.answer_file.attempt.public_id),),
    "handed-in item": lambda world: (
        str(world.answer_file.attempt.public_id),
        items_of(world.answer_file.attempt)[0],
    ),
    "question objection": lambda world: (str(world.question_objection.public_id),),
    "question objection, no picture": lambda world: (str(world.question_objection.public_id), "1"),
    "regrade": lambda world: (str(world.regrade.public_id),),
    "lost pass": lambda world: (str(world.lost_pass.public_id),),
    "question": lambda world: (str(world.regrade.question.public_id),),
    "bank": lambda world: (str(world.scored_bank.public_id),),
    "course": lambda world: (str(world.offer.course.translation_key),),
    "enrolment": lambda world: (str(world.enrolment.public_id),),
    "export": lambda world: (str(world.export.public_id),),
    "lesson": lambda world: (str(world.lecture_lesson.translation_key),),
    "reading": lambda world: (str(world.reading_lesson.translation_key),),
    "notification": lambda world: (str(world.notification.public_id),),
    "offer": lambda world: (str(world.offer.public_id),),
    "on_site": lambda world: (str(world.on_site.public_id),),
    "person": lambda world: (str(world.learner.public_id),),
    "place": lambda world: (str(world.hospital.public_id),),
    "closed account": lambda world: (str(world.closed_account.public_id),),
    "colleague": lambda world: (str(world.colleague.public_id),),
    "closed department": lambda world: (str(world.closed_department.public_id),),
    "empty department": lambda world: (str(world.empty_department.public_id),),
    "play_session": lambda world: (str(world.play_session.public_id),),
    "wrong lecture address": lambda world: ("wrong", str(world.offer.public_id), "master.m3u8"),
    "wrong mail link": lambda world: ("wrong",),
    "wrong picture": lambda world: ("images", "none.webp"),
    # The people and units of the learner's hospital.
    "alliance": lambda world: (str(world.alliance.public_id),),
    "alliance member": lambda world: (str(world.alliance.public_id), str(world.alliance.members.get().pk)),
    "audit event": lambda world: (str(world.audit_event.pk),),
    "credit entry": lambda world: (str(world.entry.public_id),),
    "closing day": lambda world: (str(world.closing.public_id),),
    "credit objection": lambda world: (str(world.entry_objection.public_id),),
    "entry of person": lambda world: (str(world.learner.public_id), str(world.entry.public_id)),
    "declaration": lambda world: (str(world.learner.public_id), str(world.declaration.public_id)),
    "following": lambda world: (str(world.following.public_id),),
    "project": lambda world: (str(world.project.public_id),),
    "statement": lambda world: (str(world.statement.public_id),),
    "project import": lambda world: (str(world.project_import.public_id),),
    "rule set proposal": lambda world: (str(world.rule_set_proposal.public_id),),
    "rule set version": lambda world: ("cn-henan-cme@2025.1",),
    "rule set": lambda world: ("us-arrt-cqr",),
    "exam pass": lambda world: (str(world.learner.public_id), str(world.exam_pass.public_id)),
    "column set": lambda world: (str(world.column_set.public_id),),
    "feed token": lambda world: (str(world.feed_token.public_id),),
    "disclosure": lambda world: (str(world.disclosure.public_id),),
    "employment": lambda world: (str(world.learner.public_id), str(world.employment.pk)),
    "erasure": lambda world: (str(world.erasure.public_id),),
    "grant": lambda world: (str(world.grant.pk),),
    "membership": lambda world: (str(world.learner.public_id), str(world.membership.pk)),
    "objection": lambda world: (str(world.objection.public_id),),
    "official list": lambda world: (str(world.official_list.public_id),),
    "own data": lambda world: (str(world.own_data.public_id),),
    "qualification": lambda world: (str(world.learner.public_id), str(world.qualification.public_id)),
    "registration": lambda world: (str(world.registration.public_id),),
    "roster": lambda world: (str(world.roster.public_id),),
    "sheet": lambda world: (str(world.sheet.public_id),),
    "state": lambda world: (str(world.learner.public_id), str(world.state_period.public_id)),
}


class MatrixWorld(World):
    """The world with two holders of every role: one on the learner's hospital, one on another."""

    def __init__(self) -> None:
        super().__init__()
        self.holders: dict[tuple[Role, bool], Person] = {}
        for role, is_inside in itertools.product(ROLES, (True, False)):
            place = self.hospital if is_inside else self.other
            holder = PersonFactory(username=f"{role.value}-{'in' if is_inside else 'out'}")
            EmploymentFactory(person=holder, unit=place)
            # On a place of either reach whatever its kind: the matrix asks about reach.
            RoleGrantFactory(person=holder, role=role, node=place, begins=date(2020, 1, 1))
            groups.sync(holder)
            self.holders[role, is_inside] = signed_in(holder)
        signed_in(self.learner)
        self.browser = Client(raise_request_exception=False)

    def holder(self, role: Role, place: Node) -> Person:
        """Somebody else with this role there, who works at no place of it."""
        grant = RoleGrantFactory(person=PersonFactory(), role=role, node=place, begins=date(2020, 1, 1))
        groups.sync(grant.person)
        return signed_in(grant.person)

    @cached_property
    def file_attempt(self) -> Attempt:
        """The learner's, open, with one question that wants a file."""
        return AttemptFactory(person=self.learner, quiz=QuizFactory(questions=[file_question()]))

    @cached_property
    def answer_file(self) -> AnswerFile:
        """Handed in by the learner, and before the markers of their hospital."""
        attempt = AttemptFactory(person=self.learner, quiz=QuizFactory(questions=[file_question()]))
        value = send_file(attempt, items_of(attempt)[0])
        attempts.submit(person=self.learner, public_id=attempt.public_id, events=answer(attempt, value))
        return AnswerFile.objects.get(public_id=value)

    @cached_property
    def marking(self) -> Marking:
        """Begun by the lecturer of the learner's hospital."""
        item = self.answer_file.attempt.marking_items.get()
        return marking.claim(by=self.holders[Role.LECTURER, True], public_id=item.public_id)

    @cached_property
    def question_objection(self) -> QuestionObjection:
        """The learner's, to a question of a quiz that they handed in."""
        attempt = AttemptFactory(person=self.learner, quiz=QuizFactory(questions=1))
        attempts.submit(person=self.learner, public_id=attempt.public_id)
        item = UUID(items_of(attempt)[0])
        return question_objections.object_to(
            by=self.learner, attempt_id=attempt.public_id, item=item, text="两个选项都对"
        )

    @cached_property
    def regrade(self) -> Regrade:
        """Counted, of a question that the learner answered wrongly; it waits for a second person."""
        question = QuestionFactory(answer="B")
        closed_attempt(question, values=("C",), person=self.learner)
        correct(question, "C")
        return counted(question)

    @cached_property
    def lost_pass(self) -> LostPass:
        """Of the learner; it waits for the province."""
        return LostPass.objects.create(
            progress=self.opened(self.quiz_lesson), attempt=self.attempt, grade_revision=2, unit=self.hospital
        )

    @cached_property
    def scored_bank(self) -> Bank:
        """It has a scoring of its own."""
        bank: Bank = self.regrade.bank
        scorings.set_multiple_scoring(by=None, bank=bank, mode="partial_no_wrong")
        return bank

    @cached_property
    def alliance(self) -> Alliance:
        return alliances.found(by=None, name="医联体", code="A1", lead=self.hospital, begins=date(2024, 1, 1))

    def _department(self, name: str, **fields: Any) -> Node:
        """A department of the learner's hospital in which nobody works."""
        return NodeFactory(parent=self.hospital, kind=NodeKind.DEPARTMENT, level="", name=name, **fields)

    @cached_property
    def department(self) -> Node:
        return self._department("磁共振室")

    @cached_property
    def empty_department(self) -> Node:
        return self._department("介入室")

    @cached_property
    def closed_department(self) -> Node:
        return self._department("透视室", closed_on=date(2025, 1, 1))

    @cached_property
    def branch(self) -> Node:
        """Of the society, for those who work in the city of the learner's hospital."""
        return BranchFactory(parent=self.membership.branch.get_parent(), city=self.prefecture)

    @cached_property
    def grant(self) -> RoleGrant:
        return RoleGrantFactory(person=self.learner, role=Role.LEARNER, node=self.hospital)

    @cached_property
    def disclosure(self) -> Disclosure:
        keeper = self.holders[Role.UNIT_CREDIT_ADMINISTRATOR, True]
        wish = {"node": self.hospital, "rule_set_id": HENAN, "year": self.entry.ends_on.year, "file_format": "xlsx"}
        return disclosures.request(by=keeper, reason="年度上报", **wish)

    @cached_property
    def column_set(self) -> ColumnDraft:
        """Copied by the unit's administrator for the learner's hospital."""
        keeper = self.holders[Role.UNIT_CREDIT_ADMINISTRATOR, True]
        titles = {"title_zh": "本院名单", "title_en": "Our list"}
        return column_sets.copy(by=keeper, key=DEFAULT_SET, place=self.hospital.public_id, **titles)

    @cached_property
    def feed_token(self) -> FeedToken:
        keeper = self.holders[Role.SYSTEM_ADMINISTRATOR, True]
        return feeds.issue(by=keeper, name="省平台", place=self.hospital.public_id, days=30)[0]

    @cached_property
    def rule_set_proposal(self) -> RuleSetProposal:
        return RuleSetProposal.objects.create(
            document={"effective_from": "2027-01-01"},
            rule_set_id=HENAN,
            rule_set_version="2027.1",
            proposed_by=self.learner,
            reason="省厅新文件",
        )

    @cached_property
    def project(self) -> Project:
        return ProjectFactory()

    @cached_property
    def project_import(self) -> ProjectImport:
        return ProjectImport.objects.create(sent_by=self.learner, file_name="projects.csv", file_sha256="0" * 64)

    @cached_property
    def employment(self) -> Employment:
        return self.learner.employments.get()

    @cached_property
    def membership(self) -> Membership:
        society = BranchFactory(kind=NodeKind.SOCIETY, name="学会")
        return MembershipFactory(person=self.learner, branch=BranchFactory(parent=society))

    @cached_property
    def qualification(self) -> Qualification:
        return qualifications.claim(by=self.learner, kind=QualificationKind.DEGREE, value=Degree.BACHELOR)

    @cached_property
    def exam_pass(self) -> ExamPass:
        return titles.report_paper(by=self.learner, exam="376", paper="basic", year=2025)

    @cached_property
    def following(self) -> Following:
        """Rules with steps to state."""
        return following.follow(by=self.learner, rule_set_id="jp-xct-nintei", credential_earned_on=date(2022, 4, 1))

    @cached_property
    def declaration(self) -> Declaration:
        return Declaration.objects.create(
            person=self.learner,
            rule_set_id=self.following.rule_set_id,
            period_begins=date(2022, 4, 1),
            name="confirmation_test",
            value=1,
        )

    @cached_property
    def entry_objection(self) -> EntryObjection:
        return entry_objections.object_to(by=self.learner, entry=self.entry, text="分数不对")

    @cached_property
    def statement(self) -> Statement:
        """The learner's own, made."""
        year = str(self.entry.ends_on.year)
        made = statements.request_statement(
            by=self.learner, person=self.learner, year=year, rule_set_id=HENAN, language="en"
        )
        statements.run_statement(made.pk)
        return made

    @cached_property
    def official_list(self) -> OfficialList:
        sent = SimpleUploadedFile("list.csv", "人员编号,姓名,总学分\n1001,李雷,25\n".encode())
        made = official.receive(
            by=self.holders[Role.UNIT_CREDIT_ADMINISTRATOR, True], place=self.hospital, rule_set_id=HENAN,
            year=self.entry.ends_on.year, default_state=OfficialState.REGISTERED, on=date(2026, 1, 1), upload=sent,
        )  # fmt: skip
        official.run_official_list(made.pk)
        return made

    @cached_property
    def closing(self) -> YearClosing:
        keeper = self.holders[Role.UNIT_CREDIT_ADMINISTRATOR, True]
        return YearClosing.objects.create(
            node=self.hospital, rule_set_id=HENAN, year=2026, closes_on=date(2026, 11, 30), note="通知", set_by=keeper
        )

    @cached_property
    def closed_account(self) -> Person:
        """A second account of the learner, merged into the first."""
        second = PersonFactory()
        AccountMerge.objects.create(kept=self.learner, merged=second, reason="同一人")
        Person.objects.filter(pk=second.pk).update(merged_into=self.learner, is_active=False)
        return second

    @cached_property
    def state_period(self) -> StatePeriod:
        return StatePeriod.objects.create(person=self.learner, state=PersonState.SICK, begins=date(2026, 1, 1))

    @cached_property
    def objection(self) -> Objection:
        return objections.object_to(by=self.learner, text="不对")

    @cached_property
    def registration(self) -> Registration:
        return Registration.objects.create(person=PersonFactory(), unit=self.hospital)

    @cached_property
    def erasure(self) -> ErasureRequest:
        return erasure.request(person=self.learner, password=PASSWORD)

    @cached_property
    def own_data(self) -> PersonExport:
        return own_data.request(person=self.learner, password=PASSWORD)

    @cached_property
    def audit_event(self) -> AuditEvent:
        return audit.record(by=None, verb=Deed.PERSON_CHANGE, target=self.learner)

    @cached_property
    def roster(self) -> RosterImport:
        sent = SimpleUploadedFile("roster.csv", "姓名,工号\n李雷,1001\n".encode())
        keeper = self.holders[Role.UNIT_CREDIT_ADMINISTRATOR, True]
        made = rosters.receive(by=keeper, unit=self.hospital, upload=sent)
        rosters.run_roster(made.pk)
        made.refresh_from_db()
        return made

    @cached_property
    def sheet(self) -> ActivationSheet:
        """Asked for by the unit's administrator; nobody else may see it."""
        waiting = PersonFactory(password="!")
        EmploymentFactory(person=waiting, unit=self.hospital)
        keeper = self.holders[Role.UNIT_CREDIT_ADMINISTRATOR, True]
        made = sheets.request_sheet(by=keeper, unit=self.hospital, choice=SheetChoice.UNCODED, file_format="xlsx")
        sheets.run_sheet(made.pk)
        return made

    def complete(self) -> "MatrixWorld":
        super().complete()
        for name in _OWN:
            getattr(self, name)
        return self

    def answer(self, line: "Line", person: Person | None, body: dict[str, Any] | None = None) -> int:
        """The status that `person` (None: nobody signed in) gets, who sends `body`. Whatever it did is undone."""
        sent = body or {}
        with undone():
            client = browser_of(person, self.browser)
            path = line.path(self)
            if line.method == "get":
                response = client.get(path)
            elif path.startswith("/api/"):
                response = getattr(client, line.method)(path, sent, content_type="application/json")
            else:
                response = client.post(path, sent)
            if response.streaming:
                response.getvalue()
            return int(response.status_code)

    def answers(self, line: "Line") -> dict[str, str]:
        """What every column of `line` is in truth."""
        found = {
            "own": str(self.answer(line, self.learner)),
            "anonymous": str(self.answer(line, None)),
        }
        for role in ROLES:
            pair = [str(self.answer(line, self.holders[role, is_inside])) for is_inside in (True, False)]
            found[role.value] = pair[0] if pair[0] == pair[1] else "/".join(pair)
        return found


def signed_in(person: Person) -> Person:
    """`person`, who signed in once: that costs more than most answers. The session lies where the person lies."""
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    person.signed_in_as = client.cookies[settings.SESSION_COOKIE_NAME].value
    return person


def browser_of(person: Person | None, browser: Client) -> Client:
    """`browser`, handed to `person` (None: nobody)."""
    browser.cookies.clear()
    if person is not None:
        browser.cookies[settings.SESSION_COOKIE_NAME] = person.signed_in_as
    return browser


_OWN = [name for name, member in vars(MatrixWorld).items() if isinstance(member, cached_property)]


@contextmanager
def undone() -> Iterator[None]:
    """What happens within leaves nothing behind. Durable transactions take it for a test's own, as they should."""
    shared_cache.clear()
    around = transaction.atomic()
    around._from_testcase = True
    with around:
        yield
        transaction.set_rollback(True)


@dataclass(frozen=True)
class Line:
    method: str
    route: str
    filled_with: str
    expected: dict[str, str]

    def __str__(self) -> str:
        return f"{self.method} {self.route}"

    def path(self, world: MatrixWorld) -> str:
        address = known()[self.route]
        arguments = OBJECTS[self.filled_with](world)
        names = [name for name, _converter in address.converters]
        return address.path(dict(zip(names, arguments[len(arguments) - len(names) :], strict=True)))


@cache
def known() -> dict[str, Address]:
    """Our addresses by route. Wagtail's admin is there by its sections (`sections`)."""
    admin = set(sections().values())
    return {
        address.route: address
        for address in addresses()
        if address.route in admin
        or (_package(address.callback) in OURS and not address.route.startswith(("admin/", "^")))
    }


# Wagtail's own tests of its error pages.
_NOT_PAGES = frozenset({"failwhale", "test404"})


def sections() -> dict[str, str]:
    """Section of Wagtail's admin → its first address without arguments."""
    found: dict[str, str] = {}
    for address in addresses():
        parts = address.route.split("/")
        if (
            parts[0] == "admin"
            and parts[1] not in _NOT_PAGES
            and not address.converters
            and not set("^(") & set(address.route)
        ):
            found.setdefault(parts[1], address.route)
    return found


def _package(callback: Any) -> str:
    view = getattr(callback, "view_class", None) or getattr(callback, "cls", None) or callback
    return str(view.__module__).partition(".")[0]


def lines() -> list[Line]:
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [Line(row["method"], row["route"], row["object"], {name: row[name] for name in HEADER[3:]}) for row in rows]
