"""Where those who look after people and units begin."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from cms.shared.errors import OutOfScope
from organisations.selectors import manage
from organisations.views.manage import shell


@shell.managed
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    if not manage.powers_of(shell.person_of(request)):
        raise OutOfScope
    return shell.page(request, "organisations/manage/home.html", section="home")
