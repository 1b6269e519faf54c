"""What people study: the catalogue, courses and their lessons, as Wagtail pages.

Pages hold content only. What a visitor or a learner is shown around it comes from the views, which `wagtail_hooks`
puts in front of these pages; a preview shows the content alone.
"""

from typing import Any, ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, HelpPanel, MultiFieldPanel
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Page

from courses.blocks import LessonStreamBlock
from courses.enums import LessonKind, Modality
from courses.forms import LessonPageForm


class CourseIndexPage(Page):
    """The catalogue."""

    introduction = RichTextField(_("introduction"), blank=True, features=["bold", "italic", "link"])

    content_panels: ClassVar = [*Page.content_panels, FieldPanel("introduction")]
    parent_page_types: ClassVar = ["home.HomePage"]
    subpage_types: ClassVar = ["courses.CoursePage", "courses.QuizPage"]
    template = "courses/course_index_page.html"

    class Meta:
        verbose_name = _("catalogue")


class CoursePage(Page):
    """A course: a row of lessons. Its translations share `translation_key`, and so do enrolments."""

    code = models.CharField(
        _("code"), max_length=20, blank=True, help_text=_("A short name for lists and exports, such as C4.")
    )
    summary = models.CharField(
        _("summary"), max_length=300, help_text=_("One or two sentences; the catalogue shows them.")
    )
    audience = models.CharField(_("for whom"), max_length=200, blank=True)
    objectives = RichTextField(
        _("learning objectives"),
        blank=True,
        features=["ul", "ol", "bold"],
        help_text=_("What a learner can do afterwards, so that it can be checked."),
    )
    modality = models.CharField(_("modality"), max_length=4, choices=Modality, default=Modality.GENERAL)
    cover = models.ForeignKey(
        "wagtailimages.Image",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("cover"),
        help_text=_("Wide picture without text. Never a patient's image."),
    )
    is_demo = models.BooleanField(default=False, editable=False)

    content_panels: ClassVar = [
        HelpPanel(
            content=_(
                "A course is finished when every published lesson below it is complete. Lessons follow in the order of "
                "the page list. When and on what basis the course grants credit is said by an offer "
                "(menu: Offers); without an open offer nobody can enrol."
            ),
            heading=_("How a course works"),
        ),
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
    """One lesson. `minutes` is the planned length; what is granted is what was really taught and watched.

    `lecture` and `quiz` are those of the body, kept in step with it at every save, so that they can be asked for.
    """

    kind = models.CharField(
        _("kind"),
        max_length=8,
        choices=LessonKind,
        default=LessonKind.LECTURE,
        help_text=_("Decides when the lesson is complete: watched, confirmed as read, passed, or signed off."),
    )
    minutes = models.PositiveIntegerField(
        _("planned minutes"),
        default=0,
        validators=[MinValueValidator(0)],
        help_text=_("The most that can be counted. What counts is the time really watched, read or taught."),
    )
    body = StreamField(LessonStreamBlock(), verbose_name=_("content"), blank=True)
    lecture = models.ForeignKey(
        "media_pipeline.Lecture", on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    quiz = models.ForeignKey("quizzes.Quiz", on_delete=models.PROTECT, null=True, editable=False, related_name="+")

    content_panels: ClassVar = [
        HelpPanel(
            content=_(
                "A lecture lesson needs a lecture in its content, a quiz lesson a quiz. A reading lesson is confirmed "
                "by the learner; an on-site part stays open until a lecturer, a branch secretary or a unit credit "
                "administrator signs it off. Publishing keeps the content for ever; later edits never undo what "
                "somebody completed."
            ),
            heading=_("How a lesson works"),
        ),
        *Page.content_panels,
        MultiFieldPanel([FieldPanel("kind"), FieldPanel("minutes")], heading=_("Lesson")),
        FieldPanel("body"),
    ]
    base_form_class = LessonPageForm
    parent_page_types: ClassVar = ["courses.CoursePage"]
    subpage_types: ClassVar[list[str]] = []
    template = "courses/lesson_page.html"

    class Meta:
        verbose_name = _("lesson")

    def save(self, *args: Any, **kwargs: Any) -> Any:
        self.lecture = self.first_of("lecture")
        self.quiz = self.first_of("quiz")
        return super().save(*args, **kwargs)

    def take_engines_from_body(self) -> None:
        """Fill `lecture` and `quiz` from the body, which is read anyway, so that nobody asks for them again."""
        for name in ("lecture", "quiz"):
            value = self.first_of(name)
            if value is not None and value.pk == getattr(self, f"{name}_id"):
                setattr(self, name, value)

    def first_of(self, block_type: str) -> Any:
        """The value of the first block of that type in the body, None if there is none."""
        return next((block.value for block in self.body if block.block_type == block_type), None)

    def get_preview_context(self, request: HttpRequest, mode_name: str) -> dict[str, Any]:
        return {**self.get_context(request), "is_preview": True}
