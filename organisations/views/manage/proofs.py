"""Proofs are sent to those who may look at them; every download is written to the log."""

from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from cms.shared.errors import NotFound
from organisations import audit
from organisations.enums import Power
from organisations.models import Qualification, StatePeriod
from organisations.selectors import directory
from organisations.views.manage import shell
from organisations.views.manage.person import one_of


@shell.managed
@require_safe
def of_state(request: HttpRequest, public_id: UUID, state_id: UUID) -> HttpResponseBase:
    person = directory.person_of(shell.person_of(request), Power.SEE_MASKED_ID, public_id)
    return sent(request, one_of(person.state_periods.select_related("person"), public_id=state_id))


@shell.managed
@require_safe
def of_qualification(request: HttpRequest, public_id: UUID, qualification_id: UUID) -> HttpResponseBase:
    person = directory.person_of(shell.person_of(request), Power.SEE_MASKED_ID, public_id)
    return sent(request, one_of(person.qualifications.select_related("person"), public_id=qualification_id))


def sent(request: HttpRequest, row: StatePeriod | Qualification) -> HttpResponseBase:
    """The proof of `row` as a file to keep, never shown inside the site. Raises NotFound if there is none."""
    if not row.proof:
        raise NotFound
    file = row.proof.open("rb")
    by, kind = shell.person_of(request), row._meta.label_lower
    audit.record(by=by, verb="proof.download", target=row.person, after={"of": kind})
    extension = str(row.proof.name).rpartition(".")[2]
    return FileResponse(file, as_attachment=True, filename=f"proof-{row.public_id}.{extension}")
