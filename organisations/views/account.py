"""Pages of one's own account: activation, profile, messages."""

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from cms.shared.errors import DomainError, OutOfScope
from organisations import notifications as texts
from organisations import selectors
from organisations.forms import ActivationForm, ProfileForm
from organisations.models import Person
from organisations.services import activation, contacts, people
from organisations.services import messages as inbox
from organisations.views import limits

# Which field of a form an error of a service belongs to.
_FIELD_OF = {
    "activation_code_mistyped": "code",
    "activation_code_unusable": "code",
    "weak_password": "password",
    "bad_phone": "phone",
    "bad_email": "email",
}


@never_cache
@sensitive_post_parameters("code", "password", "phone", "email")
@require_http_methods(["GET", "HEAD", "POST"])
def activate(request: HttpRequest) -> HttpResponse:
    form = ActivationForm(request.POST if request.method == "POST" else None)
    trial = activation.trial(request.POST.get("code", "")[:60])
    if form.is_bound and not limits.may_try(request, "activation_failed", key=trial):
        return limits.paused(request, "activation_failed")
    if form.is_valid():
        fields = {name: form.cleaned_data[name] for name in ("code", "password", "phone", "email")}
        try:
            person = activation.activate(**fields, language=get_language() or "")
        except DomainError as error:
            if isinstance(error, activation.MistypedCode | activation.UnusableCode):
                limits.count(request, "activation_failed", key=trial)
            form.add_error(_FIELD_OF.get(error.code), str(error))
        else:
            messages.success(request, _("Welcome. Your account is ready."))
            if _lacks(person, phone=fields["phone"], email=fields["email"]):
                text = _("Your number or address is not on it yet. Until your unit answers, sign in as %(name)s.")
                messages.warning(request, text % {"name": person.username})
            return perform_password_login(request, {}, Login(user=person, redirect_url=_after_activation(person)))
    return render(request, "organisations/activate.html", {"form": form}, status=400 if form.is_bound else 200)


@never_cache
@login_required
@sensitive_post_parameters("password", "phone", "email")
def profile(request: HttpRequest) -> HttpResponse:
    person = _person(request)
    form = ProfileForm(request.POST if request.method == "POST" else None, person=person)
    if form.is_valid():
        try:
            left = _change_contact(person, form) if form.changes_contact else None
            people.change_details(by=person, person=person, language=form.cleaned_data["language"])
        except DomainError as error:
            form.add_error(_FIELD_OF.get(error.code), str(error))
        else:
            if left:
                messages.warning(request, str(left))
            else:
                messages.success(request, _("Your changes are saved."))
            return redirect("organisations:profile")
    return render(
        request,
        "organisations/profile.html",
        {"form": form, "profile": selectors.profile_of(person)},
        status=400 if form.is_bound else 200,
    )


def _lacks(person: Person, *, phone: str, email: str) -> bool:
    """Whether something of what was typed did not come onto the account: another one has it."""
    return bool((phone and person.phone != phone) or (email and person.email != email.strip().lower()))


def _change_contact(person: Person, form: ProfileForm) -> DomainError | None:
    data = form.cleaned_data
    return contacts.put(by=person, person=person, phone=data["phone"] or person.phone, email=data["email"])


@never_cache
@login_required
def notifications(request: HttpRequest) -> HttpResponse:
    person = _person(request)
    page = Paginator(selectors.notifications_of(person), 20).get_page(request.GET.get("page"))
    rows = [(notification, texts.message(notification)) for notification in page]
    return render(
        request,
        "organisations/notifications.html",
        {"page_obj": page, "rows": rows, "unread": selectors.unread_count(person)},
    )


@login_required
@require_POST
def read_notification(request: HttpRequest, public_id: str) -> HttpResponse:
    """Mark one message read and go where it points."""
    notification = inbox.mark_read(person=_person(request), public_id=public_id)
    inside = url_has_allowed_host_and_scheme(notification.link, allowed_hosts=None)
    return redirect(notification.link if inside and notification.link else reverse("organisations:notifications"))


@login_required
@require_POST
def read_all_notifications(request: HttpRequest) -> HttpResponse:
    inbox.mark_all_read(person=_person(request))
    return redirect("organisations:notifications")


def admin_login(request: HttpRequest) -> HttpResponse:
    """The editors' admin has no sign-in of its own: ours, with lock-out and second factor, leads there."""
    if request.user.is_authenticated:
        raise OutOfScope(_("Your roles do not reach the editors' pages. Ask your administrator for one that does."))
    query = request.GET.urlencode()
    return redirect(reverse("account_login") + (f"?{query}" if query else ""))


def _after_activation(person: Person) -> str:
    """Who has not seen yet what others entered sees it first."""
    return reverse(settings.LOGIN_REDIRECT_URL if person.details_seen_at else "organisations:details")


def _person(request: HttpRequest) -> Person:
    assert isinstance(request.user, Person)  # noqa: S101 - login_required
    return request.user
