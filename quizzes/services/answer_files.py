"""Files as answers: received for one item of one open attempt, kept privately, swept when nothing names them."""

import re
import unicodedata
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared.errors import DomainError, NotFound
from cms.shared.storage import delete_on_commit, files_below, private_key, private_storage
from organisations import audit
from organisations.deeds import Deed
from organisations.models import Person
from quizzes import selectors
from quizzes.enums import AttemptState, QuestionType
from quizzes.models import AnswerFile, Attempt
from quizzes.services import answer_contents
from quizzes.services.attempts import AttemptClosed, AttemptOverdue
from quizzes.services.marking_items import marked_items

logger = structlog.get_logger(__name__)

FOLDER = "answers"
# The newest file of an item and one before it are kept; the others go when the next one comes.
KEPT_AN_ITEM = 2
# How often one item may be answered with another file, and what a person's open attempts may hold together.
MOST_AN_ITEM = 20
MOST_BYTES_A_PERSON = 100 * 1024 * 1024
# No answer takes longer from its file to the event that names it.
ORPHAN_AGE = timedelta(days=1)
# Every sweep of a day looks at the attempts that were closed within this time.
LOOKED_AT = timedelta(days=60)
_NAME_LENGTH = 100


class TooManyFiles(DomainError):
    code, http_status = "too_many_answer_files", 409
    message = _("For this question %(most)s files were sent already. The last one counts; hand in the attempt.")


class NoRoomForFiles(DomainError):
    code, http_status = "no_room_for_answer_files", 409
    message = _("Your open attempts hold too many files. Submit one of them, then send this file again.")


def receive(*, person: Person, attempt_id: UUID, item: str, upload: Any) -> AnswerFile:
    """Store `upload` for an item of the person's open attempt. It is an answer only once an event names it.

    Raises NotFound, AttemptClosed, AttemptOverdue, EmptyFile, FileTooLarge, WrongFile, TooManyFiles, NoRoomForFiles.
    """
    settings = _settings_of(person, attempt_id, item)
    content = answer_contents.read(
        upload, types=answer_contents.allowed_types(settings), max_bytes=answer_contents.allowed_bytes(settings)
    )
    key = private_storage().save(private_key(FOLDER, content.extension), ContentFile(content.content))
    try:
        return _keep(person, attempt_id, item, content, key, clean_name(getattr(upload, "name", ""), content.extension))
    except BaseException:
        private_storage().delete(key)
        raise


@transaction.atomic
def _keep(
    person: Person, attempt_id: UUID, item: str, content: answer_contents.Content, key: str, name: str
) -> AnswerFile:
    attempt = Attempt.objects.select_for_update(of=("self",)).filter(public_id=attempt_id, person=person).first()
    if attempt is None:
        raise NotFound
    _check_open(attempt)
    sent = list(attempt.files.filter(item=item).order_by("-uploaded_at", "-pk"))
    if len(sent) >= MOST_AN_ITEM:
        raise TooManyFiles(most=MOST_AN_ITEM)
    named = str(attempt.answers.get(item, {}).get("value", ""))
    for old in sent[KEPT_AN_ITEM - 1 :]:
        if old.file and str(old.public_id) != named:
            _drop(old)
    open_files = AnswerFile.objects.filter(attempt__person=person, attempt__state=AttemptState.OPEN).exclude(file="")
    held = open_files.aggregate(total=Sum("size_bytes"))["total"] or 0
    if held + len(content.content) > MOST_BYTES_A_PERSON:
        raise NoRoomForFiles
    made = AnswerFile.objects.create(
        attempt=attempt,
        item=item,
        file=key,
        name=name,
        extension=content.extension,
        size_bytes=len(content.content),
        sha256=content.sha256,
    )
    audit.record(by=person, verb=Deed.ANSWER_FILE_SEND, target=made, after={"sha256": made.sha256})
    return made


def _settings_of(person: Person, attempt_id: UUID, item: str) -> dict[str, Any]:
    attempt = Attempt.objects.filter(public_id=attempt_id, person=person).first()
    if attempt is None:
        raise NotFound
    _check_open(attempt)
    for group, found in marked_items(attempt.paper):
        if group["type"] == QuestionType.FILE and found["id"] == item:
            return dict(found.get("settings") or {})
    raise NotFound


def _check_open(attempt: Attempt) -> None:
    if not attempt.is_open:
        raise AttemptClosed
    until = selectors.accepted_until(attempt)
    if until is not None and timezone.now() > until:
        raise AttemptOverdue


def _drop(file: AnswerFile) -> None:
    """The file goes, the row stays: it counts how often one was sent."""
    key = str(file.file.name)
    AnswerFile.objects.filter(pk=file.pk).update(file="", name="")
    delete_on_commit(key)


def clean_name(name: object, extension: str) -> str:
    """The learner's own name for the file, without folders, controls and anything that turns the text around."""
    text = unicodedata.normalize("NFC", str(name or "")).replace("\\", "/").rpartition("/")[2]
    kept = "".join(letter for letter in text if unicodedata.category(letter)[0] not in "CZ" or letter == " ")
    stem = re.sub(r'[<>:"|?*\s]+', " ", kept.rpartition(".")[0] or kept).strip(" .")[:_NAME_LENGTH]
    return f"{stem or 'answer'}.{extension}"


def own_file(*, person: Person, attempt_id: UUID, file_id: UUID) -> AnswerFile:
    """A file of the person's own attempt. Raises NotFound."""
    rows = AnswerFile.objects.filter(public_id=file_id, attempt__public_id=attempt_id, attempt__person=person)
    found = rows.exclude(file="").first()
    if found is None:
        raise NotFound
    return found


def sweep(*, now: datetime) -> int:
    """Delete files of closed attempts that no answer names, and stored files without a row; all a day old. How many.

    Called again, or at the same time, it finds what is left.
    """
    deleted = 0
    old = AnswerFile.objects.exclude(file="").filter(
        attempt__closed_at__lt=now - ORPHAN_AGE, attempt__closed_at__gt=now - LOOKED_AT
    )
    rows = old.select_related("attempt").only("file", "item", "public_id", "attempt__answers")
    for file in rows.iterator(chunk_size=500):
        if file.attempt.answers.get(file.item, {}).get("value") != str(file.public_id):
            with transaction.atomic():
                _drop(file)
            deleted += 1
    stored = [key for key, written_at in files_below(FOLDER) if written_at < now - ORPHAN_AGE]
    # Read after the list was made: what got its row meanwhile stays.
    named = set(AnswerFile.objects.exclude(file="").values_list("file", flat=True)) if stored else set()
    for key in stored:
        if key not in named:
            private_storage().delete(key)
            logger.warning("orphan_deleted", file=key)
            deleted += 1
    return deleted
