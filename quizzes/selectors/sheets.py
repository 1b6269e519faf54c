"""A paper as somebody may see it. The key of a question leaves here only when the review is allowed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from cms.shared.errors import NotFound
from quizzes.enums import FAMILIES, GROUPS, SEVERAL, QuestionType, ReviewPolicy
from quizzes.models import AnswerFile, Attempt, QuestionImage
from quizzes.selectors.announcing import WayIn, way_in
from quizzes.selectors.attempts import (
    LARGE,
    WINDOW_GRACE,
    AttemptsSummary,
    Context,
    attempts_summary,
    cool_down_ends,
    ends_at,
    summarise,
)
from quizzes.selectors.by_people import ByPeople, Marked, by_people_of

# How pictures of questions are sent: no larger than a screen needs.
PICTURE = "max-1600x1600"


@dataclass(frozen=True)
class OptionView:
    """`is_right` is None while the review is not allowed."""

    key: str
    text: str
    is_chosen: bool
    is_right: bool | None


@dataclass(frozen=True)
class ImageView:
    """A picture of a question; `id` opens it through its attempt. Previews, which have none, know its `url`."""

    id: int
    alt: str
    width: int
    height: int
    url: str = ""


@dataclass(frozen=True)
class ItemView:
    """Something to answer, as its learner may see it now.

    `state` is open or locked; `may_advance` says that finishing it opens the next of its case. `mark`, `is_right`,
    `key` and `explanation` are None until the review is allowed; `mark` also while people have not marked it. `typed`
    are the fields of a posted form that made no answer, to be corrected. `file` is the one that was sent as the answer,
    `marked` what people say of a closed answer, `ruling` what a regrade said of it: given, omitted, key or scoring.
    """

    id: str
    position: int
    type: str
    stem: str
    reveal: str
    options: tuple[OptionView, ...]
    settings: Mapping[str, Any]
    points: Decimal
    value: str
    images: tuple[ImageView, ...] = ()
    state: str = "open"
    may_advance: bool = False
    mark: Decimal | None = None
    is_right: bool | None = None
    key: Any = None
    explanation: str | None = None
    typed: Mapping[str, str] | None = None
    file: AnswerFile | None = None
    marked: Marked | None = None
    ruling: str = ""

    @property
    def family(self) -> str:
        return FAMILIES[QuestionType(self.type)]

    @property
    def widget(self) -> str:
        """The template to answer it with."""
        return f"quizzes/widgets/{self.family}.html"

    @property
    def reviewed_widget(self) -> str:
        """The template that shows its answer, and what was right."""
        return f"quizzes/reviewed/{self.family}.html"

    @property
    def is_multiple(self) -> bool:
        return self.type in SEVERAL

    @property
    def is_open(self) -> bool:
        return self.state == "open"

    @property
    def chosen(self) -> tuple[OptionView, ...]:
        return tuple(option for option in self.options if option.is_chosen)


@dataclass(frozen=True)
class GroupView:
    """A question of a paper with its items; `unseen` of them are not open yet. `section` is an index."""

    section: int
    type: str
    stem: str
    options: tuple[OptionView, ...]
    images: tuple[ImageView, ...]
    locks: bool
    is_reviewed: bool
    items: tuple[ItemView, ...]
    unseen: int = 0

    @property
    def is_group(self) -> bool:
        return self.type in GROUPS

    @property
    def numbers(self) -> str:
        """The numbers of all its items, also of those that are not open yet: "4" or "4–6"."""
        begin, end = self.first.position, self.last.position + self.unseen
        return str(begin) if begin == end else f"{begin}–{end}"

    @property
    def first(self) -> ItemView:
        return self.items[0]

    @property
    def last(self) -> ItemView:
        return self.items[-1]


@dataclass(frozen=True)
class SectionView:
    """`state` is open, locked (left for good) or hidden (not opened yet); `may_finish`: leaving it opens the next."""

    number: int
    title: str
    state: str
    may_finish: bool
    groups: tuple[GroupView, ...]


@dataclass(frozen=True)
class Sheet:
    """An attempt as its learner may see it now.

    `ends_at` is the deadline with the grace granted so far, None without a time limit; `review_from` says when the
    review opens, if only time is missing. `total` counts all items, those not opened yet too.
    """

    attempt: Attempt
    now: datetime
    ends_at: datetime | None
    sections: tuple[SectionView, ...]
    total: int
    is_review_allowed: bool
    review_from: datetime | None
    summary: AttemptsSummary | None

    @property
    def groups(self) -> tuple[GroupView, ...]:
        return tuple(group for section in self.sections for group in section.groups)

    @property
    def items(self) -> tuple[ItemView, ...]:
        return tuple(item for group in self.groups for item in group.items)

    @property
    def answered(self) -> int:
        return sum(1 for item in self.items if item.value)

    @property
    def takes_files(self) -> bool:
        return any(item.type == QuestionType.FILE for item in self.items)

    @property
    def next_step(self) -> WayIn | None:
        """What the learner of a closed attempt can do next."""
        return None if self.summary is None else way_in(self.attempt.quiz, self.summary, now=self.now)

    @property
    def attempts_left(self) -> int:
        """0 also where there is no limit."""
        return 0 if self.summary is None else max(0, self.summary.allowed - self.summary.used)

    @property
    def unmarked(self) -> int:
        """How many items wait for people."""
        return 0 if self.attempt.is_open else self.total - len(self.attempt.marks)

    @property
    def percent(self) -> Decimal | None:
        return self.attempt.percent

    @property
    def pass_percent(self) -> Decimal:
        return self.attempt.pass_percent


def sheet(attempt: Attempt) -> Sheet:
    """No query while the attempt is open, at most one when it is closed (needs `attempt.quiz`); one more for files, two
    more for what people mark."""
    now = timezone.now()
    summary, allowed, review_from = None, False, None
    if not attempt.is_open:
        if attempt.is_only:
            summary = summarise([attempt], quiz=attempt.quiz, now=now)
        else:
            context = Context(attempt.context_kind, attempt.context_id)
            summary = attempts_summary(person=attempt.person, quiz=attempt.quiz, context=context)
        allowed, review_from = _review(attempt, summary, now)
    return Sheet(
        attempt=attempt,
        now=now,
        ends_at=ends_at(attempt),
        sections=_sections(attempt, review=allowed, by_people=by_people_of(attempt, with_marks=allowed)),
        total=sum(len(group["items"]) for group in attempt.paper["groups"]),
        is_review_allowed=allowed,
        review_from=review_from,
        summary=summary,
    )


def reviewable(attempts: Sequence[Attempt]) -> dict[int, tuple[bool, datetime | None]]:
    """Of one person's attempts (with their quizzes), by key: whether what was right may be shown, and from when on if
    only time is missing. One query."""
    if not attempts:
        return {}
    person, now = attempts[0].person_id, timezone.now()
    quizzes = {attempt.quiz_id for attempt in attempts}
    rows = Attempt.objects.filter(person=person, quiz__in=quizzes).defer(*LARGE).order_by("number")
    together: dict[tuple[int, str, str], list[Attempt]] = {}
    for row in rows:
        together.setdefault((row.quiz_id, row.context_kind, row.context_id), []).append(row)
    found = {}
    for attempt in attempts:
        others = together[attempt.quiz_id, attempt.context_kind, attempt.context_id]
        summary = summarise(others, quiz=attempt.quiz, now=now)
        found[attempt.pk] = (False, None) if attempt.is_open else _review(attempt, summary, now)
    return found


def _review(attempt: Attempt, summary: AttemptsSummary, now: datetime) -> tuple[bool, datetime | None]:
    policy, closes_at = attempt.quiz.review_policy, attempt.quiz.closes_at
    # An open attempt at the same quiz must not find its key in the result of an earlier one.
    if policy == ReviewPolicy.NEVER or summary.open_attempt is not None:
        return False, None
    if policy == ReviewPolicy.AFTER_WINDOW and (closes_at is None or now < closes_at + WINDOW_GRACE):
        return False, closes_at and closes_at + WINDOW_GRACE
    if policy == ReviewPolicy.WHEN_OVER and not (summary.is_passed or summary.is_used_up):
        return False, None
    waits_until = cool_down_ends(attempt, attempt.quiz)
    if waits_until and waits_until > now and not (summary.is_passed or summary.is_used_up):
        return False, waits_until
    return True, None


def _sections(attempt: Attempt, *, review: bool, by_people: ByPeople) -> tuple[SectionView, ...]:
    """What may be seen: while the attempt is open nothing of an item or a section that is not open yet."""
    paper, now_in = attempt.paper, attempt.opened.get("section", 0)
    groups: list[list[GroupView]] = [[] for _section in paper["sections"]]
    position = 0
    for index, group in enumerate(paper["groups"]):
        view = _group(attempt, group, index, position, review=review, by_people=by_people)
        position += len(group["items"])
        if view.items:
            groups[group["section"]].append(view)
    last = len(paper["sections"]) - 1
    return tuple(
        SectionView(
            number=index + 1,
            title=section["title"],
            state=_section_state(attempt, section["locks"], index - now_in),
            may_finish=attempt.is_open and section["locks"] and index == now_in and index < last,
            groups=tuple(groups[index]),
        )
        for index, section in enumerate(paper["sections"])
    )


def _section_state(attempt: Attempt, locks: bool, ahead: int) -> str:
    if not attempt.is_open:
        return "locked"
    if not locks or not ahead:
        return "open"
    return "hidden" if ahead > 0 else "locked"


def _group(
    attempt: Attempt, group: dict[str, Any], index: int, before: int, *, review: bool, by_people: ByPeople
) -> GroupView:
    items, is_group = seen_items(attempt, group, index), group["type"] in GROUPS
    images: dict[str | None, list[ImageView]] = {}
    for image in group["images"]:
        view = ImageView(image["id"], image["alt"], image["width"], image["height"])
        images.setdefault(image["item"], []).append(view)
    views = []
    for place, item in enumerate(items):
        state = "open" if attempt.is_open and item["id"] not in attempt.locked else "locked"
        is_newest = place + 1 == len(items) < len(group["items"])
        views.append(
            _item(
                attempt, group, item, before + place + 1,
                images=(*images.get(item["id"], ()), *(() if is_group else images.get(None, ()))),
                state=state,
                may_advance=group["locks"] and is_newest and state == "open",
                review=review, by_people=by_people,
            )
        )  # fmt: skip
    return GroupView(
        section=group["section"],
        type=group["type"],
        stem=group["stem"],
        options=tuple(OptionView(option["key"], option["text"], False, None) for option in group["options"]),
        images=tuple(images.get(None, ())) if is_group else (),
        locks=group["locks"],
        is_reviewed=group["is_reviewed"],
        items=tuple(views),
        unseen=len(group["items"]) - len(items),
    )


def closed_group(attempt: Attempt, index: int) -> GroupView:
    """The group of a closed attempt's paper with this index, with what was right, for those who keep the questions."""
    groups = attempt.paper["groups"]
    before = sum(len(group["items"]) for group in groups[:index])
    told = by_people_of(attempt, with_marks=True)
    return _group(attempt, groups[index], index, before, review=True, by_people=told)


