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
from django.views.decorators.http import require_POST, require_safe

from cms.shared import pictures
from organisations.models import Person
from quizzes import protocol, selectors
from quizzes.forms.attempts import Posted, read, retyped
from quizzes.selectors.objections import said_of
from quizzes.selectors.regrades import GradedAgain, graded_again
from quizzes.services import attempts
from quizzes.views import files


@require_POST
@login_required
def open_attempt(request: HttpRequest) -> HttpResponse:
    """Open (or resume) the attempt of a posted permit and go to its page."""
    person = cast(Person, request.user)
    attempt, _is_new = attempts.open_attempt(person=person, permit=request.POST.get("permit", ""))
    return redirect("quizzes:attempt", attempt.public_id)


class AttemptPage(LoginRequiredMixin, View):
    """The paper while the attempt is open, the result afterwards.

    POST saves, hands in with `do=submit`, opens the next of a case with `do=advance:<item>` and the next section with
    `do=section:<number>`.
    """

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        add_never_cache_headers(response)
        return response

    def get(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        attempt = selectors.attempt_of(person=cast(Person, request.user), public_id=public_id)
        return self._page(request, selectors.sheet(attempts.visit(attempt=attempt)))

    def _page(self, request: HttpRequest, sheet: selectors.Sheet) -> HttpResponse:
        unanswered = [item for item in sheet.items if not item.value]
        return render(
            request,
            "quizzes/attempt.html" if sheet.attempt.is_open else "quizzes/result.html",
            {
                "sheet": sheet,
                "attempt": sheet.attempt,
                "quiz": sheet.attempt.quiz,
                "unanswered": unanswered,
                "unreadable": [item for item in sheet.items if item.typed is not None],
                "answers_json": json.dumps(sheet.attempt.answers),
                "missing": sheet.total - sheet.answered,
                "unseen": sheet.total - len(sheet.items),
                "objections": None if sheet.attempt.is_open else said_of(sheet),
                "graded_again": _graded_again(sheet),
                "asks_to_confirm": "confirm" in request.GET and sheet.answered < sheet.total,
            },
        )

    def post(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        person = cast(Person, request.user)
        sheet = selectors.sheet(selectors.attempt_of(person=person, public_id=public_id))
        data, is_whole = files.received(request, sheet)
        page, posted = reverse("quizzes:attempt", args=[public_id]), read(data, sheet)
        events = posted.events
        if posted.typed:
            return self._again(request, person, public_id, posted)
        # What was typed is kept; an attempt is not handed in without a file that its learner wanted to send.
        do, _colon, what = (data.get("do", "") if is_whole else "save").partition(":")
        if do == "submit-anyway":
            attempts.submit(public_id=public_id, person=person, events=events)
            return redirect(page)
        try:
            if do in ("advance", "section"):
                return redirect(page + _advance(person, sheet, do, what, events))
            saved = attempts.save_answers(person=person, public_id=public_id, events=events)
        except (attempts.AttemptClosed, attempts.AttemptOverdue) as closed:
            messages.warning(request, str(closed))
            return redirect(page)
        if attempts.too_late(saved, events):
            messages.warning(request, _("Some answers came after their question was locked. They do not count."))
        if do != "submit":
            messages.success(request, _("Your answers are saved on the server."))
            return redirect(page)
        after = selectors.sheet(selectors.attempt_of(person=person, public_id=public_id))
        if after.answered < after.total:
            return redirect(f"{page}?confirm=1")
        attempts.submit(public_id=public_id, person=person)
        return redirect(page)

    def _again(self, request: HttpRequest, person: Person, public_id: UUID, posted: Posted) -> HttpResponse:
        """Save what makes an answer, and show the page with the fields that make none as they were typed."""
        try:
            saved = attempts.save_answers(person=person, public_id=public_id, events=posted.events)
        except (attempts.AttemptClosed, attempts.AttemptOverdue) as closed:
            messages.warning(request, str(closed))
            return redirect("quizzes:attempt", public_id)
        return self._page(request, retyped(selectors.sheet(saved), posted.typed))


def _graded_again(sheet: selectors.Sheet) -> list[GradedAgain]:
    return [] if sheet.attempt.is_open else graded_again(sheet.attempt, with_reason=sheet.is_review_allowed)


def _advance(person: Person, sheet: selectors.Sheet, do: str, what: str, events: list[protocol.Event]) -> str:
    """Finish an item of a case or a section; returns the place on the page to go on at."""
    number = int(what) if do == "section" and what.isdecimal() and len(what) < 4 else None
    attempts.advance(person=person, public_id=sheet.attempt.public_id, item=what, section=number, events=events)
    if number is not None:
        return f"#section-{number + 1}"
    return next((f"#q{item.position + 1}" for item in sheet.items if item.id == what), "")


@require_safe
@login_required
def image(request: HttpRequest, public_id: UUID, image: int) -> HttpResponseBase:
    """A picture of a question, for the learner who has it before them."""
    attempt = selectors.attempt_of(person=cast(Person, request.user), public_id=public_id)
    shown = selectors.image_of(attempt, image)
    return pictures.for_one(str(shown.get_rendition(selectors.PICTURE).file.name))
