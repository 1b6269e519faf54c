"""One person: what is known, and what their unit may do about it. Every deed has a page that asks first."""

from typing import Any, TypeVar
from uuid import UUID

from django import forms
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cms.shared.errors import NotFound, OutOfScope
from organisations import audit
from organisations.enums import Power, QualificationState
from organisations.models import Employment, Person
from organisations.selectors import departments, directory, dossiers, required_scope
from organisations.services import memberships, people, qualifications, states
from organisations.views.manage import deeds, shell
from organisations.views.manage import person_forms as f

_Row = TypeVar("_Row", bound=Model)

# Which field of a form an error of a service belongs to.
_FIELD_OF = {
    "unreadable_proof": "proof",
    "proof_too_large": "proof",
    "overlapping_state": "begins",
    "state_ends_before_it_begins": "ends",
    "overlapping_employment": "begins",
    "qualification_already_reported": "value",
    "qualification_not_yet_obtained": "obtained_on",
    "reason_missing": "reason",
    "not_your_branch": "branch",
    "not_of_this_unit": "unit",
    "closed_place": "unit",
    "personal_staff_number": "staff_number",
}


@shell.managed
@require_safe
def person(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    found = directory.person_of(by, Power.SEE_PEOPLE, public_id)
    audit.record(by=by, verb="person.read", target=found)
    context = {"dossier": dossiers.dossier_of(by=by, person=found), "person": found}
    return shell.page(request, "organisations/manage/person.html", context, section="people")


def kept(request: HttpRequest, public_id: UUID) -> Person:
    """Somebody whom the reader keeps. Raises OutOfScope, NotFound."""
    return directory.person_of(shell.person_of(request), Power.KEEP_PEOPLE, public_id)


def one_of(rows: "QuerySet[_Row]", **key: Any) -> _Row:
    """The one row with this key. Raises NotFound."""
    found = rows.filter(**key).first()
    if found is None:
        raise NotFound
    return found


def asked(request: HttpRequest, person: Person, **more: Any) -> HttpResponse:
    """A deed about `person`; it leads back to their page."""
    link = reverse("manage:person", args=[person.public_id])
    subject = deeds.Subject("people", back=link, name=str(person), link=link, note=person.username)
    return deeds.asked(request, subject, field_of=_FIELD_OF, **more)


@shell.managed
@deeds.forms_page
def details(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by, person = shell.person_of(request), kept(request, public_id)
    now = {"name": person.name, "title": person.title, "is_active": person.is_active}
    form = f.DetailsForm(deeds.data(request), initial=now)
    return asked(
        request, person, heading=_("Change name, title or access"), submit=_("Save"), form=form,
        deed=lambda: people.correct(by=by, person=person, **form.cleaned_data), done=_("Your changes are saved."),
    )  # fmt: skip


@shell.managed
@deeds.forms_page
def transfer(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by, person = shell.person_of(request), kept(request, public_id)
    places = directory.workplaces_of(required_scope(by, Power.KEEP_PEOPLE))
    form = f.TransferForm(deeds.data(request), places=places)
    return asked(
        request, person, heading=_("New employment"), submit=_("Enter"), form=form,
        deed=lambda: people.employ(by=by, person=person, **form.cleaned_data), done=_("The employment is entered."),
    )  # fmt: skip


def _employment(request: HttpRequest, person: Person, pk: int) -> Employment:
    """An employment in a unit that the reader keeps: of others' units nobody changes anything."""
    scope = required_scope(shell.person_of(request), Power.KEEP_PEOPLE)
    rows = Employment.objects.filter(scope.q("unit"), person=person).select_related("person", "unit")
    return one_of(rows, pk=pk)


@shell.managed
@deeds.forms_page
def work(request: HttpRequest, public_id: UUID, pk: int) -> HttpResponse:
    by, person = shell.person_of(request), kept(request, public_id)
    row = _employment(request, person, pk)
    hospital = departments.hospital_of(row.unit)
    now = {"unit": row.unit.public_id, "kind": row.kind, "staff_number": row.staff_number}
    if row.department_name and row.unit_id == hospital.pk:
        now["new_department"] = row.department
    form = f.WorkForm(deeds.data(request), places=departments.parts_of(hospital), initial=now)
    return asked(
        request, person, heading=_("Change the employment at %(unit)s") % {"unit": hospital}, submit=_("Save"),
        form=form, deed=lambda: people.change_employment(by=by, employment=row, **form.cleaned_data),
        done=_("Your changes are saved."),
    )  # fmt: skip


@shell.managed
@deeds.forms_page
def leave(request: HttpRequest, public_id: UUID, pk: int) -> HttpResponse:
    by, person = shell.person_of(request), kept(request, public_id)
    row = _employment(request, person, pk)
    form = f.LeaveForm(deeds.data(request))
    return asked(
        request, person, heading=_("End the employment at %(unit)s") % {"unit": row.unit}, submit=_("End it"),
        form=form, deed=lambda: people.end_employment(by=by, employment=row, **form.cleaned_data),
        done=_("The employment ends on that day."), danger=True,
        text=_("From that day on the person no longer stands on your list, and you no longer see this page."),
    )  # fmt: skip


@shell.managed
@deeds.forms_page
def state_new(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by, person = shell.person_of(request), kept(request, public_id)
    _not_oneself(by, person)
    form = f.StateForm(deeds.data(request), files=request.FILES or None)
    return asked(
        request, person, heading=_("Enter a state"), submit=_("Enter"), form=form,
        deed=lambda: states.add_state(by=by, person=person, **form.cleaned_data), done=_("The state is entered."),
        text=_("States decide how the yearly audit takes a person. Without one a person is active."),
    )  # fmt: skip


@shell.managed
@deeds.forms_page
def state_end(request: HttpRequest, public_id: UUID, state_id: UUID) -> HttpResponse:
    by, person = shell.person_of(request), kept(request, public_id)
    _not_oneself(by, person)
    period = one_of(person.state_periods.select_related("person"), public_id=state_id)
    form = f.EndForm(deeds.data(request))
    return asked(
        request, person, heading=_("End the state “%(state)s”") % {"state": period.get_state_display()},
        submit=_("End it"), form=form, done=_("The state ends on that day."),
        deed=lambda: states.end_state(by=by, period=period, **form.cleaned_data),
    )  # fmt: skip


@shell.managed
@deeds.forms_page
def state_withdraw(request: HttpRequest, public_id: UUID, state_id: UUID) -> HttpResponse:
    by, person = shell.person_of(request), kept(request, public_id)
    _not_oneself(by, person)
    period = one_of(person.state_periods.select_related("person"), public_id=state_id)
    form = f.WithdrawStateForm(deeds.data(request))
    return asked(
        request, person, heading=_("Take back the state “%(state)s”") % {"state": period.get_state_display()},
        submit=_("Take it back"), form=form, danger=True, done=_("The state is taken back."),
        text=_("For what was entered by mistake. Its proof is deleted; the log keeps what it said."),
        deed=lambda: states.withdraw_state(by=by, period=period, **form.cleaned_data),
    )  # fmt: skip


def _not_oneself(by: Person, person: Person) -> None:
    if by.pk == person.pk:
        raise OutOfScope(_("Nobody enters a state of their own. Ask another administrator of your unit."))


@shell.managed
@deeds.forms_page
def qualification_new(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by, person = shell.person_of(request), kept(request, public_id)
    form = f.QualificationForm(deeds.data(request), files=request.FILES or None)
    return asked(
        request, person, heading=_("Enter a title or degree"), submit=_("Enter"), form=form,
        deed=lambda: qualifications.enter(by=by, person=person, **form.fields_of()),
        done=_("It is entered and counts as confirmed."), text=_("Enter only what you have seen yourself."),
    )  # fmt: skip


@shell.managed
@deeds.forms_page
def qualification_confirm(request: HttpRequest, public_id: UUID, qualification_id: UUID) -> HttpResponse:
    by, person = shell.person_of(request), kept(request, public_id)
    row = one_of(person.qualifications.all(), public_id=qualification_id)
    return asked(
        request, person, heading=_("Confirm “%(name)s”") % {"name": row.value_text}, submit=_("Confirm it"),
        form=forms.Form(deeds.data(request)), deed=lambda: qualifications.confirm(by=by, qualification=row),
        done=_("It is confirmed, and the person was told."),
        text=_("Confirm only after you have seen the proof. A higher title counts from now on."),
    )  # fmt: skip


@shell.managed
@deeds.forms_page
def qualification_refuse(request: HttpRequest, public_id: UUID, qualification_id: UUID) -> HttpResponse:
    by, person = shell.person_of(request), kept(request, public_id)
    row = one_of(person.qualifications.all(), public_id=qualification_id)
    back = row.state == QualificationState.CONFIRMED
    heading = _("Take back the confirmation of “%(name)s”") if back else _("Do not confirm “%(name)s”")
    form = f.RefusalForm(deeds.data(request))
    return asked(
        request, person, heading=heading % {"name": row.value_text}, submit=_("Refuse it"), form=form, danger=True,
        deed=lambda: qualifications.refuse(by=by, qualification=row, **form.cleaned_data),
        done=_("It is not confirmed, and the person was told why."),
    )  # fmt: skip


@shell.managed
@deeds.forms_page
def membership_new(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by, person = shell.person_of(request), kept(request, public_id)
    form = f.JoinForm(deeds.data(request), branches=directory.branches_for(by))
    return asked(
        request, person, heading=_("Join a branch"), submit=_("Enter"), form=form,
        deed=lambda: memberships.join(by=by, person=person, **form.cleaned_data), done=_("The membership is entered."),
    )  # fmt: skip


@shell.managed
@deeds.forms_page
def membership_end(request: HttpRequest, public_id: UUID, pk: int) -> HttpResponse:
    by, person = shell.person_of(request), kept(request, public_id)
    row = one_of(person.memberships.select_related("person", "branch"), pk=pk)
    form = f.EndForm(deeds.data(request))
    return asked(
        request, person, heading=_("End the membership in %(branch)s") % {"branch": row.branch}, submit=_("End it"),
        form=form, deed=lambda: memberships.leave(by=by, membership=row, **form.cleaned_data),
        done=_("The membership ends on that day."),
    )  # fmt: skip
