"""Questions and their revisions. A revision never changes: every change of wording or key makes the next one."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from wagtail.images import get_image_model

from cms.shared.errors import Conflict, InvalidInput
from organisations import audit
from organisations.models import Person
from quizzes import grading, selectors
from quizzes.enums import FAMILIES, GROUPS, LOCKING, SEVERAL, QuestionType
from quizzes.models import Bank, Question, QuestionImage, QuestionRevision
from quizzes.services import materials

MAX_ITEMS = 20
MAX_POINTS = Decimal(100)
MAX_ALT = 300


class InvalidQuestion(InvalidInput):
    """`field` names what is wrong: type, stem, options, items, answer, settings, points, difficulty; `item` where."""

    code = "invalid_question"
    message = _("This question cannot be used. Please correct it.")

    def __init__(self, message: Any, *, field: str, **params: Any) -> None:
        super().__init__(message, field=field, **params)


class ImportRefused(InvalidInput):
    """Nothing was imported. `params["rows"]` lists {row, code, field, message} for every row that is wrong."""

    code = "import_refused"
    message = _("Nothing was imported: %(count)s rows cannot be used. Correct them and import again.")


class CodeTaken(Conflict):
    code = "question_code_taken"
    message = _("This bank already has a question %(question)s. Choose another code.")


@dataclass(frozen=True)
class ItemDraft:
    """One thing to answer. `options` are texts in order (A, B, …); `key` is what is right, as its type writes it.

    `id` is the item of the current revision that it goes on, "" for a new one.
    """

    key: Any
    options: tuple[str, ...] = ()
    stem: str = ""
    reveal: str = ""
    explanation: str = ""
    points: Decimal = Decimal(1)
    settings: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""


@dataclass(frozen=True)
class ImageDraft:
    """A picture (primary key in the library) of the case, or of the item in place `item`, counted from 0."""

    image: int
    alt: str
    item: int | None = None


@dataclass(frozen=True)
class Draft:
    """The wording of a question: one item without a stem, or several about `stem` for a group.

    `options` are those that the items of a B1 group share. `images` None leaves the pictures as they are.
    """

    type: str
    stem: str
    items: tuple[ItemDraft, ...]
    options: tuple[str, ...] = ()
    difficulty: int = 2
    source: str = ""
    licence: str = ""
    images: tuple[ImageDraft, ...] | None = None


def single(
    *, type: str, stem: str, options: Sequence[str] = (), answer: Any = "", explanation: str = "",
    points: Decimal = Decimal(1), settings: Mapping[str, Any] | None = None, **rest: Any,
) -> Draft:  # fmt: skip
    """The draft of a question that is no group. `rest`: difficulty, source, licence."""
    item = ItemDraft(
        key=answer, options=tuple(options), explanation=explanation, points=points, settings=settings or {}
    )
    return Draft(type=type, stem=stem, items=(item,), **rest)


def checked(draft: Draft) -> Draft:
    """`draft` with its texts stripped and its keys in order. Raises InvalidQuestion on the first wrong field."""
    if draft.type not in set(QuestionType):
        raise InvalidQuestion(_("This type of question is not known here."), field="type")
    is_group = draft.type in GROUPS
    # What a B1 group shares are its options; the others need words.
    if not draft.stem.strip() and draft.type != QuestionType.B1:
        raise InvalidQuestion(_("Please write the question itself."), field="stem")
    if is_group and not 1 <= len(draft.items) <= MAX_ITEMS:
        raise InvalidQuestion(_("A group needs between 1 and 20 questions."), field="items")
    if not is_group and len(draft.items) != 1:
        raise InvalidQuestion(_("A question of this type has one part."), field="items")
    shared = _options(draft.type, draft.options) if draft.type == QuestionType.B1 else ()
    items = tuple(_item(draft.type, item, shared, number) for number, item in enumerate(draft.items, 1))
    if not 1 <= draft.difficulty <= 5:
        raise InvalidQuestion(_("Difficulty is a number from 1 (easy) to 5 (hard)."), field="difficulty")
    return replace(
        draft,
        stem=draft.stem.strip(),
        source=draft.source.strip(),
        licence=draft.licence.strip(),
        options=shared,
        items=items,
        images=_images(draft),
    )


def _images(draft: Draft) -> tuple[ImageDraft, ...] | None:
    if draft.images is None:
        return None
    images = []
    for number, image in enumerate(draft.images, 1):
        alt = image.alt.strip()
        if not alt:
            raise InvalidQuestion(
                _("Describe the picture for those who do not see it, without giving the answer away."),
                field="images", image=number,
            )  # fmt: skip
        if len(alt) > MAX_ALT or (image.item is not None and not 0 <= image.item < len(draft.items)):
            raise InvalidQuestion(_("This picture belongs to no part of the question."), field="images", image=number)
        # A question without parts has its pictures to itself.
        images.append(replace(image, alt=alt, item=image.item if draft.type in GROUPS else None))
    return tuple(images)


def _options(type: str, texts: Sequence[str], **where: int) -> tuple[str, ...]:
    kind, options = grading.KINDS[type], tuple(str(text).strip() for text in texts)
    if not kind.min_options <= len(options) <= kind.max_options:
        raise InvalidQuestion(
            _("A question of this type has between %(fewest)s and %(most)s options."),
            field="options", fewest=kind.min_options, most=kind.max_options, **where,
        )  # fmt: skip
    if "" in options:
        raise InvalidQuestion(
            _("An option is empty. Fill the options from A on, without a gap."), field="options", **where
        )
    if len(set(options)) != len(options):
        raise InvalidQuestion(_("Two options read the same."), field="options", **where)
    return options


def _item(type: str, item: ItemDraft, shared: tuple[str, ...], number: int) -> ItemDraft:
    if type in GROUPS and not item.stem.strip():
        raise InvalidQuestion(_("Please write the question itself."), field="stem", item=number)
    # The two words of true and false are the interface's; B1 has its options in common.
    bare = type in (QuestionType.TRUE_FALSE, QuestionType.B1)
    options = () if bare else _options(type, item.options, item=number)
    keys = "AB" if type == QuestionType.TRUE_FALSE else grading.LETTERS[: len(shared or options)]
    if not Decimal(0) < item.points <= MAX_POINTS:
        raise InvalidQuestion(_("Points must be more than 0 and at most 100."), field="points", item=number)
    key = item.key.strip().upper() if isinstance(item.key, str) else item.key
    asked = grading.Item(id=item.id, type=type, key=key, points=item.points, keys=keys, settings=item.settings)
    try:
        written = grading.check_item(type, asked)
    except grading.InvalidItem as error:
        raise _refusal(type, keys, error, number) from error
    return replace(
        item,
        stem=item.stem.strip() if type in GROUPS else "",
        reveal=item.reveal.strip() if type in LOCKING else "",
        explanation=item.explanation.strip(),
        options=options,
        key=written.key,
        settings=dict(written.settings),
    )


# What is wrong with a part of a question that is more than a letter or a text.
FAULTS = {
    grading.Fault.MISSING: _("“%(path)s” is missing."),
    grading.Fault.WRONG_TYPE: _("“%(path)s” is not written as it must be."),
    grading.Fault.EMPTY: _("“%(path)s” is empty."),
    grading.Fault.TOO_LONG: _("“%(path)s” is too long."),
    grading.Fault.TOO_FEW: _("“%(path)s” has too few parts."),
    grading.Fault.TOO_MANY: _("“%(path)s” has too many parts."),
    grading.Fault.TWICE: _("“%(path)s” names something twice."),
    grading.Fault.UNKNOWN: _("“%(path)s” names something that is not known."),
    grading.Fault.NOT_A_NUMBER: _("“%(path)s” is not a number."),
    grading.Fault.OUT_OF_RANGE: _("“%(path)s” is out of range."),
    grading.Fault.DISAGREES: _("“%(path)s” does not fit the rest of the question."),
}


def _refusal(type: str, keys: str, error: grading.InvalidItem, number: int) -> InvalidQuestion:
    """The refusal of an item, by the name that its form has for the field."""
    field, _dot, _rest = error.field.partition(".")
    message = FAULTS[error.fault]
    if field == "key" and FAMILIES[QuestionType(type)] == "choice":
        message = (
            _("An X question needs at least two right options, each one of %(keys)s.")
            if type == QuestionType.X
            else _("Name the right options, each one of %(keys)s.")
            if type in SEVERAL
            else _("Name exactly one right option, one of %(keys)s.")
        )
    name = "answer" if field == "key" else field
    return InvalidQuestion(message, field=name, item=number, keys=keys, path=error.field, fault=str(error.fault))


def draft_of(revision: QuestionRevision) -> Draft:
    """The wording of `revision` as a draft, to change and hand to `revise_question`."""
    places = {item["id"]: place for place, item in enumerate(revision.items)}
    images = (
        # Of a question without parts, its only item and the question are the same.
        ImageDraft(row.image_id, row.alt, places.get(str(row.item)) if revision.is_group else None)
        for row in sorted(revision.images.all(), key=lambda row: (row.position, row.pk))
    )
    return Draft(
        type=revision.type,
        stem=revision.stem,
        options=tuple(revision.options),
        items=tuple(
            ItemDraft(
                key=item["key"],
                options=tuple(item["options"]),
                stem=item["stem"],
                reveal=item["reveal"],
                explanation=item["explanation"],
                points=Decimal(item["points"]),
                settings=item["settings"],
                id=item["id"],
            )
            for item in revision.items
        ),
        difficulty=revision.difficulty,
        source=revision.source,
        licence=revision.licence,
        images=tuple(images),
    )


def preview(draft: Draft, *, is_reviewed: bool = False, with_key: bool = False) -> selectors.GroupView:
    """The question as its learner would see it: all its items, without what is right, or with it for authors."""
    pictures = get_image_model().objects.in_bulk([image.image for image in draft.images or ()])
    images: dict[int | None, list[selectors.ImageView]] = {}
    for image in draft.images or ():
        picture = pictures.get(image.image)
        if picture is not None:
            url = picture.get_rendition(selectors.PICTURE).url
            views = images.setdefault(image.item, [])
            views.append(selectors.ImageView(picture.pk, image.alt, picture.width, picture.height, url))
    group = {
        "type": draft.type,
        "stem": draft.stem,
        "options": materials.options_of(draft.type, draft.options),
        "locks": draft.type in LOCKING and len(draft.items) > 1,
        "items": [{**_stored(item), "options": materials.options_of(draft.type, item.options)} for item in draft.items],
    }
    return selectors.preview(group, is_reviewed=is_reviewed, images=images, with_key=with_key)


@transaction.atomic
def create_question(*, by: Person | None, bank: Bank, code: str, draft: Draft, subject: str = "") -> Question:
    """A new question with its first revision. Raises InvalidQuestion, CodeTaken."""
    draft = checked(draft)
    try:
        with transaction.atomic():
            question = Question.objects.create(bank=bank, code=code, subject=subject)
    except IntegrityError as error:
        raise CodeTaken(question=code) from error
    _revise(by=by, question=question, draft=_identified(draft, question))
    audit.record(by=by, verb="question_created", target=question, after={"code": code, "revision": 1})
    return question


@transaction.atomic
def revise_question(*, by: Person | None, question: Question, draft: Draft, subject: str | None = None) -> Question:
    """Give `question` the wording `draft`; no new revision if nothing changed.

    Raises InvalidQuestion, and Conflict if somebody else revised it since `question` was read.
    """
    current = question.current
    draft = _identified(checked(draft), question)
    if subject is not None and subject != question.subject:
        question.subject = subject
        question.save(update_fields=["subject"])
    if current is not None and draft.images is None:
        draft = replace(draft, images=_carried(draft_of(current), draft))
    if current is not None and draft_of(current) == draft:
        return question
    before = current.number if current else 0
    _revise(by=by, question=question, draft=draft)
    audit.record(
        by=by,
        verb="question_revised",
        target=question,
        before={"revision": before},
        after={"revision": before + 1},
    )
    return question


def is_unchanged(*, question: Question, draft: Draft) -> bool:
    """Whether `draft`, which is checked, says what the current revision says."""
    return question.current is not None and draft_of(question.current) == _identified(draft, question)


def _carried(before: Draft, draft: Draft) -> tuple[ImageDraft, ...]:
    """The pictures as they are, each with its item; that of an item which is gone goes too."""
    places = {item.id: place for place, item in enumerate(draft.items)}
    ids = [item.id for item in before.items]
    moved = [
        image if image.item is None else replace(image, item=places.get(ids[image.item], -1))
        for image in before.images or ()
    ]
    return tuple(image for image in moved if image.item != -1)


def _identified(draft: Draft, question: Question) -> Draft:
    """`draft` with an id for every item: its own, else that of the item in its place, else a new one.

    The first item of a new question has the question's own id.
    """
    known = [item["id"] for item in question.current.items] if question.current else [str(question.public_id)]
    named = {item.id for item in draft.items if item.id in known}
    items = []
    for place, item in enumerate(draft.items):
        if item.id not in known:
            free = place < len(known) and known[place] not in named
            item = replace(item, id=known[place] if free else str(uuid.uuid4()))
        items.append(item)
    return replace(draft, items=tuple(items))


def _stored(item: ItemDraft) -> dict[str, Any]:
    return {**asdict(item), "options": list(item.options), "points": str(item.points)}


def _revise(*, by: Person | None, question: Question, draft: Draft) -> None:
    """Append the next revision and make it the current one, by compare-and-set on the current one."""
    current = question.current
    try:
        with transaction.atomic():
            revision = QuestionRevision.objects.create(
                question=question,
                number=current.number + 1 if current else 1,
                created_by=by,
                type=draft.type,
                stem=draft.stem,
                options=list(draft.options),
                items=[_stored(item) for item in draft.items],
                difficulty=draft.difficulty,
                source=draft.source,
                licence=draft.licence,
            )
    except IntegrityError as error:
        raise Conflict() from error
    QuestionImage.objects.bulk_create(
        QuestionImage(
            revision=revision,
            image_id=image.image,
            item=None if image.item is None else draft.items[image.item].id,
            alt=image.alt,
            position=position,
        )
        for position, image in enumerate(draft.images or ())
    )
    words = words_of(revision)
    if Question.objects.filter(pk=question.pk, current=current).update(current=revision, words=words) != 1:
        raise Conflict()
    question.current, question.words = revision, words


def words_of(revision: QuestionRevision) -> str:
    """What a search finds a question by: the words of its case and of its items."""
    return "\n".join(text for text in (revision.stem, *(item["stem"] for item in revision.items)) if text)


@transaction.atomic
def import_questions(*, by: Person | None, bank: Bank, items: Sequence[Mapping[str, Any]]) -> list[Question]:
    """Create or revise one question for every item {id, type, stem, options, answer, explanation, subject, …}.

    A group has `items` of its own ({stem, reveal, options, answer, explanation, score}), B1 also `shared_options`.
    `id` becomes the code; difficulty and score may be missing. A question that is there already gets a new revision
    if its wording differs. Returns the questions in the order of `items`. Raises ImportRefused, and imports nothing,
    if any row is wrong.
    """
    rows: list[tuple[str, str, Draft]] = []
    faults: list[dict[str, Any]] = []
    seen: set[str] = set()
    for number, item in enumerate(items, start=1):
        code = str(item.get("id", "")).strip()
        try:
            if not code or len(code) > 40 or code in seen:
                raise InvalidQuestion(_("Every row needs an id of its own, at most 40 characters."), field="id")
            seen.add(code)
            rows.append((code, str(item.get("subject") or ""), checked(_draft_from(item))))
        except InvalidQuestion as error:
            faults.append({"row": number, "code": code, "field": error.params["field"], "message": str(error)})
    if faults:
        raise ImportRefused(count=len(faults), rows=faults)
    present = {
        question.code: question
        for question in Question.objects.filter(bank=bank, code__in=seen).select_related("current")
    }
    return [
        revise_question(by=by, question=present[code], draft=draft, subject=subject)
        if code in present
        else create_question(by=by, bank=bank, code=code, draft=draft, subject=subject)
        for code, subject, draft in rows
    ]


def _draft_from(row: Mapping[str, Any]) -> Draft:
    """A row as the banks write it: a single question, or a group with `items` and, for B1, `shared_options`."""
    type = str(row.get("type", ""))
    try:
        difficulty = int(row.get("difficulty") or 2)
    except (ValueError, TypeError) as error:
        raise InvalidQuestion(_("Score and difficulty must be numbers."), field="difficulty") from error
    parts = row.get("items") if type in GROUPS else [{**row, "stem": ""}]
    if not isinstance(parts, list | tuple) or not all(isinstance(part, Mapping) for part in parts):
        raise InvalidQuestion(_("A group needs between 1 and 20 questions."), field="items")
    return Draft(
        type=type,
        stem=str(row.get("stem") or ""),
        options=_texts(row.get("shared_options")),
        items=tuple(_item_from(part) for part in parts),
        difficulty=difficulty,
        source=str(row.get("source") or ""),
        licence=str(row.get("licence") or ""),
    )


def _item_from(part: Mapping[str, Any]) -> ItemDraft:
    try:
        points = Decimal(str(part.get("score") or 1))
    except InvalidOperation as error:
        raise InvalidQuestion(_("Score and difficulty must be numbers."), field="points") from error
    settings = part.get("settings") or {}
    if not isinstance(settings, Mapping):
        raise InvalidQuestion(_("The settings must be an object."), field="settings")
    return ItemDraft(
        key=part.get("answer") or "",
        options=_texts(part.get("options")),
        stem=str(part.get("stem") or ""),
        reveal=str(part.get("reveal") or ""),
        explanation=str(part.get("explanation") or ""),
        points=points,
        settings=settings,
    )


def _texts(value: Any) -> tuple[str, ...]:
    if value is not None and not isinstance(value, list | tuple):
        raise InvalidQuestion(_("The options must be a list of texts."), field="options")
    return tuple(str(text) for text in value or ())
