"""A sample of a quiz's paper, as its learner would see it: without what is right, and nothing is written."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from quizzes import selectors
from quizzes.models import QuestionImage, Quiz
from quizzes.services import papers

# Seeds are short enough to be told by phone.
MAX_SEED = 9999


@dataclass(frozen=True)
class Sample:
    """`error` says why there is none. The same `seed` makes the same paper while quiz and banks stay as they are."""

    seed: int
    next_seed: int
    sections: tuple[selectors.SectionView, ...] = ()
    items: int = 0
    points: Decimal = Decimal(0)
    error: str = ""

    @property
    def groups(self) -> tuple[selectors.GroupView, ...]:
        return tuple(group for section in self.sections for group in section.groups)


def seed_of(said: str) -> int:
    """The seed that somebody typed, 1 if it is none."""
    return int(said) if said.isdecimal() and said.isascii() and 1 <= len(said) <= 4 and int(said) else 1


def sample(quiz: Quiz, *, seed: int) -> Sample:
    """`quiz` may be unsaved. The seed decides draws and orders, and nothing else."""
    following = seed % MAX_SEED + 1
    try:
        # Nothing is kept secret by this chance: it has to come out the same again.
        built = papers.build(quiz, chance=random.Random(seed), as_typed=True)  # noqa: S311
    except papers.QuizNotReady as error:
        return Sample(seed=seed, next_seed=following, error=str(error))
    groups: list[list[selectors.GroupView]] = [[] for _section in built.paper["sections"]]
    pictures, before = _pictures(built.paper), 0
    for group in built.paper["groups"]:
        images: dict[int | None, list[selectors.ImageView]] = {}
        places = {item["id"]: place for place, item in enumerate(group["items"])}
        for image in group["images"]:
            if image["id"] in pictures:
                images.setdefault(places.get(image["item"]), []).append(pictures[image["id"]])
        groups[group["section"]].append(
            selectors.preview(group, is_reviewed=group["is_reviewed"], images=images, before=before)
        )
        before += len(group["items"])
    return Sample(
        seed=seed,
        next_seed=following,
        sections=tuple(
            selectors.SectionView(
                number=place + 1,
                title=section["title"],
                state="open",
                may_finish=section["locks"] and place + 1 < len(groups),
                groups=tuple(groups[place]),
            )
            for place, section in enumerate(built.paper["sections"])
        ),
        items=before,
        points=built.points,
    )


def _pictures(paper: Mapping[str, Any]) -> dict[int, selectors.ImageView]:
    """By their id in the paper, with an address that only authors may open before a page shows it."""
    ids = [image["id"] for group in paper["groups"] for image in group["images"]]
    rows = QuestionImage.objects.filter(pk__in=ids).select_related("image") if ids else ()
    return {
        row.pk: selectors.ImageView(
            row.pk, row.alt, row.image.width, row.image.height, row.image.get_rendition(selectors.PICTURE).url
        )
        for row in rows
    }
