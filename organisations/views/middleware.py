"""Staff without a second factor get no further than the page that sets one up, where the installation asks for it."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from cms.shared.errors import OutOfScope
from cms.shared.http import error_body, wants_json

# What a person needs to set it up, or to leave; and the public pages, which never look at who reads them.
_OPEN_PREFIXES = ("mfa_", "account_")
_OPEN_NAMES = frozenset({"wagtail_serve", "privacy", "agreement", "consent", "javascript-catalog"})
_SESSION_KEY = "has_second_factor"


class StaffMfaMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if not settings.REQUIRE_STAFF_MFA or settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return None
        name = (request.resolver_match and request.resolver_match.url_name) or ""
        if name.startswith(_OPEN_PREFIXES) or name in _OPEN_NAMES or not self._lacks_factor(request):
            return None
        if wants_json(request):
            body = error_body(OutOfScope(_("Set up the second factor of your account first.")))
            return JsonResponse({**body, "code": "second_factor_required"}, status=403)
        messages.warning(request, _("Your role needs a second factor. Set it up now; it takes two minutes."))
        return redirect("mfa_activate_totp")

    @staticmethod
    def _lacks_factor(request: HttpRequest) -> bool:
        person = request.user
        if not person.is_authenticated or not (person.is_staff or person.is_superuser):
            return False
        if not request.session.get(_SESSION_KEY):
            has_factor = Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).exists()
            if has_factor:
                request.session[_SESSION_KEY] = True
            return not has_factor
        return False
