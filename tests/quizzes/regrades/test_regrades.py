"""Regrades: counted without writing, confirmed by a second person, applied once."""

from decimal import Decimal as D

import pytest
from django.utils.translation import override

from organisations.models import AuditEvent, Notification
from organisations.notifications import message
from quizzes.enums import GradeCause, LineState, QuestionType, RegradeCause, RegradeStage
from quizzes.models import AttemptOutcome, Regrade
from quizzes.services import attempts, marking, regrades, scorings
from quizzes.services.regrades import runs
from tests.factories.marking import answer, essay, items_of, marker
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory
from tests.factories.quizzes import AttemptFactory, QuestionFactory, QuizFactory, make_group
from tests.factories.regrades import applied, closed, correct, counted, decider, run, wish

pytestmark = pytest.mark.django_db


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def grades_of(attempt):
    return list(
        attempt.grades.order_by("revision").values_list("revision", "points", "points_possible", "is_passed", "cause")
    )


def outcomes_of(attempt):
    return list(AttemptOutcome.objects.filter(subject=attempt).order_by("revision").values_list("revision", flat=True))


def test_corrected_key_goes_upward_and_downward_after_a_second_person():
    question = QuestionFactory(answer="B")
    right, wrong = closed(question, values=("B",)), closed(question, values=("C",))
    before = fresh(wrong).paper
    correct(question, "C")
    made = counted(question)
    assert (made.regrade_stage, made.counts["changes"], made.counts["passes_won"], made.counts["passes_lost"]) == (
        "waiting", 2, 1, 1,
    )  # fmt: skip
    assert (fresh(wrong).points, fresh(right).points, grades_of(wrong)) == (
        D(0), D(1), [(1, D("0.00"), D("1.00"), False, "closing")],
    )  # fmt: skip

    done = applied(made)
    up, down = fresh(wrong), fresh(right)
    assert (done.regrade_stage, up.points, up.is_passed, down.points, down.is_passed) == (
        RegradeStage.APPLIED, D(1), True, D(0), False,
    )  # fmt: skip
    assert grades_of(wrong) == [
        (1, D("0.00"), D("1.00"), False, "closing"), (2, D("1.00"), D("1.00"), True, GradeCause.REGRADE),
    ]  # fmt: skip
    assert (outcomes_of(wrong), outcomes_of(right), up.paper) == ([1, 2], [1, 2], before)
    told = Notification.objects.get(person=wrong.person, kind="quizzes.attempt_regraded")
    with override("en"):
        said = message(told, language="en")
    assert ("0 of 1" in said.text, "1 of 1" in said.text, "答案有误,教材第 5 版" in said.text) == (True, True, True)
    verbs = list(
        AuditEvent.objects.filter(verb__startswith="quizzes.regrade").order_by("pk").values_list("verb", flat=True)
    )
    assert verbs == ["quizzes.regrade.make", "quizzes.regrade.confirm", "quizzes.regrade.applied"]


def test_passes_that_come_are_written_before_passes_that_go():
    question = QuestionFactory(answer="B")
    older, newer = closed(question, values=("B",)), closed(question, values=("C",))
    correct(question, "C")
    applied(counted(question))
    written = AttemptOutcome.objects.filter(revision=2).order_by("pk").values_list("subject", flat=True)
    assert list(written) == [newer.pk, older.pk]


def test_applied_twice_is_applied_once():
    question = QuestionFactory(answer="B")
    attempt = closed(question, values=("C",))
    correct(question, "C")
    made = applied(counted(question))
    run(made)
    # As if a worker had been lost after its last attempt.
    Regrade.objects.filter(pk=made.pk).update(state="queued", regrade_stage=RegradeStage.APPLYING)
    again = run(made)
    assert (again.regrade_stage, len(grades_of(attempt)), outcomes_of(attempt)) == ("applied", 2, [1, 2])
    with pytest.raises(regrades.AlreadyDecided):
        regrades.confirm(by=decider(), regrade=again, seen=again.runs)
    assert counted(question).counts["changes"] == 0


def test_a_second_person_confirms_and_nobody_whose_own_mark_changes():
    author, learner = decider(), decider()
    question = QuestionFactory(answer="B")
    closed(question, values=("C",), person=learner)
    correct(question, "C")
    made = counted(question, by=author)
    with pytest.raises(regrades.OwnRegrade):
        regrades.confirm(by=author, regrade=made, seen=made.runs)
    with pytest.raises(regrades.OwnAttempt):
        regrades.confirm(by=learner, regrade=made, seen=made.runs)
    with pytest.raises(regrades.Outdated):
        regrades.confirm(by=decider(), regrade=made, seen=made.runs - 1)
    assert fresh(made).regrade_stage == "waiting"


