"""Credit rules for system administrators: the versions, a new one, its trial on the book, publishing it."""

from collections.abc import Callable
from datetime import date
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cms.shared import errors
from credits.enums import ChangeKind
from credits.models import RuleSetChange, RuleSetProposal, RuleSetVersion
from credits.models.rule_sets import CHANGE_KINDS
from credits.selectors import rule_set_pages
from credits.selectors.rule_sets import rule_book
from credits.selectors.rule_trials import change_views, changes_shown, entries_since
from credits.services import rule_set_proposals as proposals
from credits.views.rule_set_forms import RuleSetFileForm, content_of
from organisations import audit
from organisations.deeds import Deed
from organisations.enums import Power
from organisations.models import Person
from organisations.selectors import people_in, required_scope, scope_for
from organisations.views.manage import lists, shell

SECTION = "rule_sets"


def _keeps(by: Person) -> bool:
    return bool(scope_for(by, Power.KEEP_RULES))


def _list(
    request: HttpRequest, form: RuleSetFileForm | None, problems: list[str], *, status: int = 200
) -> HttpResponse:
    open_rows = RuleSetProposal.objects.select_related("proposed_by", "decided_by")
    context = {
        "form": form,
        "problems": problems,
        "page_obj": Paginator(open_rows, 20).get_page(request.GET.get("page")),
        "rows": rule_set_pages.version_rows(),
    }
    return shell.page(request, "credits/rule_sets.html", context, section=SECTION, status=status)


@shell.managed
@require_safe
def rule_sets(request: HttpRequest) -> HttpResponse:
    by = shell.person_of(request)
    required_scope(by, Power.SEE_RULES)
    return _list(request, RuleSetFileForm() if _keeps(by) else None, [])


@shell.managed
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    by = shell.person_of(request)
    required_scope(by, Power.KEEP_RULES)
    form = RuleSetFileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _list(request, form, [], status=400)
    content = content_of(form, at_most=proposals.MAX_BYTES)
    try:
        row = proposals.propose(by=by, content=content, reason=form.cleaned_data["reason"])
    except proposals.BadDocument as error:
        return _list(request, form, error.problems, status=400)
    except proposals.VersionWaits as error:
        return _list(request, form, [str(error)], status=409)
    messages.success(request, _("The file can be read. It is being tried on the book; nothing has changed yet."))
    return redirect("manage:rule_set_proposal", row.public_id)


@shell.managed
@require_safe
def version(request: HttpRequest, key: str) -> HttpResponse:
    required_scope(shell.person_of(request), Power.SEE_RULES)
    rule_set_id, _at, name = key.partition("@")
    row = RuleSetVersion.objects.filter(rule_set_id=rule_set_id, version=name).first()
    if row is None:
        raise errors.NotFound
    previous = rule_set_pages.previous_of(rule_set_id, row.effective_from, row.pk)
    context = {
        "row": row,
        "holds": rule_set_pages.spans_of(rule_book(), rule_set_id, row.pk),
        "previous": previous,
        "differences": rule_set_pages.differences(previous.document, row.document) if previous else [],
        "proposal": RuleSetProposal.objects.filter(version=row).select_related("proposed_by", "decided_by").first(),
    }
    return shell.page(request, "credits/rule_set_version.html", context, section=SECTION)


def _proposal(request: HttpRequest, public_id: UUID, power: Power = Power.SEE_RULES) -> RuleSetProposal:
    required_scope(shell.person_of(request), power)
    found = RuleSetProposal.objects.select_related("proposed_by", "decided_by", "version")
    row = found.filter(public_id=public_id).first()
    if row is None:
        raise errors.NotFound
    return row


def _changes(request: HttpRequest, row: RuleSetProposal) -> tuple[QuerySet[RuleSetChange], str]:
    """Only people of the reader's scope are named; the counts are of everybody."""
    by = shell.person_of(request)
    kind = request.GET.get("kind", "")
    kind = kind if kind in set(ChangeKind) else ""
    people = people_in(required_scope(by, Power.SEE_RULES))
    return changes_shown(row, people, kind=kind), kind


@shell.managed
@require_safe
def proposal(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by, row = shell.person_of(request), _proposal(request, public_id)
    found, kind = _changes(request, row)
    page = Paginator(found, 50).get_page(request.GET.get("page"))
    if row.tried_at is not None:
        audit.record(by=by, verb=Deed.RULES_TRIAL_READ, target=row, after={"kind": kind, "rows": page.paginator.count})
    begins = date.fromisoformat(row.document["effective_from"])
    previous = rule_set_pages.previous_of(row.rule_set_id, begins, row.version_id)
    waits = row.decision == "waiting"
    context = {
        "row": row,
        "page_obj": page,
        "changes": change_views(page.object_list),
        "kind": kind,
        "kinds": CHANGE_KINDS,
        "counts": [(label, row.counts.get(value, 0)) for value, label in CHANGE_KINDS],
        "previous": previous,
        "differences": rule_set_pages.differences(previous.document if previous else {}, row.document),
        "keeps": _keeps(by),
        "is_own": row.proposed_by_id == by.pk,
        "is_tried": row.tried_at is not None and row.state == "done",
        "is_outdated": waits and row.state == "done" and proposals.is_outdated(row),
        "since": entries_since(row) if waits and row.state == "done" else 0,
        "csv_query": f"?kind={kind}" if kind else "",
    }
    return shell.page(request, "credits/rule_set_proposal.html", context, section=SECTION)


@shell.managed
@require_safe
def changes_csv(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    row = _proposal(request, public_id)
    found, kind = _changes(request, row)
    heading = [
        _("Person"), _("Rules"), _("Period begins"), _("Last day"), _("What changes"), _("Credits before"),
        _("Credits after"), _("State before"), _("State after"), _("Requirements that turn"), _("Verification"),
    ]  # fmt: skip
    rows = (one.cells for one in change_views(found.iterator(chunk_size=500)))
    return lists.download(request, "rule_set_changes", {"version": str(row), "kind": kind}, heading, rows)


@shell.managed
@require_POST
def decide(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by, row = shell.person_of(request), _proposal(request, public_id, Power.KEEP_RULES)
    key, reason = str(row.public_id), request.POST.get("reason", "")
    deeds: dict[str, tuple[Callable[[], RuleSetProposal], str]] = {
        "publish": (
            lambda: proposals.publish(by=by, public_id=key),
            _("Published. The version holds from now on; stored results are being judged anew."),
        ),
        "refuse": (lambda: proposals.refuse(by=by, public_id=key, reason=reason), _("Refused.")),
        "withdraw": (lambda: proposals.withdraw(by=by, public_id=key), _("Taken back.")),
        "again": (lambda: proposals.run_again(by=by, public_id=key), _("It is being run again.")),
    }
    deed = deeds.get(request.POST.get("do", ""))
    if deed is None:
        raise errors.InvalidInput
    try:
        deed[0]()
    except (errors.Conflict, proposals.OwnProposal, proposals.ReasonMissing) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, deed[1])
    return redirect("manage:rule_set_proposal", row.public_id)
