"""Files as answers: sent with the attempt's form, downloaded by whose they are."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponseBase, QueryDict
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_safe

from cms.shared.errors import DomainError
from organisations.models import Person
from quizzes import selectors
from quizzes.services import answer_files


def received(request: HttpRequest, sheet: selectors.Sheet) -> tuple[QueryDict, bool]:
    """The posted form with the ids of the files sent in it; False if one was refused, and its learner told why."""
    data, is_whole = request.POST.copy(), True
    for item in sheet.items:
        upload = request.FILES.get(f"q-{item.id}.file")
        if upload is None or not item.is_open:
            continue
        try:
            made = answer_files.receive(
                person=cast(Person, request.user), attempt_id=sheet.attempt.public_id, item=item.id, upload=upload
            )
        except DomainError as error:
            messages.error(request, str(error))
            is_whole = False
        else:
            data[f"q-{item.id}"] = str(made.public_id)
            data.pop(f"q-{item.id}.remove", None)
    return data, is_whole


@require_safe
@login_required
def own_file(request: HttpRequest, public_id: UUID, file_id: UUID) -> HttpResponseBase:
    """The learner's own file, to keep and never shown inside the site."""
    person = cast(Person, request.user)
    found = answer_files.own_file(person=person, attempt_id=public_id, file_id=file_id)
    response = FileResponse(
        found.file.open("rb"), as_attachment=True, filename=found.name, content_type="application/octet-stream"
    )
    add_never_cache_headers(response)
    return response
