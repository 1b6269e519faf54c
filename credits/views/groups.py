"""One activity recorded by hand for several people: chosen, tried, recorded."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from cms.shared import search_words
from cms.shared.errors import DomainError, InvalidInput
from credits.selectors import groups as selectors
from credits.selectors.book import HandChoices, hand_choices, todays_choices
from credits.selectors.rule_sets import NoRuleSetInForce
from credits.services import group_entries
from credits.views.book import FIELD_OF
from credits.views.book_forms import GroupForm
from organisations import audit
from organisations.models import Person
from organisations.views.manage import shell

TRY, RECORD = "try", "record"


@shell.managed
@sensitive_post_parameters("typed", "found")
@require_http_methods(["GET", "HEAD", "POST"])
def record(request: HttpRequest) -> HttpResponse:
    by, sent = shell.person_of(request), request.POST
    deed, words = sent.get("do", ""), _words(request)
    chosen = selectors.chosen(
        by=by, ids=sent.getlist("people"), typed=sent.get("typed", ""), found=words,
    )  # fmt: skip
    problem = ""
    try:
        choices = hand_choices(rule_set_id=sent.get("rules", ""), day=sent.get("day", ""))
    except (NoRuleSetInForce, InvalidInput) as error:
        problem, choices = str(error), todays_choices(rule_set_id=sent.get("rules", ""))
    day, day_problem = (sent.get("day", ""), problem) if problem else (choices.day.isoformat(), "")
    form = _form(request, choices, deed if not problem else "")
    if chosen.people:
        audit.record_reading(
            by=by, listed="credits", rows=len(chosen.people), filters={"rules": choices.rule_set_id}, words=words or "",
        )  # fmt: skip
    refused: group_entries.Refused | None = None
    if form.is_bound and form.is_valid() and (problem := _problem_of(chosen)) == "":
        try:
            refused = _done(request, by, chosen.people, form, deed)
        except DomainError as error:
            field = FIELD_OF.get(error.code)
            form.add_error(field if field in form.fields else None, str(error))
        else:
            if deed == RECORD and not refused:
                return redirect("credits:people")
    if refused is not None:
        form.fields["proof"].required = True  # the next step asks for it
    is_recorded = deed == RECORD and refused is not None
    left = [person for person, _why in refused or ()] if is_recorded else chosen.people
    context: dict[str, Any] = {
        "form": form, "choices": choices, "people": left, "unknown": chosen.unknown, "at_once": selectors.AT_ONCE,
        "problem": "" if day_problem else problem, "day": day, "day_problem": day_problem,
        "refused": refused, "is_recorded": is_recorded,
        "free": len(chosen.people) - len(refused or ()), "asks_proof": deed == RECORD or refused is not None,
    }  # fmt: skip
    status = 400 if problem or form.errors else 200
    return render(request, "credits/group_new.html", context, status=status)


def _words(request: HttpRequest) -> str | None:
    """The words of the list whose finds are all meant; None where only those ticked are."""
    return search_words.opened(request.POST.get("found", ""))[:60] if request.POST.get("everybody") else None


def _form(request: HttpRequest, choices: HandChoices, deed: str) -> GroupForm:
    """Judged when it is tried or recorded; otherwise with what was typed so far."""
    if deed in (TRY, RECORD):
        return GroupForm(request.POST, request.FILES, choices=choices, asks_proof=deed == RECORD)
    typed = {name: text for name, text in request.POST.items() if text}
    return GroupForm(initial=typed, choices=choices, asks_proof=False)


def _problem_of(chosen: selectors.Chosen) -> str:
    if chosen.is_too_many:
        return _("At most %(count)d people at once. Record it for the others afterwards.") % {
            "count": selectors.AT_ONCE
        }
    if chosen.unknown:
        return _("Nobody, or more than one person, of your scope is meant by: %(names)s. Correct these lines.") % {
            "names": ", ".join(chosen.unknown)
        }
    return "" if chosen.people else _("Choose the people first: tick them in the list, or type who they are.")


def _done(request: HttpRequest, by: Person, people: list[Person], form: GroupForm, deed: str) -> group_entries.Refused:
    """Try or record it; who is refused."""
    if deed == TRY:
        return group_entries.foresee(by=by, people=people, stated=form.stated())
    data = form.cleaned_data
    granted = group_entries.record_for_group(
        by=by, people=people, stated=form.stated(), reason=data["reason"], proof=data["proof"]
    )
    if granted.entries:
        said = ngettext(
            "Recorded for %(count)d person, who was told.", "Recorded for %(count)d people, who were told.",
            len(granted.entries),
        )  # fmt: skip
        messages.success(request, said % {"count": len(granted.entries)})
    return granted.refused
