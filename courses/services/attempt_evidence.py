"""The fingerprint of an attempt that completed something."""

from typing import Any

from courses.selectors.content import canonical_sha256
from quizzes.models import Attempt


def attempt_evidence(attempt: Attempt) -> dict[str, Any]:
    """{kind, sha256}: SHA-256 of the canonical JSON of {paper, answers} as the attempt's row held them when its outcome
    was settled.

    It is taken once, stored with the progress and copied into the entry, and computed again nowhere. Papers may be
    stored in another form later (those of version 1 were converted), after which the same attempt gives another hash:
    one that differs is no sign of tampering by itself. To compare, bring the paper back into the form of its time.
    """
    return {"kind": "attempt", "sha256": canonical_sha256({"paper": attempt.paper, "answers": attempt.answers})}
