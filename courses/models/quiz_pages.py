"""A quiz on a page of its own, and where a person stands with it."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, HelpPanel, MultiFieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page

from courses.enums import Modality, QuizAccess
from courses.forms import QuizPageForm
from courses.models.pages import CoursePage
from courses.querysets import QuizProgressQuerySet
from organisations.models import Node
from quizzes.models import Quiz
from quizzes.selectors import announcement


class QuizPage(Page):
    """A quiz of the catalogue. Translations share `translation_key`, and so does what people did there.

    It has no offer, and so no ground for credit: passing it is recorded and grants none.
    """

    summary = models.CharField(
        _("summary"), max_length=300, help_text=_("One or two sentences; the catalogue shows them.")
    )
    introduction = RichTextField(
        _("introduction"), blank=True, features=["h2", "h3", "ul", "ol", "bold", "italic", "link"]
    )
    modality = models.CharField(_("modality"), max_length=4, choices=Modality, default=Modality.GENERAL)
    quiz = models.ForeignKey(
        Quiz, on_delete=models.PROTECT, null=True, blank=True, related_name="pages", verbose_name=_("quiz")
    )
    access = models.CharField(_("who may open it"), max_length=8, choices=QuizAccess, default=QuizAccess.MEMBERS)
    course = models.ForeignKey(
        CoursePage, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("course")
    )
    unit = models.ForeignKey(
        Node, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("unit")
    )
    is_demo = models.BooleanField(default=False, editable=False)

    content_panels: ClassVar = [
        HelpPanel(
            content=_(
                "The page shows its learner what the quiz asks for, starts and resumes attempts and lists their "
                "results. Passing it is recorded; it grants no credit. A quiz that is to count towards credit belongs "
                "into a lesson of a course with an offer. Once somebody has opened the quiz here it can no longer be "
                "exchanged: make a new page for another one."
            ),
            heading=_("How a quiz page works"),
        ),
        *Page.content_panels,
        FieldPanel("summary"),
        FieldPanel("introduction"),
        FieldPanel("modality"),
        FieldPanel("quiz"),
        MultiFieldPanel([FieldPanel("access"), FieldPanel("course"), FieldPanel("unit")], heading=_("Who may open it")),
    ]
    base_form_class = QuizPageForm
    parent_page_types: ClassVar = ["courses.CourseIndexPage"]
    subpage_types: ClassVar[list[str]] = []
    template = "courses/quiz_page.html"

    class Meta:
        verbose_name = _("quiz page")
        constraints = [
            models.CheckConstraint(
                name="quiz_page_names_who_may_open",
                condition=Q(access="members", course__isnull=True, unit__isnull=True)
                | Q(access="course", unit__isnull=True)
                | Q(access="unit", course__isnull=True),
            ),
        ]

    def get_preview_context(self, request: HttpRequest, mode_name: str) -> dict[str, Any]:
        """What the quiz asks for, as it is saved; nothing of its questions."""
        told = announcement(self.quiz) if self.quiz is not None else None
        return {**self.get_context(request), "told": told, "is_preview": True}


class QuizProgress(models.Model):
    """A person's place in a quiz page. `public_id` is the context under which the attempts are opened.

    What was passed is copied, so that later edits of the page never undo it; `attempt_id_copy` names the attempt.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="quiz_progress")
    page_key = models.UUIDField()
    opened_at = models.DateTimeField(default=timezone.now)
    page_id_copy = models.BigIntegerField()
    title = models.CharField(max_length=255)
    passed_at = models.DateTimeField(null=True)
    attempt_id_copy = models.UUIDField(null=True)
    revision_id_copy = models.BigIntegerField(null=True)
    content_sha256 = models.CharField(max_length=64, blank=True)
    evidence = models.JSONField(default=list, help_text="[{kind, sha256}, …]")

    objects = QuizProgressQuerySet.as_manager()

    class Meta:
        verbose_name = _("place in a quiz page")
        constraints = [models.UniqueConstraint(name="quiz_progress_once", fields=["person", "page_key"])]

    def __str__(self) -> str:
        return f"{self.person} · {self.title}"
