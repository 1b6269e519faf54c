from django.utils.translation import gettext_lazy as _
from wagtail.snippets.blocks import SnippetChooserBlock

from cms.shared.blocks import TextStreamBlock


class LessonStreamBlock(TextStreamBlock):
    """A lesson's content: the textbook blocks, at most one lecture and one quiz."""

    lecture = SnippetChooserBlock(
        "media_pipeline.Lecture", label=_("Lecture"), icon="media", template="courses/blocks/lecture.html"
    )
    quiz = SnippetChooserBlock("quizzes.Quiz", label=_("Quiz"), icon="form", template="courses/blocks/quiz.html")

    class Meta:
        block_counts = {"lecture": {"max_num": 1}, "quiz": {"max_num": 1}}
