"""Several rows of a list confirmed or refused: shown with their names first, decided one by one when confirmed."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from organisations.services.bulk import Left
from organisations.views.manage import shell

# Each takes some hundredths of a second, in a transaction of its own.
AT_ONCE = 500
SHOWN = 50

Decided = tuple[int, "list[Left[Any]]"]


class AcceptForm(Form):
    """Confirming several asks for nothing."""


def decide(
    request: HttpRequest,
    found: "QuerySet[Any]",
    *,
    section: str,
    forms: Mapping[str, type[Form]],
    nothing_chosen: str,
    deed: Callable[..., Decided],
) -> HttpResponse:
    """Ask with `<section>_together.html`, then call `deed(chosen=, accept=, **fields of the form)` and tell with
    `<section>_done.html`. `forms` by what is done: "accept", "refuse". The list is the address `manage:<section>`."""
    done = request.POST.get("deed", "")
    chosen = list(found[:AT_ONCE])
    if done not in forms or not chosen:
        messages.warning(request, nothing_chosen)
        return redirect(f"manage:{section}")
    form = forms[done](request.POST if request.POST.get("confirmed") else None)
    if form.is_valid():
        count, left = deed(chosen=chosen, accept=done == "accept", **form.cleaned_data)
        context = {"accepted": done == "accept", "done": count, "left": left}
        return shell.page(request, f"organisations/manage/{section}_done.html", context, section=section)
    context = {
        "form": form,
        "deed": done,
        "rows": chosen[:SHOWN],
        "count": len(chosen),
        "ids": " ".join(str(row.public_id) for row in chosen),
        "beyond": found.count() - len(chosen),
    }
    return shell.page(
        request,
        f"organisations/manage/{section}_together.html",
        context,
        section=section,
        status=400 if form.is_bound else 200,
    )
