"""Coming in without a code: at a unit, which decides; or by e-mail alone, for people abroad."""

from uuid import UUID

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from cms.shared import crypto
from cms.shared.errors import DomainError
from organisations.models import Node, Person
from organisations.selectors import registrations as selectors
from organisations.services import registrations as services
from organisations.services.people import PersonalStaffNumber
from organisations.views import limits
from organisations.views.register_forms import EmailForm, JoinForm, LinkForm, RegisterForm

_FIELD_OF = {
    "no_contact": "phone",
    "bad_phone": "phone",
    "bad_email": "email",
    "weak_password": "password",
    "personal_staff_number": "staff_number",
}


@never_cache
@require_safe
def register(request: HttpRequest) -> HttpResponse:
    """The two ways, and what to do with an account or a code in hand."""
    if request.user.is_authenticated:
        return redirect("organisations:registered")
    return render(request, "organisations/register.html")


@never_cache
@require_safe
def units(request: HttpRequest) -> HttpResponse:
    search = request.GET.get("q", "")[:60]
    found = selectors.find_units(search)
    context = {
        "search": search,
        "found": found[: selectors.MOST_UNITS],
        "has_more": len(found) > selectors.MOST_UNITS,
    }
    return render(request, "organisations/register_units.html", context)


@never_cache
@sensitive_post_parameters("password", "phone", "email")
@require_http_methods(["GET", "HEAD", "POST"])
def at_unit(request: HttpRequest, public_id: UUID) -> HttpResponse:
    unit = selectors.open_unit(public_id)
    if isinstance(request.user, Person):
        return _join(request, request.user, unit)
    form = RegisterForm(
        request.POST if request.method == "POST" else None, departments=selectors.department_names(unit)
    )
    if form.is_valid():
        if not limits.may_try(request, "register"):
            return limits.paused(request, "register")
        fields = {name: value for name, value in form.cleaned_data.items() if name != "agree"}
        try:
            person = services.register(**fields, unit=unit, language=get_language() or "")
        except DomainError as error:
            form.add_error(_FIELD_OF.get(error.code), str(error))
        else:
            limits.count(request, "register")
            login = Login(user=person, redirect_url=reverse("organisations:registered"))
            return perform_password_login(request, {}, login)
    context = {"unit": unit, "form": form}
    return render(request, "organisations/register_at_unit.html", context, status=400 if form.is_bound else 200)


@never_cache
@login_required
@require_safe
def registered(request: HttpRequest) -> HttpResponse:
    """With what one signs in, and what the unit has said so far."""
    assert isinstance(request.user, Person)  # noqa: S101 - login_required
    context = {"standing": selectors.standing_of(request.user), "person": request.user}
    return render(request, "organisations/registered.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def by_mail(request: HttpRequest) -> HttpResponse:
    """The answer is the same whether the address is known or not: what there is to say is in the mail."""
    form = EmailForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        if not limits.may_try(request, "register"):
            return limits.paused(request, "register")
        limits.count(request, "register")
        email = form.cleaned_data["email"].lower()
        key = crypto.index(email, field="registration.email")
        if limits.may_try(request, "register_mail", key=key):
            limits.count(request, "register_mail", key=key)
            services.send_link(email=email, language=get_language() or "")
        return redirect("organisations:register_mailed")
    return render(request, "organisations/register_by_mail.html", {"form": form}, status=400 if form.is_bound else 200)


@require_safe
def mailed(request: HttpRequest) -> HttpResponse:
    return render(request, "organisations/register_mailed.html")


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    try:
        email = services.email_of(token)
    except services.LinkIsOver as error:
        return render(request, "organisations/register_link_over.html", {"message": str(error)}, status=400)
    form = LinkForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        fields = {name: form.cleaned_data[name] for name in ("name", "password")}
        try:
            person = services.register_by_link(token=token, **fields, language=get_language() or "")
        except services.LinkIsOver as error:
            return render(request, "organisations/register_link_over.html", {"message": str(error)}, status=400)
        except DomainError as error:
            form.add_error(_FIELD_OF.get(error.code), str(error))
        else:
            messages.success(request, _("Welcome. Your account is ready."))
            return perform_password_login(
                request, {}, Login(user=person, redirect_url=reverse("organisations:registered"))
            )
    context = {"form": form, "email": email}
    return render(request, "organisations/register_confirm.html", context, status=400 if form.is_bound else 200)


def _join(request: HttpRequest, person: Person, unit: Node) -> HttpResponse:
    if not selectors.standing_of(person).may_register:
        return redirect("organisations:registered")
    form = JoinForm(request.POST if request.method == "POST" else None, departments=selectors.department_names(unit))
    if form.is_valid():
        try:
            services.join(person=person, unit=unit, **form.cleaned_data)
        except PersonalStaffNumber as error:
            form.add_error("staff_number", str(error))
        else:
            return redirect("organisations:registered")
    context = {"unit": unit, "form": form}
    return render(request, "organisations/register_at_unit.html", context, status=400 if form.is_bound else 200)
