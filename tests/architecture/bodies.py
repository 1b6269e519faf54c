"""Valid bodies for addresses of the role matrix, so that no 400 hides a missing 403 (test_valid_bodies).

The learner's hospital cannot be closed while they work there: `INSTEAD` names a place for which the body is valid.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from credits.models.exports import DEFAULT_SET
from tests.factories.credits import HENAN
from tests.factories.organisations import PASSWORD

if TYPE_CHECKING:
    from tests.architecture.matrix import MatrixWorld

Body = dict[str, Any]
_REASON = "核对后更正"
_PEOPLE, _PLACES = "manage/people/<uuid:public_id>/", "manage/places/<uuid:public_id>/"


def _today() -> str:
    return timezone.localdate().isoformat()


def _tomorrow() -> str:
    return (timezone.localdate() + timedelta(days=1)).isoformat()


BODIES: dict[str, Callable[["MatrixWorld"], Body]] = {
    # One's own account.
    "account/consent/": lambda world: {"agree": "on"},
    "account/data/": lambda world: {"do": "copy", "password": PASSWORD},
    "account/details/": lambda world: {"answer": "right"},
    "account/profile/": lambda world: {"language": "en", "email": ""},
    "account/qualifications/report/": lambda world: {"value": "degree:master"},
    "account/register/mail/": lambda world: {"email": "somebody@example.org", "agree": "on"},
    # People.
    "manage/people/find/": lambda world: {"q": "学员"},
    "manage/people/new/": lambda world: {
        "username": "new.comer", "name": "新人", "title": "none", "kind": "staff", "begins": _today(),
        "unit": str(world.hospital.public_id),
    },
    "manage/people/together/": lambda world: {
        "deed": "department", "confirmed": "1", "unit": str(world.hospital.public_id), "new_department": "CT室",
        "people": str(world.learner.public_id),
    },
    f"{_PEOPLE}details/": lambda world: {"name": "学员甲", "title": "技师", "is_active": "on"},
    f"{_PEOPLE}phone/": lambda world: {"phone": "13900000009", "reason": _REASON},
    f"{_PEOPLE}merge/": lambda world: {"other": str(world.colleague.public_id), "reason": _REASON, "sure": "on"},
    f"{_PEOPLE}employments/<int:pk>/": lambda world: {
        "unit": str(world.hospital.public_id), "new_department": "CT室", "kind": "staff",
    },
    f"{_PEOPLE}employments/<int:pk>/end/": lambda world: {"on": _tomorrow(), "reason": _REASON},
    f"{_PEOPLE}employments/new/": lambda world: {
        "unit": str(world.hospital.public_id), "kind": "staff", "begins": _today(),
    },
    f"{_PEOPLE}memberships/new/": lambda world: {"branch": str(world.branch.public_id), "begins": _today()},
    f"{_PEOPLE}memberships/<int:pk>/end/": lambda world: {"on": _tomorrow()},
    f"{_PEOPLE}qualifications/<uuid:qualification_id>/refuse/": lambda world: {"reason": _REASON},
    f"{_PEOPLE}qualifications/new/": lambda world: {"value": "title:技师"},
    f"{_PEOPLE}states/<uuid:state_id>/end/": lambda world: {"on": _today()},
    f"{_PEOPLE}states/<uuid:state_id>/withdraw/": lambda world: {"reason": _REASON},
    f"{_PEOPLE}states/new/": lambda world: {
        "state": "exempt", "begins": "2025-03-01", "ends": "2025-09-01",
    },
    # Places, alliances, roles.
    f"{_PLACES}add/": lambda world: {"kind": "department", "name": "超声科", "code": "US-1", "on": _today()},
    f"{_PLACES}change/": lambda world: {"name": "新第一医院", "code": "NEW-1", "on": _today()},
    f"{_PLACES}close/": lambda world: {"on": _tomorrow()},
    f"{_PLACES}merge/": lambda world: {"target": str(world.department.public_id), "on": _today()},
    f"{_PLACES}move/": lambda world: {"parent": str(world.department.public_id), "on": _today()},
    f"{_PLACES}reopen/": lambda world: {"on": _today()},
    "manage/alliances/new/": lambda world: {
        "name": "新医联体", "code": "NEW-2", "lead": str(world.hospital.public_id), "begins": _today(),
    },
    "manage/alliances/<uuid:public_id>/change/": lambda world: {
        "name": "改名医联体", "lead": str(world.hospital.public_id),
    },
    "manage/alliances/<uuid:public_id>/close/": lambda world: {"on": _tomorrow()},
    "manage/roles/new/": lambda world: {
        "username": world.colleague.username, "role": "learner", "node": str(world.hospital.public_id),
        "begins": _today(),
    },
    "manage/roles/<int:pk>/end/": lambda world: {"on": _tomorrow(), "reason": _REASON},
    "manage/roles/<int:pk>/substitute/": lambda world: {
        "username": world.colleague.username, "begins": _today(), "ends": _tomorrow(),
    },
    # What waits, rosters, sheets.
    "manage/registrations/<uuid:public_id>/": lambda world: {"decision": "accept"},
    "manage/registrations/together/": lambda world: {
        "deed": "accept", "confirmed": "1", "registrations": str(world.registration.public_id),
    },
    "manage/qualifications/together/": lambda world: {
        "deed": "accept", "confirmed": "1", "qualifications": str(world.qualification.public_id),
    },
    "manage/objections/<uuid:public_id>/answer/": lambda world: {"answer": "已更正"},
    "manage/erasures/<uuid:public_id>/decide/": lambda world: {"do": "accept"},
    "manage/marking/take/": lambda world: {},
    "manage/receipts/": lambda world: {"receipt": world.answer_file.attempt.receipt},
    "quizzes/results/": lambda world: {"receipt": world.answer_file.attempt.receipt},
    "manage/marking/<uuid:public_id>/": lambda world: {"do": "hand-in", "points": "5"},
    "manage/questions/objections/<uuid:public_id>/answer/": lambda world: {"decision": "accepted", "text": _REASON},
    "quizzes/attempts/<uuid:public_id>/objections/<uuid:item>/": lambda world: {"text": "题干有歧义"},
    "api/v1/attempts/<uuid:public_id>/objections/": lambda world: {
        "item": world.answer_file.item, "text": "题干有歧义",
    },
    "manage/disclosures/<uuid:public_id>/decide/": lambda world: {"do": "accept", "decision": "approve"},
    "manage/rosters/": lambda world: {
        "unit": str(world.hospital.public_id), "file": SimpleUploadedFile("new.csv", "姓名,工号\n韩梅,2\n".encode()),
    },
    "manage/sheets/request/": lambda world: {
        "unit": str(world.hospital.public_id), "choice": "never", "file_format": "xlsx", "language": "zh-hans",
    },
    # Study and credits.
    "api/v1/attempts/": lambda world: {"permit": world.permit},
    "api/v1/credit-exports/": lambda world: {
        "place": str(world.hospital.public_id), "rule_set": HENAN, "year": world.entry.ends_on.year,
        "file_format": "csv", "reason": "年度核对",
    },
    "credits/people/record/": lambda world: {
        "do": "try", "rules": HENAN, "day": _today(), "activity_type": "project_attend", "title": "读片会",
        "organiser": "省学会", "role": "learner", "quantity": "1", "unit": "hour", "begins_on": _today(),
        "reason": _REASON, "people": str(world.learner.public_id),
    },
    "credits/exports/request/": lambda world: {
        "place": str(world.hospital.public_id), "rule_set": HENAN, "year": str(world.entry.ends_on.year),
        "column_set": DEFAULT_SET, "file_format": "csv", "layout": "one", "encoding": "utf-8", "reason": "年度核对",
    },
}  # fmt: skip

# What to post to instead of the object of the matrix's line.
INSTEAD = {
    f"{_PLACES}close/": "empty department",
    f"{_PLACES}merge/": "empty department",
    f"{_PLACES}move/": "empty department",
    f"{_PLACES}reopen/": "closed department",
    f"{_PEOPLE}memberships/new/": "colleague",
}

# Whoever may do this somewhere may not do it at the place that the body names.
NAMES_A_PLACE = frozenset(
    {
        "manage/people/new/",
        "manage/alliances/new/",
        "manage/roles/new/",
        "manage/rosters/",
        "manage/sheets/request/",
        "credits/exports/request/",
        "api/v1/credit-exports/",
    }
)