def as_opened(group: Mapping[str, Any]) -> GroupView:
    """A group of a paper as its learner finds it when the attempt has just been opened, standing first in it."""
    attempt = Attempt(paper={"sections": [{"title": "", "locks": False}], "groups": [group]})
    return _group(attempt, dict(group), 0, 0, review=False, by_people=ByPeople())


def seen_items(attempt: Attempt, group: Mapping[str, Any], index: int) -> list[dict[str, Any]]:
    """The items of the paper's group with this index that its learner has before them; all of a closed attempt."""
    items: list[dict[str, Any]] = group["items"]
    if not attempt.is_open:
        return items
    if attempt.paper["sections"][group["section"]]["locks"] and group["section"] > attempt.opened.get("section", 0):
        return []
    return items[: attempt.opened.get("groups", {}).get(str(index), 1)] if group["locks"] else items


def _item(
    attempt: Attempt, group: dict[str, Any], item: dict[str, Any], position: int, *, images: tuple[ImageView, ...],
    state: str, may_advance: bool, review: bool, by_people: ByPeople,
) -> ItemView:  # fmt: skip
    value = attempt.answers.get(item["id"], {}).get("value", "")
    mark = attempt.marks.get(item["id"], {}) if review else {}
    ruled = {} if attempt.is_open else attempt.rulings.get(item["id"], {})
    key = ruled.get("key", item["key"])
    right = right_letters(key) if review else None
    return ItemView(
        id=item["id"],
        position=position,
        type=group["type"],
        stem=item["stem"] or group["stem"] if group["type"] not in GROUPS else item["stem"],
        reveal=item["reveal"],
        options=_options(group["type"], group["options"] or item["options"], value, right),
        settings=item["settings"],
        points=Decimal(item["points"]),
        value=value,
        images=images,
        state=state,
        may_advance=may_advance,
        mark=Decimal(mark["points"]) if mark else None,
        is_right=mark["is_right"] if mark else None,
        key=key if review else None,
        explanation=item["explanation"] if review else None,
        ruling=str(ruled.get("verdict", "") or next((name for name in ("key", "scoring") if name in ruled), "")),
        file=by_people.files.get(value),
        marked=by_people.marked.get(item["id"]),
    )


