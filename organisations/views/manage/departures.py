"""Who left, and which unit entered them since."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from organisations.enums import Power
from organisations.selectors import required_scope
from organisations.selectors.departures import departures_in
from organisations.views.manage import lists, shell

PER_PAGE = 50


@shell.managed
@require_safe
def departures(request: HttpRequest) -> HttpResponse:
    scope = required_scope(shell.person_of(request), Power.SEE_INTAKE)
    page = Paginator(departures_in(scope), PER_PAGE).get_page(request.GET.get("page"))
    lists.read(request, "departures", {}, rows=page.paginator.count)
    return shell.page(request, "organisations/manage/departures.html", {"page_obj": page}, section="people")
