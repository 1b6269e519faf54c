"""Wagtail: which view serves a page, and the admin's offers."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.tables import BooleanColumn, Column
from wagtail.models import Page
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet

from courses.forms import OfferForm, RecognitionForm
from courses.models import Offer, Recognition
from courses.views import PAGE_VIEWS


@hooks.register("on_serve_page", order=100)
def serve_by_view(following: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A course's pages are served by our views; every other page by itself. Previews do not come here."""

    def serve(page: Page, request: HttpRequest, args: Any, kwargs: Any) -> HttpResponseBase:
        view = PAGE_VIEWS.get(type(page))
        return view(request, page) if view else following(page, request, args, kwargs)

    return serve


OFFER_PANELS = [
    HelpPanel(
        content=_(
            "An offer says on what ground a course may grant credit: an accredited project with its published number, "
            "an in-house activity of a unit, or none. Without a ground the course records hours and a certificate of "
            "study, and says so before anybody enrols. What is granted never exceeds what was really taught and "
            "watched."
        )
    ),
    FieldPanel("course"),
    MultiFieldPanel(
        [FieldPanel("basis"), FieldPanel("project"), FieldPanel("in_house_unit")], heading=_("Ground for credit")
    ),
    MultiFieldPanel([FieldPanel("rule_set_id"), FieldPanel("activity_type")], heading=_("Rules")),
    FieldRowPanel([FieldPanel("begins"), FieldPanel("ends")], heading=_("Days")),
    MultiFieldPanel(
        [
            FieldPanel("watch_threshold"),
            FieldPanel("max_speed"),
            FieldPanel("background_play"),
            FieldPanel("attention_minutes"),
        ],
        heading=_("How lectures count"),
    ),
]


class OfferViewSet(SnippetViewSet):
    model = Offer
    icon = "date"
    menu_label = _("Offers")
    menu_order = 210
    add_to_admin_menu = True
    list_display = (
        "course",
        "basis",
        Column("rule_set_title", label=_("Rules"), sort_key="rule_set_id"),
        "begins",
        "ends",
        BooleanColumn("is_demo", label=_("Demonstration")),
    )
    list_filter = ("basis", "is_demo")
    list_per_page = 50
    ordering = ("-begins", "-pk")
    search_fields = ("course__title", "project__number")
    edit_handler = ObjectList(OFFER_PANELS, base_form_class=OfferForm)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Offer]:
        return Offer.objects.select_related("course").with_rule_set_title(get_language() or "")


register_snippet(OfferViewSet)


class RecognitionViewSet(SnippetViewSet):
    model = Recognition
    icon = "globe"
    menu_label = _("Further recognitions")
    menu_order = 211
    add_to_admin_menu = True
    list_display = ("offer", "rule_set_id", "approval_scheme", "approval_reference")
    list_per_page = 50
    search_fields = ("offer__course__title", "approval_reference")
    edit_handler = ObjectList(
        [
            HelpPanel(
                content=_(
                    "One activity may count under several rule sets. Whoever follows these rules gets an entry under "
                    "them too, beside the one under the offer's own rules. Where rules ask for an approval, an "
                    "activity without its reference does not count."
                )
            ),
            FieldPanel("offer"),
            MultiFieldPanel([FieldPanel("rule_set_id"), FieldPanel("activity_type")], heading=_("Rules")),
            FieldRowPanel([FieldPanel("approval_scheme"), FieldPanel("approval_reference")], heading=_("Approval")),
        ],
        base_form_class=RecognitionForm,
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Recognition]:
        return Recognition.objects.select_related("offer__course")


register_snippet(RecognitionViewSet)
