"""What others entered about oneself: shown at the first sign-in and whenever asked for; right, or objected to."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from cms.shared.errors import DomainError
from organisations.models import Person
from organisations.selectors.details import details_of
from organisations.services import objections


class ObjectionForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("What is not right?"),
        max_length=500,
        required=False,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Say how it should be. Do not write a whole ID number here."),
    )


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def details(request: HttpRequest) -> HttpResponse:
    person = request.user
    assert isinstance(person, Person)  # noqa: S101 - login_required
    form = ObjectionForm(request.POST if request.POST.get("answer") == "object" else None)
    if request.method == "POST" and not form.is_bound:
        objections.confirm_details(by=person)
        messages.success(request, _("Thank you. You can look at this page again from your account page."))
        return redirect("organisations:profile")
    if form.is_valid():
        try:
            objections.object_to(by=person, text=form.cleaned_data["text"])
        except DomainError as error:
            form.add_error("text", str(error))
        else:
            messages.success(request, _("Your objection is with your unit. The answer comes here and as a message."))
            return redirect("organisations:details")
    context = {"details": details_of(person), "form": form}
    return render(request, "organisations/details.html", context, status=400 if form.is_bound else 200)