def test_dry_run_that_is_outdated_is_made_again_and_shown_again():
    question = QuestionFactory(answer="B")
    first = closed(question, values=("C",))
    late = AttemptFactory(quiz=QuizFactory(questions=[question]))
    correct(question, "C")
    made = counted(question)
    assert (made.counts["changes"], made.counts["open"]) == (1, 1)
    attempts.submit(person=late.person, public_id=late.public_id, events=answer(late, "C"))
    back = applied(made)
    assert (back.regrade_stage, back.runs, back.counts["changes"], back.confirmed_by, back.moved_at is not None) == (
        "waiting", 2, 2, None, True,
    )  # fmt: skip
    assert fresh(first).points == D(0)
    done = applied(back)
    assert (done.regrade_stage, done.moved_at, fresh(first).points, fresh(late).points) == ("applied", None, D(1), D(1))


def test_open_attempt_is_judged_by_the_regrade_when_it_is_handed_in():
    question = QuestionFactory(answer="B")
    attempt = AttemptFactory(quiz=QuizFactory(questions=[question]))
    correct(question, "C")
    done = applied(counted(question))
    assert (done.counts["open"], outcomes_of(attempt)) == (1, [])
    attempts.save_answers(person=attempt.person, public_id=attempt.public_id, events=answer(attempt, "C"))
    handed_in = attempts.submit(person=attempt.person, public_id=attempt.public_id)
    assert (handed_in.points, grades_of(handed_in)) == (D("1.00"), [(1, D("1.00"), D("1.00"), True, "closing")])


def test_shuffled_options_are_judged_in_the_letters_that_were_shown():
    question = QuestionFactory(answer="B")
    quiz = {"shuffle_options": True}
    people = [PersonFactory() for _n in range(4)]
    made = []
    for person in people:
        attempt = AttemptFactory(person=person, quiz=QuizFactory(questions=[question], **quiz))
        options = attempt.paper["groups"][0]["items"][0]["options"]
        shown = next(option["key"] for option in options if option["origin"] == "C")
        made.append(attempts.submit(person=person, public_id=attempt.public_id, events=answer(attempt, shown)))
    assert {row.points for row in made} == {D("0.00")}
    correct(question, "C")
    applied(counted(question))
    assert {fresh(row).points for row in made} == {D("1.00")}


def test_points_for_everybody_and_a_question_left_out():
    given, omitted, other = QuestionFactory(answer="B"), QuestionFactory(answer="B"), QuestionFactory(answer="B")
    attempt = closed(given, omitted, other, values=("A", "B", "B"))
    assert (attempt.points, attempt.points_possible, attempt.is_passed) == (D("2.00"), D("3.00"), True)
    applied(counted(given, RegradeCause.GIVEN))
    assert (fresh(attempt).points, fresh(attempt).points_possible) == (D("3.00"), D("3.00"))
    applied(counted(omitted, RegradeCause.OMITTED))
    assert (fresh(attempt).points, fresh(attempt).points_possible) == (D("2.00"), D("2.00"))
    # The key of its own revision takes the verdict back.
    applied(counted(omitted, target=1, revisions=(1,)))
    assert (fresh(attempt).points, fresh(attempt).points_possible) == (D("3.00"), D("3.00"))
    assert [grade[1:3] for grade in grades_of(attempt)] == [
        (D("2.00"), D("3.00")), (D("3.00"), D("3.00")), (D("2.00"), D("2.00")), (D("3.00"), D("3.00")),
    ]  # fmt: skip


def test_a_paper_of_nothing_but_the_question_left_out_gives_its_points():
    question = QuestionFactory(answer="B")
    attempt = closed(question, values=("A",))
    applied(counted(question, RegradeCause.OMITTED))
    assert (fresh(attempt).points, fresh(attempt).is_passed) == (D("1.00"), True)


def test_one_item_of_a_case_is_left_out():
    case = make_group(QuestionType.A3, items=3)
    attempt = AttemptFactory(quiz=QuizFactory(questions=[case]))
    first, second, _third = items_of(attempt)
    for item in (first, second):
        attempts.advance(person=attempt.person, public_id=attempt.public_id, item=item)
    attempt = attempts.submit(person=attempt.person, public_id=attempt.public_id)
    applied(counted(case, RegradeCause.OMITTED, items=(second,)))
    found = fresh(attempt)
    assert (found.points_possible, found.rulings) == (D("2.00"), {second: {"verdict": "omitted"}})


