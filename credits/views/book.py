"""Writing in somebody's book: an entry by hand, an entry taken back; and the paper that proves one."""

from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cms.shared.errors import DomainError, InvalidInput
from credits.models import Entry
from credits.selectors import book as selectors
from credits.selectors.rule_sets import NoRuleSetInForce
from credits.services import awards, by_hand
from credits.views.book_forms import EntryForm, ReverseForm
from organisations import audit
from organisations.models import Person
from organisations.services.proofs import ProofTooLarge, UnreadableProof
from organisations.views.manage import shell

FIELD_OF = {
    "activity_ends_before_it_begins": "begins_on",
    "more_time_than_there_was": "quantity",
    "not_in_these_rules": "activity_type",
    "other_unit": "unit",
    "other_role": "role",
    "no_such_level": "level",
    "unknown_project": "project_number",
    awards.OutsideProject.code: "project_number",
    awards.ProjectFull.code: "project_number",
    ProofTooLarge.code: "proof",
    UnreadableProof.code: "proof",
}


def year_of(person: Person, entry: Entry) -> str:
    page = reverse("credits:person_credits", args=[person.public_id])
    return f"{page}?year={entry.ends_on.year}&rules={entry.rule_set_id}"


@shell.managed
@require_http_methods(["GET", "HEAD", "POST"])
def record(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    person = selectors.person_to_keep(by=by, public_id=public_id)
    sent = request.POST if request.method == "POST" else request.GET
    problem = ""
    try:
        choices = selectors.hand_choices(person=person, rule_set_id=sent.get("rules", ""), day=sent.get("day", ""))
    except (NoRuleSetInForce, InvalidInput) as error:
        problem, choices = str(error), selectors.todays_choices(person=person, rule_set_id=sent.get("rules", ""))
    is_sent = request.method == "POST" and not problem
    if is_sent:
        form = EntryForm(request.POST, request.FILES, choices=choices)
    else:
        form = EntryForm(initial={name: text for name, text in request.POST.items() if text}, choices=choices)
    known = None
    if is_sent and form.is_valid():
        data = form.cleaned_data
        try:
            entry = by_hand.record_by_hand(
                by=by, person=person, stated=form.stated(), reason=data["reason"], proof=data["proof"]
            )
        except awards.DuplicateActivity as error:
            known = Entry.objects.get(public_id=error.params["entry"])
            form.add_error(None, str(error))
        except DomainError as error:
            field = FIELD_OF.get(error.code)
            form.add_error(field if field in form.fields else None, str(error))
        else:
            messages.success(request, _("It is recorded, and the person was told."))
            return redirect(year_of(person, entry))
    context = {
        "form": form, "choices": choices, "person": person, "problem": problem, "known": known,
        "day": sent.get("day", "") if problem else choices.day.isoformat(),
        "known_link": year_of(person, known) if known else "",
    }  # fmt: skip
    status = 409 if known else 400 if is_sent or problem else 200
    return render(request, "credits/entry_new.html", context, status=status)


@shell.managed
@require_http_methods(["GET", "HEAD", "POST"])
def reverse_entry(request: HttpRequest, public_id: UUID, entry_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    entry = selectors.entry_to_keep(by=by, public_id=public_id, entry_id=entry_id)
    person = entry.book.owner
    assert person is not None  # noqa: S101 - it was found by its owner
    form = ReverseForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            by_hand.take_back(by=by, person=person, entry=entry, reason=form.cleaned_data["reason"])
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The entry is taken back, and the person was told why."))
            return redirect(year_of(person, entry))
    context = {"form": form, "entry": entry, "person": person, "back": year_of(person, entry)}
    return render(request, "credits/entry_reverse.html", context, status=400 if form.is_bound else 200)


@shell.managed
@require_safe
def evidence(request: HttpRequest, entry_id: UUID) -> HttpResponseBase:
    """The paper as a file to keep, never shown inside the site; its reading is written to the log."""
    by = shell.person_of(request)
    paper = selectors.evidence_to_read(by=by, entry_id=entry_id)
    file = paper.file.open("rb")
    audit.record(by=by, verb="credits.evidence.download", target=paper.entry, after={"sha256": paper.sha256})
    extension = str(paper.file.name).rpartition(".")[2]
    return FileResponse(file, as_attachment=True, filename=f"proof-{paper.entry.public_id}.{extension}")
