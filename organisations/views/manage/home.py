"""Where those who look after people and units begin."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from cms.shared.errors import OutOfScope
from organisations.enums import CREDIT_ROLES
from organisations.selectors import manage, overview, roles_of
from organisations.views.manage import shell


@shell.managed
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    by = shell.person_of(request)
    if not manage.powers_of(by):
        raise OutOfScope
    tiles = overview.tiles_of(by)
    context = {
        "tiles": tiles,
        "is_all_done": bool(tiles) and not any(tile.needs_work for tile in tiles),
        "own_roles": roles_of(by),
        "credit_roles": CREDIT_ROLES,
    }
    return shell.page(request, "organisations/manage/home.html", context, section="home")
