"""One's own data: a copy of it as one file, and the wish to be forgotten."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from cms.shared.errors import DomainError, InvalidInput
from organisations.forms import PresentPasswordForm
from organisations.models import Person
from organisations.selectors import erasure as selectors
from organisations.services import erasure, own_data, passwords
from organisations.views.account import _person


@never_cache
@login_required
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def my_data(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request)
    try:
        text = _do(_person(request), request.POST.get("do", ""), request.POST.get("password", ""))
    except DomainError as error:
        return _page(request, failed=request.POST.get("do", ""), error=str(error), status=error.http_status)
    messages.success(request, text)
    return redirect("organisations:my_data")


def _do(person: Person, what: str, password: str) -> str:
    if what == "copy":
        own_data.request(person=person, password=password)
        return _("Your data is being put together. A message tells you when the file is ready.")
    if what == "forget":
        erasure.request(person=person, password=password)
        return _("Your wish is noted. You will be told what is decided.")
    if what == "withdraw":
        erasure.withdraw(person=person)
        return _("Your account stays.")
    raise InvalidInput


@never_cache
@login_required
@sensitive_post_parameters("password")
@require_POST
def file(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    try:
        job, opened = own_data.open_file(
            person=_person(request), public_id=str(public_id), password=request.POST.get("password", "")
        )
    except (passwords.WrongPassword, passwords.PasswordPaused) as error:
        return _page(request, failed=str(public_id), error=str(error), status=error.http_status)
    response = FileResponse(opened, as_attachment=True, filename=f"isocenter-{job.finished_at:%Y%m%d}.zip")
    response["X-Content-SHA256"] = job.file_sha256
    return response


def _page(request: HttpRequest, *, failed: str = "", error: str = "", status: int = 200) -> HttpResponse:
    """`failed` names the form that `error` belongs to."""
    found = selectors.own_data(_person(request))
    names = ["copy", "forget", *(str(job.public_id) for job in found.exports)]
    forms = {name: PresentPasswordForm(auto_id=f"id_{name}_%s") for name in names}
    if failed in forms:
        forms[failed] = PresentPasswordForm({"password": "-"}, auto_id=f"id_{failed}_%s")
        forms[failed].add_error("password", error)
    context = {
        "found": found,
        "copy_form": forms["copy"],
        "forget_form": forms["forget"],
        "files": [(job, forms[str(job.public_id)]) for job in found.exports],
        "due_text": selectors.basis_text(found.due.basis),
        "general_error": error if failed not in forms else "",
    }
    return render(request, "organisations/my_data.html", context, status=status)
