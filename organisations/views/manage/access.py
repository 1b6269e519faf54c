"""A new code, another phone, a paused sign-in: what an administrator does for one person, each asked twice."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from cms.shared.errors import DomainError
from organisations.enums import Power
from organisations.models import Person
from organisations.selectors import person_in, required_scope
from organisations.selectors.access import Access, access_of
from organisations.services import access as services
from organisations.services import activation, contacts, people
from organisations.views.manage import clashes, shell
from organisations.views.manage.access_forms import PhoneChangeForm

_FIELD_OF = {"bad_phone": "phone", "reason_missing": "reason"}


@shell.managed
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by, access = shell.person_of(request), _access(request, public_id)
    if request.method == "POST":
        if request.POST.get("send") == "sms":
            services.text_code(by=by, person=access.person)
            messages.success(request, _("The code is on its way to %(phone)s.") % {"phone": access.person.masked_phone})
            return _back(access.person)
        given = activation.spaced(services.give_code(by=by, person=access.person))
        context = {"access": access, "code": given, "valid_days": activation.VALID_FOR.days}
        return shell.page(request, "organisations/manage/person_code_made.html", context, section="people")
    return shell.page(request, "organisations/manage/person_code.html", {"access": access}, section="people")


@shell.managed
@sensitive_post_parameters("phone")
@require_http_methods(["GET", "HEAD", "POST"])
def phone(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by, access, clash = shell.person_of(request), _access(request, public_id), None
    form = PhoneChangeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.change_phone(by=by, person=access.person, **form.cleaned_data)
        except people.AlreadyTaken:
            if request.POST.get("ask"):
                return _asked(request, access.person, form.cleaned_data["phone"])
            access.person.refresh_from_db(fields=people.CONTACT)
            clash = clashes.clash(by, form)
            form.add_error("phone", _("Another account has this number."))
        except DomainError as error:
            form.add_error(_FIELD_OF.get(error.code), str(error))
        else:
            messages.success(request, _("The mobile number is changed, and the person was told."))
            return _back(access.person)
    context = {"access": access, "form": form, "clash": clash}
    status = 400 if form.is_bound else 200
    return shell.page(request, "organisations/manage/person_phone.html", context, section="people", status=status)


@shell.managed
@require_http_methods(["GET", "HEAD", "POST"])
def unlock(request: HttpRequest, public_id: UUID) -> HttpResponse:
    access = _access(request, public_id)
    if request.method == "POST":
        if services.unlock(by=shell.person_of(request), person=access.person):
            messages.success(request, _("The person can try to sign in again at once."))
        else:
            messages.info(request, _("Signing in was not paused for this person."))
        return _back(access.person)
    return shell.page(request, "organisations/manage/person_unlock.html", {"access": access}, section="people")


def _access(request: HttpRequest, public_id: UUID) -> Access:
    by = shell.person_of(request)
    scope = required_scope(by, Power.OPEN_ACCOUNTS)
    return access_of(by=by, person=person_in(scope, public_id))


def _asked(request: HttpRequest, person: Person, number: str) -> HttpResponse:
    """The number stays where it is; whoever looks after the account that has it is asked about it."""
    told = contacts.ask_holders_of(by=shell.person_of(request), person=person, phone=number)
    messages.info(request, clashes.told(told))
    return _back(person)


def _back(person: Person) -> HttpResponse:
    return redirect("manage:person", person.public_id)
