"""Administrators' pages: people, role grants. They list and ask; services write."""

from functools import cached_property
from typing import Any

import django_filters
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import BooleanColumn, Column, DateColumn, TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.views.account import AccountView as WagtailAccountView
from wagtail.admin.views.account import NameEmailSettingsPanel
from wagtail.admin.viewsets.model import ModelViewSet

from cms.shared.errors import DomainError
from organisations.enums import Role
from organisations.models import Person, RoleGrant, StatePeriod
from organisations.selectors import in_force
from organisations.services import activation, people, roles
from organisations.views.admin_forms import EndGrantForm, NewGrantForm, NewPersonForm, PersonForm


class AccountView(WagtailAccountView):
    """Wagtail's page of one's own settings, without name and address: those have their own page."""

    def get_panels(self) -> list[Any]:
        return [panel for panel in super().get_panels() if not isinstance(panel, NameEmailSettingsPanel)]


class _SaysDomainErrors:
    """What a service refuses is said on the form."""

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            return super().form_valid(form)  # type: ignore[misc]
        except DomainError as error:
            form.add_error(None, str(error))
            self.produced_error_message = str(error)
            return self.form_invalid(form)  # type: ignore[attr-defined]


class _NeverDeletes(generic.DeleteView):
    """People and grants end; what names them stays."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        raise PermissionDenied


class PersonFilterSet(WagtailFilterSet):
    is_active = django_filters.BooleanFilter(label=gettext_lazy("Active"))
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"), choices=StatePeriod._meta.get_field("state").choices, method="by_state"
    )
    role = django_filters.ChoiceFilter(
        label=gettext_lazy("Role"), choices=Role.choices, field_name="role_grants__role", distinct=True
    )

    def by_state(self, queryset: QuerySet[Person], name: str, value: str) -> QuerySet[Person]:
        return queryset.filter(pk__in=StatePeriod.objects.filter(in_force(), state=value).values("person"))

    class Meta:
        model = Person
        fields: list[str] = []


class PersonIndexView(generic.IndexView):
    search_fields = ["name", "username"]
    page_title = gettext_lazy("People")
    add_item_label = gettext_lazy("Add a person")
    default_ordering = "username"
    paginate_by = 50

    @cached_property
    def columns(self) -> list[Any]:
        title = self._get_title_column_class(TitleColumn)
        return [
            title("name", label=pgettext_lazy("person", "Name"), accessor="name", get_url=self.get_edit_url),
            Column("username", label=gettext_lazy("User name"), sort_key="username"),
            Column("masked_phone", label=gettext_lazy("Mobile number")),
            Column("title", label=gettext_lazy("Professional title"), accessor="get_title_display"),
            BooleanColumn("is_active", label=gettext_lazy("Active"), sort_key="is_active"),
            DateColumn("last_login", label=gettext_lazy("Last sign-in"), sort_key="last_login"),
        ]

    def get_base_queryset(self) -> QuerySet[Person]:
        return Person.objects.all()

    def get_delete_url(self, instance: Person) -> None:
        return None


class PersonCreateView(_SaysDomainErrors, generic.CreateView):
    success_message = gettext_lazy("'%(object)s' was added. Now issue an activation code.")

    def save_instance(self) -> Person:
        data = self.form.cleaned_data
        by = self.request.user
        person = people.create_person(
            by=by, **{name: data[name] for name in ("username", "name", "phone", "email", "title")}
        )
        if data["unit"]:
            people.employ(by=by, person=person, unit=data["unit"], begins=data["begins"], department=data["department"])
        return person

    def get_success_url(self) -> str:
        return reverse("wagtailusers_users:edit", args=[self.object.pk])


class PersonEditView(_SaysDomainErrors, generic.EditView):
    template_name = "organisations/admin/person.html"
    can_delete = False  # whatever the permissions say
    success_message = gettext_lazy("'%(object)s' was updated.")

    def save_instance(self) -> Person:
        data = self.form.cleaned_data
        by, person = self.request.user, Person.objects.get(pk=self.object.pk)
        email = data.pop("email").lower()
        phone = data.pop("phone") or person.phone
        if (phone, email) != (person.phone, person.email or ""):
            people.change_contact(by=by, person=person, phone=phone, email=email)
        return people.change_details(by=by, person=person, **data)

    def get_delete_url(self) -> None:
        return None


class PersonViewSet(ModelViewSet):
    model = Person
    icon = "user"
    add_to_reference_index = False
    add_to_settings_menu = True
    menu_name = "people"
    menu_label = gettext_lazy("People")
    menu_order = 600
    filterset_class = PersonFilterSet
    index_view_class = PersonIndexView
    add_view_class = PersonCreateView
    edit_view_class = PersonEditView
    edit_template_name = "organisations/admin/person.html"
    delete_view_class = _NeverDeletes
    copy_view_enabled = False

    def get_form_class(self, for_update: bool = False) -> type[PersonForm] | type[NewPersonForm]:
        return PersonForm if for_update else NewPersonForm

    def get_urlpatterns(self) -> list[Any]:
        return [*super().get_urlpatterns(), path("<int:pk>/activation/", issue_code, name="activation")]


@require_POST
def issue_code(request: HttpRequest, pk: int) -> HttpResponse:
    """Issue an activation code and show it once."""
    by = request.user
    if not isinstance(by, Person) or not by.has_perm("organisations.change_person"):
        raise PermissionDenied
    person = get_object_or_404(Person, pk=pk)
    code = activation.spaced(activation.issue(by=by, person=person))
    text = _("Activation code of %(name)s, shown only now and valid for 30 days: %(code)s")
    messages.success(request, text % {"name": person.name, "code": code})
    return redirect("wagtailusers_users:edit", person.pk)


class GrantIndexView(generic.IndexView):
    page_title = gettext_lazy("Roles")
    add_item_label = gettext_lazy("Grant a role")
    default_ordering = "-begins"
    paginate_by = 50

    @cached_property
    def columns(self) -> list[Any]:
        title = self._get_title_column_class(TitleColumn)
        return [
            title("person", label=gettext_lazy("Person"), accessor="person", get_url=self.get_edit_url),
            Column("role", label=gettext_lazy("Role"), accessor="get_role_display", sort_key="role"),
            Column("node", label=gettext_lazy("Place")),
            DateColumn("begins", label=gettext_lazy("From"), sort_key="begins"),
            DateColumn("ends", label=gettext_lazy("Until"), sort_key="ends"),
        ]

    def get_base_queryset(self) -> QuerySet[RoleGrant]:
        return RoleGrant.objects.select_related("person", "node")

    def get_delete_url(self, instance: RoleGrant) -> None:
        return None


class GrantCreateView(_SaysDomainErrors, generic.CreateView):
    def save_instance(self) -> RoleGrant:
        data = self.form.cleaned_data
        return roles.grant_role(
            by=self.request.user,
            person=data["username"],
            role=Role(data["role"]),
            node=data["node"],
            begins=data["begins"],
            ends=data["ends"],
        )


class GrantEditView(_SaysDomainErrors, generic.EditView):
    can_delete = False

    def save_instance(self) -> RoleGrant:
        grant = RoleGrant.objects.select_related("person", "node").get(pk=self.object.pk)
        return roles.end_role(by=self.request.user, grant=grant, on=self.form.cleaned_data["ends"])

    def get_delete_url(self) -> None:
        return None


class GrantViewSet(ModelViewSet):
    model = RoleGrant
    name = "role_grants"
    url_prefix = "roles"
    icon = "group"
    add_to_reference_index = False
    add_to_settings_menu = True
    menu_label = gettext_lazy("Roles")
    menu_order = 610
    list_filter = ["role"]
    index_view_class = GrantIndexView
    add_view_class = GrantCreateView
    edit_view_class = GrantEditView
    delete_view_class = _NeverDeletes
    copy_view_enabled = False

    def get_form_class(self, for_update: bool = False) -> type[EndGrantForm] | type[NewGrantForm]:
        return EndGrantForm if for_update else NewGrantForm
