"""Published content is kept for ever: one row per page and content hash."""

from django.db import transaction

from courses.models import CoursePage, LessonPage, PublishedVersion, QuizPage
from courses.selectors.content import canonical_sha256, published_content


@transaction.atomic
def record_version(*, page: CoursePage | LessonPage | QuizPage) -> PublishedVersion:
    """The row of what `page` says now; made if nobody recorded just this content before."""
    content = published_content(page)
    version, _ = PublishedVersion.objects.get_or_create(
        page_id_copy=page.pk,
        content_sha256=canonical_sha256(content),
        defaults={
            "content_key": page.translation_key,
            "title": page.title,
            "revision_id_copy": page.live_revision_id,
            "content": content,
        },
    )
    return version
