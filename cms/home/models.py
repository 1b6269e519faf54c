from typing import Any, ClassVar

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page
from wagtail.url_routing import RouteResult


class HomePage(Page):
    """The front page of one language."""

    lead = models.CharField(_("lead"), max_length=300, blank=True)
    body = RichTextField(_("text"), blank=True, features=["h2", "bold", "italic", "ul", "ol", "link"])

    content_panels: ClassVar = [*Page.content_panels, FieldPanel("lead"), FieldPanel("body")]
    parent_page_types: ClassVar = ["wagtailcore.Page"]
    max_count_per_parent = 2
    template = "home/home_page.html"

    class Meta:
        verbose_name = _("home page")

    def route(self, request: HttpRequest, path_components: list[str]) -> Any:
        """Find a page below by its whole address at once; level by level only what is no page's address."""
        address = "/".join([self.url_path.rstrip("/"), *path_components, ""])
        below = Page.objects.descendant_of(self).live().filter(url_path=address).first() if path_components else None
        return RouteResult(below.specific) if below else super().route(request, path_components)