def right_letters(key: Any) -> str:
    """The letters of the right options of a key; "" for the kinds that have none."""
    if isinstance(key, Mapping):
        return str(key.get("right", ""))
    return str(key)


def _options(type: str, options: Sequence[Mapping[str, str]], value: str, right: str | None) -> tuple[OptionView, ...]:
    is_choice = FAMILIES[QuestionType(type)] == "choice"
    words = {"A": _("True"), "B": _("False")} if type == QuestionType.TRUE_FALSE else {}
    return tuple(
        OptionView(
            key=option["key"],
            text=words.get(option["key"]) or option["text"],
            is_chosen=is_choice and option["key"] in value,
            is_right=option["key"] in right if right is not None and is_choice else None,
        )
        for option in options
    )


def preview(
    group: Mapping[str, Any],
    *,
    is_reviewed: bool,
    images: Mapping[int | None, Sequence[ImageView]] | None = None,
    with_key: bool = False,
    before: int = 0,
) -> GroupView:
    """A group as `services.papers` freezes it, as its learner would see it: all its items, without their keys.

    `images` are those of the case (None) and of the items by place. `with_key` shows what a learner reads afterwards.
    `before` are the items of the paper that stand before it.
    """
    pictures, is_group = images or {}, group["type"] in GROUPS
    return GroupView(
        section=0,
        type=group["type"],
        stem=group["stem"],
        options=tuple(OptionView(option["key"], option["text"], False, None) for option in group["options"]),
        images=tuple(pictures.get(None, ())) if is_group else (),
        locks=group["locks"],
        is_reviewed=is_reviewed,
        items=tuple(
            ItemView(
                id=f"preview-{before + number}",
                position=before + number,
                type=group["type"],
                stem=item["stem"] if is_group else item["stem"] or group["stem"],
                reveal=item["reveal"],
                options=_options(
                    group["type"],
                    group["options"] or item["options"],
                    "",
                    right_letters(item["key"]) if with_key else None,
                ),
                settings=item["settings"],
                points=Decimal(item["points"]),
                value="",
                images=(*pictures.get(number - 1, ()), *(() if is_group else pictures.get(None, ()))),
                key=item["key"] if with_key else None,
                explanation=item["explanation"] if with_key else None,
            )
            for number, item in enumerate(group["items"], 1)
        ),
    )


def image_of(attempt: Attempt, image_id: int) -> Any:
    """The picture of the library behind an image of the attempt's paper, once its learner may see it.

    Raises NotFound, also for a picture of an item or a section that is not open yet.
    """
    for index, group in enumerate(attempt.paper["groups"]):
        image = next((image for image in group["images"] if image["id"] == image_id), None)
        seen = {item["id"] for item in seen_items(attempt, group, index)} if image else set()
        if image and seen and (image["item"] is None or image["item"] in seen):
            row = QuestionImage.objects.select_related("image").filter(pk=image_id).first()
            if row is not None:
                return row.image
    raise NotFound()
