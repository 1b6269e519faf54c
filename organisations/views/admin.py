"""What Wagtail's admin needs of people: one's own settings, and the way to the pages of people and roles."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from wagtail.admin.views.account import AccountView as WagtailAccountView
from wagtail.admin.views.account import NameEmailSettingsPanel
from wagtail.admin.viewsets.base import ViewSet

from organisations.models import Person


class AccountView(WagtailAccountView):
    """Wagtail's page of one's own settings, without name and address: those have their own page."""

    def get_panels(self) -> list[Any]:
        return [panel for panel in super().get_panels() if not isinstance(panel, NameEmailSettingsPanel)]


def people(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """People have one list, which knows scopes; every address that Wagtail has for a list or a deed leads there."""
    return redirect("manage:people")


def new_person(request: HttpRequest) -> HttpResponse:
    return redirect("manage:person_new")


def person(request: HttpRequest, pk: int) -> HttpResponse:
    """Wagtail names people by key; their own page asks whether the reader may see them."""
    return redirect("manage:person", get_object_or_404(Person, pk=pk).public_id)


class PeopleElsewhere(ViewSet):
    """Wagtail's addresses of users, by the names under which its own pages look them up."""

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            path("", people, name="index"),
            path("new/", new_person, name="add"),
            path("edit/<int:pk>/", person, name="edit"),
            path("delete/<int:pk>/", person, name="delete"),
            path("usage/<int:pk>/", person, name="usage"),
            path("history/<int:pk>/", person, name="history"),
        ]
