"""A learner's results, and what a receipt stands for. A receipt is sent in the body, never in an address."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from cms.shared.errors import NotFound
from organisations import audit
from organisations.deeds import Deed
from organisations.enums import Power
from organisations.models import Person
from organisations.selectors import required_scope
from organisations.views.manage import shell
from quizzes.forms.receipts import ReceiptForm
from quizzes.selectors import results as selectors

PER_PAGE = 20


@never_cache
@login_required
@sensitive_post_parameters("receipt")
@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: HttpRequest) -> HttpResponse:
    """One's own attempts at all quizzes. POST leads to the one that a receipt names."""
    person = cast(Person, request.user)
    form = ReceiptForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            found = selectors.own_by_receipt(person, form.cleaned_data["receipt"])
            return redirect("quizzes:attempt", found.public_id)
        except ValueError:
            form.add_error("receipt", _mistyped())
        except NotFound:
            form.add_error("receipt", _("None of your attempts has this receipt. Compare it with the list below."))
    page = Paginator(selectors.results_of(person), PER_PAGE).get_page(request.GET.get("page"))
    status = 400 if form.is_bound else 200
    return render(request, "quizzes/results.html", {"form": form, "page_obj": page}, status=status)


@shell.managed
@sensitive_post_parameters("receipt")
@require_http_methods(["GET", "HEAD", "POST"])
def receipts(request: HttpRequest) -> HttpResponse:
    """What a receipt of somebody in one's places stands for; looking it up is written to the log."""
    by = shell.person_of(request)
    scope = required_scope(by, Power.SEE_CREDITS)
    form, found = ReceiptForm(request.POST if request.method == "POST" else None), None
    if form.is_valid():
        try:
            found = selectors.by_receipt(scope, form.cleaned_data["receipt"])
        except ValueError:
            form.add_error("receipt", _mistyped())
        except NotFound:
            form.add_error("receipt", _("Nobody in your places has an attempt with this receipt."))
    if found is not None:
        audit.record(by=by, verb=Deed.RECEIPT_LOOK_UP, target=found.attempt, after={"quiz": found.attempt.quiz.title})
    status = 400 if form.is_bound and found is None else 200
    context = {"form": form, "found": found}
    return shell.page(request, "quizzes/receipts.html", context, section="receipts", status=status)


def _mistyped() -> str:
    return _("This is no receipt: it has 12 letters and digits, of which the last one shows a typing error.")
