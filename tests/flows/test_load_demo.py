"""The demonstration loads once, says everywhere that it is one, and holds nobody real."""

from datetime import date
from decimal import Decimal

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from cms.home.demo import load as demo
from cms.home.demo.talks import TALKS
from courses.models import CoursePage, LessonPage, Offer, QuizPage
from courses.selectors import open_sign_offs
from courses.services.progress import sign_off_scope
from credits.enums import LineState
from credits.models import Entry, Project
from credits.selectors import standing
from credits.selectors.titles import title_path
from credits.services.verification import verify_judgements
from organisations.enums import ProfessionalTitle, Role
from organisations.models import AuditEvent, Node, Person, RoleGrant
from quizzes.models import QuestionRevision, Quiz

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def counts() -> dict[str, int]:
    changing = {"TaskResult", "DBTaskResult", "AuditEvent"}
    return {
        model._meta.label: model._default_manager.count()
        for model in apps.get_models()
        if model.__name__ not in changing
    }


def test_demo_loads_once_and_is_marked_everywhere() -> None:
    demo.load()
    first = counts()
    demo.load()
    assert counts() == first

    assert Node.objects.filter(tree="administration", kind="prefecture").count() == 18
    assert Node.objects.filter(tree="society", kind="branch").count() == 11
    assert {grant.role for grant in RoleGrant.objects.all()} == set(Role)
    assert (Person.objects.count(), Person.objects.exclude(name__startswith="演示·").count()) == (24, 0)
    assert Person.objects.exclude(phone_sealed="").count() == 0
    assert Entry.objects.filter(is_demo=False).count() == 0
    assert {project.number[:2] for project in Project.objects.all()} == {"演示"}
    assert set(Offer.objects.values_list("time_scale", "is_demo")) == {(30, True)}

    for code in ("C1", "C4", "C5", "C7", "C8"):
        pages = CoursePage.objects.filter(code=code, live=True, is_demo=True)
        assert {page.locale.language_code for page in pages} == {"zh-hans", "en"}
        assert len({page.translation_key for page in pages}) == 1
    assert (
        LessonPage.objects.filter(live=True, locale__language_code="en").count()
        == LessonPage.objects.filter(live=True, locale__language_code="zh-hans").count()
    )
    assert sorted(quiz.quiz_questions.count() for quiz in Quiz.objects.all()) == [5, 5, 6, 6, 7, 14, 39]
    shown = QuizPage.objects.live().values_list("quiz__title", "locale__language_code", "access", "is_demo")
    assert sorted(shown) == sorted(
        (title, language, "members", True)
        for title in ("各题型示例（演示）", "题型演示（演示）")
        for language in ("en", "zh-hans")
    )
    items = [item for revision in QuestionRevision.objects.all() for item in revision.items]
    assert (QuestionRevision.objects.count(), len(items)) == (57, 86)
    assert {talk.code for talk in TALKS} == {"C1", "C4", "C5", "C7", "C8"}


def test_demo_learner_has_a_past_that_looks_like_life() -> None:
    demo.load()
    learner = Person.objects.get(username="learner")
    lecturer = Person.objects.get(username="lecturer")
    parts = open_sign_offs(scope=sign_off_scope(lecturer), by=lecturer)
    assert {(part.person.username, part.progress.enrolment.offer.course.code) for part in parts} == {
        ("learner", "C4"),
        ("senior", "C1"),
        ("township", "C8"),
        ("newcomer", "C1"),
    }
    year = standing(person=learner, rule_set_id="cn-henan-cme", year=2025)
    assert sum(line.is_reversed for line in year.lines) == 1
    assert LineState.UNDETERMINED in {line.state for line in year.lines}
    assert Decimal(0) < year.credits_registered < year.credits
    assert AuditEvent.objects.filter(verb__contains="duplicate").count() == 1


def test_demo_has_somebody_on_each_rung_and_somebody_abroad() -> None:
    demo.load()
    people = {person.username: person for person in Person.objects.all()}
    rungs = ("newcomer", "township", "learner", "senior", "associate")
    assert [title_path(people[name]).steps[0].to for name in rungs] == list(ProfessionalTitle.values[1:])
    assert title_path(people["chief"]).steps == ()
    found = standing(person=people["abroad"], rule_set_id="us-arrt-ce", year=2026, on=date(2026, 11, 1))
    assert (found.period_begins, found.credits) == (date(2025, 5, 1), Decimal(16))
    assert [line.state for line in found.lines].count(LineState.NOT_COUNTED) == 1
    mixture = standing(person=people["abroad"], rule_set_id="uk-hcpc-cpd", year=2026, on=date(2026, 11, 1))
    assert {row.id: row.state.value for row in mixture.goals}["mix"] == "met"
    assert verify_judgements() == []


def test_demo_is_refused_where_it_is_not_allowed(settings: object) -> None:
    settings.DEMO_ALLOWED = False  # type: ignore[attr-defined]
    with pytest.raises(CommandError):
        call_command("load_demo")
    assert Person.objects.count() == 0
