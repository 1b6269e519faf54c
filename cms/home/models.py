from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page


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