def test_marks_of_people_stay_in_a_regrade_and_a_mark_after_it_keeps_the_regrade():
    place = NodeFactory()
    question, task = QuestionFactory(answer="B"), essay(points="10")
    person, later = PersonFactory(), PersonFactory()
    for one in (person, later):
        EmploymentFactory(person=one, unit=place)
    done = closed(question, task, values=("C", "先停止注射。"), person=person)
    waits = closed(question, task, values=("C", "观察生命体征。"), person=later)

    def mark(attempt, points):
        for _round in range(2):
            me = marker(place)
            seat = marking.claim(by=me, public_id=attempt.marking_items.get().public_id)
            marking.hand_in(by=me, public_id=seat.public_id, points=D(points), comment="", note="")

    mark(done, 7)
    assert fresh(done).points == D("7.00")
    correct(question, "C")
    made = counted(question)
    assert (made.counts["changes"], made.counts["unmarked"]) == (1, 1)
    applied(made)
    assert (fresh(done).points, fresh(done).marks[items_of(done)[1]]["points"]) == (D("8.00"), "7.00")
    assert (fresh(waits).points, outcomes_of(waits)) == (None, [])
    mark(waits, 5)
    assert (fresh(waits).points, outcomes_of(waits)) == (D("6.00"), [1])


def test_a_new_version_of_the_banks_scoring_grades_old_papers_again():
    question = QuestionFactory(type="X", answer="ABE")
    other = QuestionFactory(answer="B", bank=question.bank)
    attempt = closed(question, other, values=("AB", "B"))
    assert attempt.points == D("1.00")
    scorings.set_multiple_scoring(by=None, bank=question.bank, mode="partial_no_wrong")
    author = decider()
    told = {"cause": RegradeCause.SCORING, "reason": "改为部分给分", "bank": question.bank, "scorings": (0,)}
    made = run(regrades.make(by=author, wish=regrades.Wish(**told)))
    line = made.lines.get()
    assert (line.state, line.old_points, line.new_points) == (LineState.CHANGES, D("1.00"), D("1.33"))
    applied(made)
    assert (fresh(attempt).points, list(fresh(attempt).rulings)) == (D("1.33"), [items_of(attempt)[0]])


def test_revision_of_another_form_is_not_judged_by_the_key():
    question = QuestionFactory(answer="B", options=("甲", "乙", "丙"))
    closed(question, values=("B",))
    correct(question, "E")
    with pytest.raises(regrades.BadTarget):
        regrades.make(by=decider(), wish=wish(question))
    with pytest.raises(regrades.NothingChosen):
        regrades.make(by=decider(), wish=wish(question, revisions=()))
    with pytest.raises(regrades.ReasonMissing):
        regrades.make(by=decider(), wish=wish(question, reason="  "))


def test_withdrawn_before_it_is_confirmed_nothing_was_written():
    question = QuestionFactory(answer="B")
    attempt = closed(question, values=("C",))
    correct(question, "C")
    made = counted(question)
    regrades.withdraw(by=decider(), regrade=made)
    with pytest.raises(regrades.AlreadyDecided):
        regrades.confirm(by=decider(), regrade=fresh(made), seen=made.runs)
    assert (fresh(made).regrade_stage, fresh(attempt).points, len(grades_of(attempt))) == ("withdrawn", D(0), 1)


def test_a_run_that_is_lost_in_the_middle_is_gone_on_with(monkeypatch):
    question = QuestionFactory(answer="B")
    rows = [closed(question, values=("C",)) for _n in range(3)]
    correct(question, "C")
    made = counted(question)
    regrades.confirm(by=decider(), regrade=made, seen=made.runs)
    job = Regrade.claim(made.pk)
    judge = runs.Judge(job)
    Regrade.objects.filter(pk=job.pk).update(verified_at=job.started_at)
    job.verified_at = job.started_at
    runs.apply_to(job, judge, rows[0].pk)
    # The worker is gone; the reaper gives the job to the next.
    Regrade.objects.filter(pk=job.pk).update(state="queued", lease=None)
    with pytest.raises(runs.LostLease):
        runs.apply_to(job, judge, rows[1].pk)
    done = run(made)
    assert (done.regrade_stage, [len(grades_of(row)) for row in rows]) == ("applied", [2, 2, 2])
    assert Notification.objects.filter(kind="quizzes.attempt_regraded").count() == 3
