"""The audit log: looked through, read line by line, taken away as a file. Each of it is written into the log."""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cms.shared.spreadsheets import csv_lines
from organisations import audit, retention
from organisations.deeds import Deed
from organisations.models import AuditEvent
from organisations.selectors import audit as selectors
from organisations.views.manage import shell


@shell.managed
@require_safe
def log(request: HttpRequest) -> HttpResponse:
    by = shell.person_of(request)
    wanted = selectors.wanted_from(request.GET.dict())
    cursor = request.GET.get("before", "")
    found = selectors.page(by, wanted, cursor=cursor)
    if not cursor:
        audit.record(by=by, verb=Deed.AUDIT_READ, target=by, after=wanted.told)
    context = {
        "found": found,
        "wanted": wanted,
        "is_first": not cursor,
        "deeds": sorted(Deed.choices, key=lambda choice: choice[0]),
        "kinds": selectors.kinds(),
        "readings": selectors.READINGS_SHOWN.items(),
        "limit": selectors.EXPORTED_AT_MOST,
        "rule": retention.policy("audit", on=timezone.localdate()),
    }
    return shell.page(request, "organisations/manage/audit.html", context, section="audit")


@shell.managed
@require_safe
def event(request: HttpRequest, pk: int) -> HttpResponse:
    by = shell.person_of(request)
    found = selectors.event(by, pk)
    audit.record(by=by, verb=Deed.AUDIT_READ, target=found)
    context = {"event": found, "changes": selectors.changes(found), "actor": selectors.public_id_of_actor(found)}
    return shell.page(request, "organisations/manage/audit_event.html", context, section="audit")


@shell.managed
@require_POST
def download(request: HttpRequest) -> HttpResponseBase:
    """What the filters show as CSV, newest first, at most EXPORTED_AT_MOST lines."""
    by = shell.person_of(request)
    wanted = selectors.wanted_from(request.POST.dict())
    rows = selectors.lines(by, wanted)
    audit.record(by=by, verb=Deed.AUDIT_EXPORT, target=by, after=wanted.told)
    heading = [
        _("When"), _("By"), _("Deed"), _("Kind of target"), _("Target"), _("target's id"), _("Before"), _("After"),
        _("Address"), _("request id"),
    ]  # fmt: skip
    response = StreamingHttpResponse(csv_lines(heading, _cells(rows)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="audit-{timezone.localdate():%Y%m%d}.csv"'
    return response


def _cells(rows: Iterator[AuditEvent]) -> Iterator[list[str]]:
    for row in rows:
        yield [
            f"{timezone.localtime(row.at):%Y-%m-%d %H:%M:%S}", row.actor or _("the system"), row.get_verb_display(),
            row.get_target_kind_display(), row.target, row.target_id, row.told_before,
            row.told_after, row.address or "", row.request_id,
        ]  # fmt: skip
