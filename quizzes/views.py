"""The attempt as pages: works as a plain form, and better with the quiz controller."""

import json
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.http import require_POST

from organisations.models import Person
from quizzes import selectors
from quizzes.forms.attempts import changes
from quizzes.services import attempts


@require_POST
@login_required
def open_attempt(request: HttpRequest) -> HttpResponse:
    """Open (or resume) the attempt of a posted permit and go to its page."""
    person = cast(Person, request.user)
    attempt, _is_new = attempts.open_attempt(person=person, permit=request.POST.get("permit", ""))
    return redirect("quizzes:attempt", attempt.public_id)


class AttemptPage(LoginRequiredMixin, View):
    """The paper while the attempt is open, the result afterwards. POST saves, or hands in with `do=submit`."""

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        add_never_cache_headers(response)
        return response

    def get(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        attempt = selectors.attempt_of(person=cast(Person, request.user), public_id=public_id)
        sheet = selectors.sheet(attempts.visit(attempt=attempt))
        unanswered = [question for question in sheet.questions if not question.value]
        return render(
            request,
            "quizzes/attempt.html" if sheet.attempt.is_open else "quizzes/result.html",
            {
                "sheet": sheet,
                "attempt": sheet.attempt,
                "quiz": sheet.attempt.quiz,
                "unanswered": unanswered,
                "answers_json": json.dumps(sheet.attempt.answers),
                "asks_to_confirm": "confirm" in request.GET and bool(unanswered),
            },
        )

    def post(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        person = cast(Person, request.user)
        sheet = selectors.sheet(selectors.attempt_of(person=person, public_id=public_id))
        page, events = reverse("quizzes:attempt", args=[public_id]), changes(request.POST, sheet)
        if request.POST.get("do") == "submit-anyway":
            attempts.submit(attempt=sheet.attempt, person=person, events=events)
            return redirect(page)
        try:
            saved = attempts.save_answers(person=person, public_id=public_id, events=events)
        except (attempts.AttemptClosed, attempts.AttemptOverdue) as closed:
            messages.warning(request, str(closed))
            return redirect(page)
        if request.POST.get("do") != "submit":
            messages.success(request, _("Your answers are saved on the server."))
            return redirect(page)
        if any(not question.value for question in selectors.sheet(saved).questions):
            return redirect(f"{page}?confirm=1")
        attempts.submit(attempt=saved, person=person)
        return redirect(page)
