"""Objections to questions: made by the learner on the page of the result, answered by those who keep the questions."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cms.shared import pictures
from cms.shared.errors import DomainError
from organisations import audit
from organisations.deeds import Deed
from organisations.enums import Power
from organisations.models import Person
from organisations.selectors import required_scope, scope_for
from organisations.views.manage import lists, shell
from quizzes import selectors
from quizzes.forms.objections import AnswerForm, ObjectionFilterForm, ObjectionForm
from quizzes.models import QuestionObjection
from quizzes.selectors import objections as found
from quizzes.services import objections as services

PER_PAGE = 20


@shell.managed
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, public_id: UUID, item: UUID) -> HttpResponse:
    """The learner's form, beside the question as the page of the result shows it."""
    by = cast(Person, request.user)
    attempt = selectors.attempt_of(person=by, public_id=public_id)
    if attempt.is_open:
        raise services.AttemptStillOpen
    asked = found.asked_of(selectors.sheet(attempt), item)
    form, status = ObjectionForm(request.POST if request.method == "POST" else None), 200
    if form.is_valid():
        try:
            services.object_to(by=by, attempt_id=public_id, item=item, text=form.cleaned_data["text"])
        except DomainError as error:
            form.add_error(None, str(error))
            status = error.http_status
        else:
            messages.success(request, _("Your objection is on its way to those who keep this question."))
            return redirect(f"{reverse('quizzes:attempt', args=[public_id])}#q{asked.item.position}")
    elif form.is_bound:
        status = 400
    context = {"form": form, "asked": asked, "sheet": asked.sheet, "attempt": attempt, "quiz": attempt.quiz}
    return render(request, "quizzes/objection_form.html", {**context, "group": asked.group}, status=status)


@shell.managed
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    required_scope(shell.person_of(request), Power.SEE_QUESTIONS)
    form, rows = _found(request)
    context = lists.context(request, form, rows, view="manage:question_objections", per_page=PER_PAGE)
    return shell.page(request, "quizzes/objections/list.html", context, section="question_objections")


@shell.managed
@require_safe
def download(request: HttpRequest) -> HttpResponseBase:
    required_scope(shell.person_of(request), Power.SEE_QUESTIONS)
    form, rows = _found(request)
    heading = [_("Question bank"), _("Code"), _("Quiz"), _("What is not right"), _("Said on"), _("State")]
    heading += [_("Answer"), _("Answered by"), _("Answered on")]
    return lists.download(
        request, "question-objections", form.values(), heading, map(_cells, rows.iterator(chunk_size=500))
    )


def _cells(row: QuestionObjection) -> list[str]:
    question = row.question
    about = [str(question.bank), question.code] if question else ["", ""]
    said = [row.attempt.quiz.title, row.text, lists.day(row.made_at), str(row.get_state_display())]
    return [*about, *said, row.answer, str(row.answered_by or ""), lists.day(row.answered_at)]


def _found(request: HttpRequest) -> tuple[ObjectionFilterForm, Any]:
    form = ObjectionFilterForm(request.GET)
    values = form.values()
    bank = values.get("bank")
    rows = found.listed(state=values.get("state", ""), bank=bank.pk if bank else None, search=values.get("q", ""))
    return form, rows


@shell.managed
@require_safe
def detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    required_scope(by, Power.SEE_QUESTIONS)
    objection = found.objection_by(public_id)
    audit.record(by=by, verb=Deed.QUESTION_OBJECTION_READ, target=objection)
    return _case(request, objection)


@shell.managed
@require_POST
def answer(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    required_scope(by, Power.KEEP_QUESTIONS)
    objection = found.objection_by(public_id)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _case(request, objection, form, status=400)
    try:
        services.answer(by=by, objection=objection, **form.written())
    except DomainError as error:
        form.add_error(None, str(error))
        return _case(request, found.objection_by(public_id), form, status=error.http_status)
    messages.success(request, _("The answer is given; the learner was told."))
    return redirect("manage:question_objection", public_id)


def _case(
    request: HttpRequest, objection: QuestionObjection, form: AnswerForm | None = None, status: int = 200
) -> HttpResponse:
    by = shell.person_of(request)
    picture = reverse("manage:question_objection_image", args=[objection.public_id, 0])
    case = found.case_of(objection, picture=picture)
    answers, is_own = bool(scope_for(by, Power.KEEP_QUESTIONS)), found.is_own(objection, by)
    if form is None and objection.is_open and answers and not is_own:
        form = AnswerForm()
    context = {
        "case": case,
        "objection": objection,
        "group": case.group,
        # The part that shows a reviewed question asks its sheet whether the key may be seen.
        "sheet": {"is_review_allowed": True},
        "form": form,
        "answers": answers,
        "is_own": is_own,
    }
    template = "quizzes/objections/detail.html"
    return shell.page(request, template, context, section="question_objections", status=status)


@shell.managed
@require_safe
def image(request: HttpRequest, public_id: UUID, image: int) -> HttpResponseBase:
    """A picture of the question, for those who may read the objection."""
    required_scope(shell.person_of(request), Power.SEE_QUESTIONS)
    shown = found.image_for(found.objection_by(public_id), image)
    return pictures.for_one(str(shown.get_rendition(selectors.PICTURE).file.name))
