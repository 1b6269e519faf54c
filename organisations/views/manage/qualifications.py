"""Titles and degrees that wait for their unit."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from organisations.enums import Power
from organisations.selectors import directory, overview, required_scope
from organisations.views.manage import shell

PER_PAGE = 50


@shell.managed
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    scope = required_scope(shell.person_of(request), Power.KEEP_PEOPLE)
    found = overview.waiting_qualifications(scope)
    if search := request.GET.get("q", "").strip()[:60]:
        found = found.filter(person__in=directory.called(search))
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    people = directory.rows_of([row.person for row in page])
    context = {"page_obj": page, "rows": list(zip(page, people, strict=True)), "search": search}
    return shell.page(request, "organisations/manage/qualifications.html", context, section="qualifications")
