"""Consent before first use: the last step of a sign-in, and the page that shows what a person agreed to."""

from allauth.account.stages import LoginStage, LoginStageController
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from organisations import selectors
from organisations.enums import DOCUMENT_VERSIONS, DocumentKind
from organisations.forms import ConsentForm
from organisations.models import Person
from organisations.services import consents


class ConsentStage(LoginStage):
    """Nobody is signed in before having agreed to the documents in force."""

    key = "consent"
    urlname = "organisations:consent"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        missing = self.login.user is not None and selectors.missing_consents(self.login.user)
        return (redirect(self.urlname), True) if missing else (None, True)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def consent(request: HttpRequest) -> HttpResponse:
    stage = LoginStageController.enter(request, ConsentStage.key)
    if stage is None:
        if not isinstance(request.user, Person):
            return redirect("account_login")
        return render(request, "organisations/consents.html", {"consents": selectors.consents_of(request.user)})
    form = ConsentForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        consents.accept(person=stage.login.user, language=get_language() or "")
        return stage.exit()
    return render(
        request,
        "organisations/consent.html",
        {"form": form, "person": stage.login.user},
        status=400 if form.is_bound else 200,
    )


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    return _document(request, DocumentKind.PRIVACY_NOTICE)


@require_safe
def agreement(request: HttpRequest) -> HttpResponse:
    return _document(request, DocumentKind.USER_AGREEMENT)


def _document(request: HttpRequest, kind: DocumentKind) -> HttpResponse:
    language = "zh-hans" if (get_language() or "").startswith("zh") else "en"
    return render(
        request,
        "organisations/document.html",
        {
            "title": kind.label,
            "version": DOCUMENT_VERSIONS[kind],
            "text": f"organisations/legal/{kind.value}.{language}.html",
        },
    )
