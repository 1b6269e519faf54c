"""The markers' desk: the queue, one piece, its file, and how far marking has come."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cms.shared import pictures
from cms.shared.errors import DomainError, NotFound, OutOfScope
from organisations import audit
from organisations.deeds import Deed
from organisations.enums import Power
from organisations.selectors import required_scope, scope_for
from organisations.views.manage import shell
from quizzes.forms.marking import MarkingForm, QueueFilterForm
from quizzes.selectors import PICTURE
from quizzes.selectors import marking as selectors
from quizzes.services import marking as services

PER_PAGE = 20


@shell.managed
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    by = shell.person_of(request)
    scope, sees = scope_for(by, Power.MARK), scope_for(by, Power.SEE_MARKING)
    if not scope:
        required_scope(by, Power.SEE_MARKING)
        return redirect("manage:marking_progress")
    form = QueueFilterForm(request.GET, quizzes=selectors.quizzes_waiting(by, scope))
    values = form.values()
    found = selectors.waiting_for(by, scope, quiz=values.get("quiz", ""), state=values.get("state", ""))
    asked = request.GET.copy()
    asked.pop("page", None)
    context = {
        "form": form,
        "is_narrowed": bool(values),
        "page_obj": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "filters": asked.urlencode(),
        "list_url": reverse("manage:marking"),
        "begun": selectors.begun_by(by)[: selectors.SHOWN],
        "handed_in": selectors.handed_in_by(by),
        "sees_progress": bool(sees),
    }
    return shell.page(request, "quizzes/marking/queue.html", context, section="marking")


@shell.managed
@require_POST
def take(request: HttpRequest) -> HttpResponse:
    """Take a seat: at the piece that `item` names, else at the oldest (of the quiz `quiz`)."""
    by = shell.person_of(request)
    required_scope(by, Power.MARK)
    try:
        seat = _taken(request)
    except (services.NothingToMark, services.SeatTaken, services.MarkedBefore) as error:
        messages.info(request, str(error))
        return redirect("manage:marking")
    return redirect("manage:marking_seat", seat.public_id)


def _taken(request: HttpRequest) -> Any:
    by, item = shell.person_of(request), request.POST.get("item", "")
    if not item:
        return services.claim_next(by=by, quiz=selectors.quiz_by_id(request.POST.get("quiz", "")))
    try:
        return services.claim(by=by, public_id=UUID(item))
    except ValueError as error:
        raise NotFound from error


@shell.managed
@require_http_methods(["GET", "HEAD", "POST"])
def seat(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One piece. POST: `do` is save, hand-in, hand-in-next or give-back; what was typed is kept."""
    by = shell.person_of(request)
    required_scope(by, Power.MARK)
    desk = selectors.desk_of(by=by, public_id=public_id)
    if request.method != "POST":
        audit.record(by=by, verb=Deed.MARKING_READ, target=desk.seat, after={"item": desk.item.public_id})
        return _page(request, desk, _form(desk))
    deed = request.POST.get("do", "save")
    if deed == "give-back":
        services.give_back(by=by, public_id=public_id)
        messages.success(request, _("You gave it back; somebody else can mark it."))
        return redirect("manage:marking")
    form = _form(desk, request.POST)
    if not form.is_valid():
        return _page(request, desk, form, status=400)
    try:
        act = services.save_draft if deed == "save" else services.hand_in
        act(by=by, public_id=public_id, **form.written())
    except (services.PointsOutside, services.PointsMissing) as error:
        form.add_error("points", str(error))
        return _page(request, desk, form, status=error.http_status)
    except DomainError as error:
        form.add_error(None, str(error))
        return _page(request, desk, form, status=error.http_status)
    return _went_on(request, desk, deed)


def _went_on(request: HttpRequest, desk: selectors.Desk, deed: str) -> HttpResponse:
    if deed == "save":
        messages.success(request, _("Your draft is saved; the piece stays yours for two days."))
        return redirect("manage:marking_seat", desk.seat.public_id)
    messages.success(request, _("Your marking is handed in."))
    if deed != "hand-in-next":
        return redirect("manage:marking")
    try:
        following = services.claim_next(by=shell.person_of(request), quiz=desk.quiz)
    except services.NothingToMark:
        messages.info(request, _("Nothing else of this quiz waits for you."))
        return redirect("manage:marking")
    return redirect("manage:marking_seat", following.public_id)


def _form(desk: selectors.Desk, sent: Any = None) -> MarkingForm:
    written = {"points": desk.seat.points, "comment": desk.seat.comment, "note": desk.seat.note}
    return MarkingForm(sent, item=desk.item, initial=written)


def _page(request: HttpRequest, desk: selectors.Desk, form: MarkingForm, status: int = 200) -> HttpResponse:
    context = {"desk": desk, "form": form, "held_hours": int(services.HELD.total_seconds() // 3600)}
    return shell.page(request, "quizzes/marking/seat.html", context, section="marking", status=status)


@shell.managed
@require_safe
def file(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    """The learner's file, to keep and never shown inside the site; its reading is written to the log."""
    by = shell.person_of(request)
    required_scope(by, Power.MARK)
    desk = selectors.desk_of(by=by, public_id=public_id)
    if desk.file is None or not desk.file.file:
        raise NotFound
    opened = desk.file.file.open("rb")
    audit.record(by=by, verb=Deed.MARKING_FILE, target=desk.seat, after={"sha256": desk.file.sha256})
    return FileResponse(opened, as_attachment=True, filename=desk.file_name, content_type="application/octet-stream")


@shell.managed
@require_safe
def image(request: HttpRequest, public_id: UUID, image: int) -> HttpResponseBase:
    """A picture of the question, for whoever marks an answer to it."""
    by = shell.person_of(request)
    required_scope(by, Power.MARK)
    shown = selectors.image_for(by=by, public_id=public_id, image_id=image)
    return pictures.for_one(str(shown.get_rendition(PICTURE).file.name))


@shell.managed
@require_safe
def progress(request: HttpRequest) -> HttpResponse:
    """In numbers, without a name or a mark."""
    by = shell.person_of(request)
    scope = scope_for(by, Power.SEE_MARKING)
    if not scope:
        raise OutOfScope
    page = Paginator(selectors.progress_rows(scope), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "rows": [selectors.as_progress(row) for row in page.object_list],
        "marks": bool(scope_for(by, Power.MARK)),
    }
    return shell.page(request, "quizzes/marking/progress.html", context, section="marking")
