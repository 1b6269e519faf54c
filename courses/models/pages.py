"""What people study: the catalogue, courses and their lessons, as Wagtail pages."""

from typing import ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Page

from courses.blocks import LessonStreamBlock
from courses.enums import LessonKind, Modality


class CourseIndexPage(Page):
    """The catalogue."""

    introduction = RichTextField(_("introduction"), blank=True, features=["bold", "italic", "link"])

    content_panels: ClassVar = [*Page.content_panels, FieldPanel("introduction")]
    parent_page_types: ClassVar = ["home.HomePage"]
    subpage_types: ClassVar = ["courses.CoursePage"]
    template = "courses/course_index_page.html"

    class Meta:
        verbose_name = _("catalogue")


class CoursePage(Page):
    """A course: a row of lessons. Its translations share `translation_key`, and so do enrolments."""

    code = models.CharField(_("code"), max_length=20, blank=True)
    summary = models.CharField(_("summary"), max_length=300)
    audience = models.CharField(_("for whom"), max_length=200, blank=True)
    objectives = RichTextField(_("learning objectives"), blank=True, features=["ul", "ol", "bold"])
    modality = models.CharField(_("modality"), max_length=4, choices=Modality, default=Modality.GENERAL)
    cover = models.ForeignKey(
        "wagtailimages.Image",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("cover"),
    )
    is_demo = models.BooleanField(default=False, editable=False)

    content_panels: ClassVar = [
        *Page.content_panels,
        FieldPanel("code"),
        FieldPanel("summary"),
        FieldPanel("audience"),
        FieldPanel("objectives"),
        FieldPanel("modality"),
        FieldPanel("cover"),
    ]
    parent_page_types: ClassVar = ["courses.CourseIndexPage"]
    subpage_types: ClassVar = ["courses.LessonPage"]
    template = "courses/course_page.html"

    class Meta:
        verbose_name = _("course")


class LessonPage(Page):
    """One lesson. `minutes` is the planned length; what is granted is what was really taught and watched."""

    kind = models.CharField(_("kind"), max_length=8, choices=LessonKind, default=LessonKind.LECTURE)
    minutes = models.PositiveIntegerField(_("planned minutes"), default=0, validators=[MinValueValidator(0)])
    body = StreamField(LessonStreamBlock(), verbose_name=_("content"), blank=True)

    content_panels: ClassVar = [
        *Page.content_panels,
        MultiFieldPanel([FieldPanel("kind"), FieldPanel("minutes")], heading=_("Lesson")),
        FieldPanel("body"),
    ]
    parent_page_types: ClassVar = ["courses.CoursePage"]
    subpage_types: ClassVar[list[str]] = []
    template = "courses/lesson_page.html"

    class Meta:
        verbose_name = _("lesson")
