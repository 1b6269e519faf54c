"""Two accounts of one person: find the other one, compare, merge."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from cms.shared.errors import DomainError
from organisations import audit
from organisations.deeds import Deed
from organisations.models import Person
from organisations.selectors import merging as selectors
from organisations.services import merging
from organisations.views.manage import lists, shell
from organisations.views.manage.merging_forms import MergeForm


@shell.managed
@sensitive_post_parameters("q")
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The account in the address stays; the other one is found by a search and named by `other`.

    The search is posted: a phone number never stands in an address.
    """
    by = shell.person_of(request)
    kept = selectors.keepable_person(by, public_id)
    other = request.POST.get("other") or request.GET.get("other", "")
    if not other:
        search = request.POST.get("q", "")[:60]
        found = selectors.candidates(by=by, person=kept, search=search)
        if found:
            lists.read(request, "merge", {"person": kept.public_id, "q": search}, rows=len(found))
        context = {"kept": kept, "search": search, "candidates": found}
        return shell.page(request, "organisations/manage/merge_find.html", context, section="people")
    merged = selectors.keepable_person(by, other)
    form = MergeForm(request.POST if request.method == "POST" else None, initial={"other": merged.public_id})
    if form.is_valid():
        try:
            merging.merge(by=by, kept=kept, merged=merged, reason=form.cleaned_data["reason"])
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The two accounts are one now."))
            return redirect("manage:merged", merged.public_id)
    return _comparison(request, kept, merged, form)


def _comparison(request: HttpRequest, kept: Person, merged: Person, form: MergeForm) -> HttpResponse:
    by = shell.person_of(request)
    try:
        merging.check(by=by, kept=kept, merged=merged)
        refusal = ""
    except DomainError as error:
        refusal = str(error)
    audit.record(by=by, verb=Deed.ACCOUNT_COMPARE, target=kept, after={"other": str(merged.public_id)})
    context = {
        "kept": selectors.side(kept, by=by),
        "merged": selectors.side(merged, by=by),
        "form": form,
        "refusal": refusal,
    }
    status = 400 if form.is_bound else 200
    return shell.page(request, "organisations/manage/merge.html", context, section="people", status=status)


@shell.managed
@require_safe
def merged(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    found = selectors.merged_account(by=by, public_id=public_id)
    audit.record(by=by, verb=Deed.ACCOUNT_MERGE_READ, target=found.row.merged)
    return shell.page(request, "organisations/manage/merged.html", {"found": found}, section="people")
