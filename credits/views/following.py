"""The rules that a person follows beside those of the place; reflections; steps and outside figures."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cms.shared.errors import DomainError
from credits.selectors import following as selectors
from credits.services import following as services
from credits.views import deciding
from credits.views.following_forms import FollowForm, ReflectionForm, StatementsForm
from organisations import audit
from organisations.models import Person
from organisations.views.manage import shell

_FIELD_OF = {"credential_not_yet_earned": "credential_earned_on"}


@shell.managed
@require_safe
def my_rules(request: HttpRequest) -> HttpResponse:
    page = selectors.rules_page(shell.person_of(request))
    return render(request, "credits/rules.html", {"page": page, "is_own": True, "keeps": False})


@shell.managed
@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest, rule_set_id: str) -> HttpResponse:
    asked = selectors.asked_of(rule_set_id)
    form = FollowForm(request.POST if request.method == "POST" else None, asked=asked)
    return _asked(
        request, form, heading=asked.title, submit=_("Follow these rules"), back=reverse("credits:my_rules"),
        text=_("Your activities count under these rules from today on, where an offer names them."),
        done=_("You follow these rules now."),
        deed=lambda by: services.follow(by=by, rule_set_id=rule_set_id, **form.cleaned_data),
    )  # fmt: skip


@shell.managed
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, public_id: UUID) -> HttpResponse:
    row = selectors.own_following(shell.person_of(request), public_id)
    asked = selectors.asked_of(row.rule_set_id)
    form = FollowForm(request.POST if request.method == "POST" else None, asked=asked, following=row)
    return _asked(
        request, form, heading=asked.title, submit=_("Save"), back=reverse("credits:my_rules"),
        text=_("Your periods are reckoned anew from what you enter. Nothing that is recorded changes."),
        done=_("It is saved."), deed=lambda by: services.change(by=by, following=row, **form.cleaned_data),
    )  # fmt: skip


@shell.managed
@require_POST
def stop(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    services.stop(by=by, following=selectors.own_following(by, public_id))
    messages.success(request, _("You do not follow these rules any more. What was recorded stays."))
    return redirect("credits:my_rules")


@shell.managed
@require_http_methods(["GET", "HEAD", "POST"])
def declare(request: HttpRequest, public_id: UUID) -> HttpResponse:
    rules = selectors.followed_rules(selectors.own_following(shell.person_of(request), public_id))
    form = StatementsForm(request.POST if request.method == "POST" else None, rules=rules)
    period, id_ = rules.period, rules.following.rule_set_id
    if period is None:
        return redirect("credits:rules_change", public_id)
    return _asked(
        request, form, heading=_("Steps and figures: %(rules)s") % {"rules": rules.title}, submit=_("Save"),
        back=reverse("credits:my_rules"), done=_("It is saved. It decides nothing until it is confirmed."),
        text=_("State what you have done elsewhere. Until somebody confirms it, both figures are shown."),
        deed=lambda by: services.declare(
            by=by, rules=rules.rules, rule_set_id=id_, period=period, values=form.values()
        ),
    )  # fmt: skip


@shell.managed
@require_http_methods(["GET", "HEAD", "POST"])
def reflect(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    writing = selectors.writing(shell.person_of(request), entry_id)
    form = ReflectionForm(request.POST if request.method == "POST" else None, writing=writing)
    entry = writing.entry
    return _asked(
        request, form, heading=_("Reflection: %(title)s") % {"title": entry.title}, submit=_("Save"),
        back=f"{reverse('credits:my_credits')}?year={entry.ends_on.year}&rules={entry.rule_set_id}",
        text=_("Your own words are the evidence. They stand in your book's period and you can write them anew."),
        done=_("It is saved."), deed=lambda by: services.reflect(by=by, entry=entry, **form.cleaned_data),
    )  # fmt: skip


@shell.managed
@require_safe
def person_rules(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    person = selectors.person_to_read(by=by, public_id=public_id)
    audit.record(by=by, verb="credits.rules.read", target=person)
    context = {"page": selectors.rules_page(person), "is_own": False, "keeps": selectors.keeps(by, person)}
    return render(request, "credits/rules.html", context)


@shell.managed
@require_POST
def decide(request: HttpRequest, public_id: UUID, fact_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    row = selectors.declaration_to_decide(by=by, public_id=public_id, fact_id=fact_id)
    deciding.answer(
        request,
        confirm=lambda: services.confirm_declaration(by=by, declaration=row),
        refuse=lambda reason: services.refuse_declaration(by=by, declaration=row, reason=reason),
    )
    return redirect("credits:person_rules", public_id)


def _asked(
    request: HttpRequest, form: forms.Form, *, deed: Callable[[Person], Any], done: str, back: str, **context: str
) -> HttpResponse:
    """Show the form, or do what it asks; a refusal stands where it belongs."""
    if form.is_valid():
        try:
            deed(shell.person_of(request))
        except DomainError as error:
            field = _FIELD_OF.get(error.code)
            form.add_error(field if field in form.fields else None, str(error))
        else:
            messages.success(request, done)
            return redirect(back)
    status = 400 if form.is_bound else 200
    return render(request, "credits/rules_form.html", {"form": form, "back": back, **context}, status=status)
