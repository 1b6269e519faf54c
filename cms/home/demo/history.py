"""The demonstration learners' past: entries of several kinds, so that a year page and an export look like life."""

# ruff: noqa: E501 - a table reads best with one row a line

from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from credits.enums import ActivityKind, CreditRole, GrantMethod, OfficialState
from credits.models import Entry
from credits.services import awards, statuses
from organisations.models import Person

SHANGHAI = ZoneInfo("Asia/Shanghai")
SOCIETY = "演示·河南省影像技术学分会"
HOSPITAL = "演示·郑州省级示范医院"
CHINA, HENAN, USA, BRITAIN = "cn-nhc-cme", "cn-henan-cme", "us-arrt-ce", "uk-hcpc-cpd"


@dataclass(frozen=True)
class Past:
    """One past activity of one person. `day` ISO; `start` o'clock, Shanghai time. `approval`: an RCEEM reference."""

    who: str
    key: str
    title: str
    activity_type: str
    quantity: str
    unit: str
    day: str
    last_day: str = ""
    start: int = 8
    rule_set: str = HENAN
    role: str = CreditRole.LEARNER
    organiser: str = SOCIETY
    how: str = GrantMethod.ATTENDANCE
    official: str = OfficialState.RECORDED
    approval: str = ""


PAST = (
    # Two and a half years of the learner who is shown first.
    Past("learner", "2024-nat", "演示·国家级继教项目：CT 低剂量成像", "nat_attend", "18", "hour", "2024-05-18", "2024-05-20",
         rule_set=CHINA, official=OfficialState.REGISTERED),
    Past("learner", "2024-prov", "演示·省级继教项目：DR 质控", "prov_attend", "24", "hour", "2024-09-07", "2024-09-10",
         rule_set=CHINA, official=OfficialState.REGISTERED),
    Past("learner", "2025-forum", "演示·高端 CT 论坛", "project_attend", "16", "hour", "2025-04-12", "2025-04-13",
         official=OfficialState.REGISTERED),
    Past("learner", "2025-online", "演示·推广项目：对比剂安全（线上）", "promo_online", "18", "hour", "2025-06-03", "2025-06-20",
         how=GrantMethod.ASSESSMENT, official=OfficialState.REGISTERED),
    Past("learner", "2025-ward", "演示·院内读片会（上半年）", "practice", "13", "hour", "2025-06-27", organiser=HOSPITAL,
         official=OfficialState.REPORTED),
    Past("learner", "2025-annual", "演示·学术年会", "project_attend", "15", "hour", "2025-10-18", "2025-10-19"),
    Past("learner", "2025-wrong", "演示·院内讲座（登记错误）", "practice", "6", "hour", "2025-11-05", organiser=HOSPITAL,
         how=GrantMethod.MANUAL),
    Past("learner", "2025-paper", "演示·发表论文一篇", "paper", "1", "article", "2025-12-01", organiser=HOSPITAL,
         how=GrantMethod.MANUAL),
    Past("learner", "2026-skills", "演示·适宜技术推广（第 11 场）", "practice", "7", "hour", "2026-03-21",
         official=OfficialState.REPORTED),
    Past("learner", "2026-forum", "演示·高端 CT 论坛（2026）", "project_attend", "16", "hour", "2026-04-25", "2026-04-26",
         official=OfficialState.REGISTERED),
    Past("learner", "2026-online", "演示·推广项目：CT 剂量管理（线上）", "promo_online", "12", "hour", "2026-05-06", "2026-05-30",
         how=GrantMethod.ASSESSMENT),
    Past("learner", "2026-ward", "演示·院内病例讨论", "practice", "6", "hour", "2026-06-10", organiser=HOSPITAL),
    # Others, each at an edge of the rules.
    Past("township", "2025-onsite", "演示·乡镇现场带教", "practice", "19", "hour", "2025-05-10", "2025-05-12"),
    Past("township", "2026-onsite", "演示·乡镇现场带教（2026）", "practice", "12", "hour", "2026-05-15", "2026-05-16"),
    Past("newcomer", "2026-intro", "演示·新入职培训", "practice", "30", "hour", "2026-07-06", "2026-07-10", organiser=HOSPITAL),
    Past("senior", "2025-teach", "演示·省级学习班授课", "project_teach", "6", "hour", "2025-09-13", role=CreditRole.TEACHER,
         official=OfficialState.REGISTERED),
    Past("senior", "2025-forum", "演示·高端 CT 论坛", "project_attend", "48", "hour", "2025-04-12", "2025-04-18",
         official=OfficialState.REGISTERED),
    Past("senior", "2026-forum", "演示·高端 CT 论坛（2026）", "project_attend", "16", "hour", "2026-04-25", "2026-04-26"),
    Past("associate", "2025-leave", "演示·进修三个月", "leave_3m", "3", "month", "2025-03-01", "2025-05-31",
         how=GrantMethod.MANUAL),
    Past("associate", "2026-teach", "演示·年会授课", "project_teach", "8", "hour", "2026-10-17", role=CreditRole.TEACHER),
    Past("chief", "2025-teach", "演示·国家级学习班授课", "project_teach", "12", "hour", "2025-08-09", "2025-08-11",
         role=CreditRole.TEACHER, official=OfficialState.REGISTERED),
    Past("chief", "2026-annual", "演示·学术年会（2026）", "project_attend", "15", "hour", "2026-10-17", "2026-10-18"),
    Past("rehired", "2025-ward", "演示·院内读片会", "practice", "24", "hour", "2025-06-27", organiser=HOSPITAL),
    Past("rehired", "2026-ward", "演示·院内读片会（2026）", "practice", "18", "hour", "2026-06-26", organiser=HOSPITAL),
    Past("dual", "2025-forum", "演示·高端 CT 论坛", "project_attend", "16", "hour", "2025-04-12", "2025-04-13",
         official=OfficialState.REGISTERED),
    Past("dual", "2026-rceem", "Demo · RCEEM activity: CT dose", "rceem", "8", "hour", "2026-02-07", rule_set=USA,
         organiser="Demo provider", how=GrantMethod.ASSESSMENT, approval="DEMO-RCEEM-0147"),
    Past("dual", "2026-forum", "演示·高端 CT 论坛（2026）", "project_attend", "16", "hour", "2026-04-25", "2026-04-26"),
    Past("dual", "2026-forum-us", "Demo · CT forum 2026", "rceem", "12", "hour", "2026-04-25", "2026-04-26", rule_set=USA,
         organiser="Demo provider"),
    # Abroad: a biennium of approved activities (and one without approval), and a record that counts no hours.
    Past("abroad", "2025-rceem", "Demo · RCEEM activity: MR safety", "rceem", "10", "hour", "2025-10-04", rule_set=USA,
         organiser="Demo provider", how=GrantMethod.ASSESSMENT, approval="DEMO-RCEEM-0098"),
    Past("abroad", "2026-rceem", "Demo · RCEEM activity: contrast agents", "rceem", "6", "hour", "2026-06-13", rule_set=USA,
         organiser="Demo provider", how=GrantMethod.ASSESSMENT, approval="DEMO-RCEEM-0203"),
    Past("abroad", "2026-local", "Demo · evening talk without approval", "rceem", "2", "hour", "2026-09-09", rule_set=USA,
         organiser="Demo hospital", how=GrantMethod.ASSESSMENT),
    Past("abroad", "2026-hcpc-audit", "Demo · audit of repeat exposures", "any", "1", "session", "2026-04-15",
         rule_set=BRITAIN, organiser="Demo hospital", how=GrantMethod.MANUAL),
    Past("abroad", "2026-hcpc-course", "Demo · course: CT angiography", "any", "1", "session", "2026-07-02",
         rule_set=BRITAIN, organiser="Demo provider", how=GrantMethod.ASSESSMENT),
    Past("abroad", "2026-hcpc-reading", "Demo · journal club", "any", "1", "session", "2026-10-08", rule_set=BRITAIN,
         organiser="Demo hospital", how=GrantMethod.MANUAL),
    Past("maternity", "2026-online", "演示·推广项目：CT 剂量管理（线上）", "promo_online", "6", "hour", "2026-02-06", "2026-02-10",
         how=GrantMethod.ASSESSMENT),
)  # fmt: skip


def load(people: dict[str, Person]) -> int:
    """Record what is not in the books yet; returns how many demo entries there are. One is taken back, one refused."""
    by = people["admin"]
    known = set(
        Entry.objects.filter(is_demo=True, activity_kind=ActivityKind.HISTORY).values_list("activity_id", flat=True)
    )
    for past in PAST:
        if _id(past) not in known:
            entry = _award(past, people, activity_id=_id(past))
            if past.official != OfficialState.RECORDED:
                statuses.set_status(
                    by=by,
                    entry=entry,
                    state=OfficialState(past.official),
                    on=entry.ends_on,
                    reference=f"演示-{past.key}",
                )
    wrong = next(past for past in PAST if past.key == "2025-wrong")
    mistaken = Entry.objects.get(activity_kind=ActivityKind.HISTORY, activity_id=_id(wrong))
    if not mistaken.reversed_by.exists():
        awards.reverse(entry=mistaken, by=by, reason="演示：登记错误，本人未参加")
        # The same reading session declared once more by hand, under another number: the book stops it.
        twice = next(past for past in PAST if past.who == "learner" and past.key == "2025-ward")
        try:
            _award(twice, people, activity_id=f"{_id(twice)}-again")
        except awards.DuplicateActivity:
            pass
        else:
            raise RuntimeError("The repeated declaration of the demonstration was not stopped.")
    return Entry.objects.filter(is_demo=True).count()


def _id(past: Past) -> str:
    return f"demo-{past.who}-{past.key}"


def _award(past: Past, people: dict[str, Person], *, activity_id: str) -> Entry:
    begins = datetime.combine(datetime.fromisoformat(past.day).date(), time(past.start), SHANGHAI)
    last = datetime.fromisoformat(past.last_day or past.day).date()
    activity = awards.Activity(
        kind=ActivityKind.HISTORY, id=activity_id, title=past.title, activity_type=past.activity_type,
        quantity=Decimal(past.quantity), unit=past.unit, role=past.role, organiser=past.organiser, begins_at=begins,
        ends_at=datetime.combine(last, time(min(past.start + 9, 20)), SHANGHAI), is_demo=True,
        evidence=({"kind": "approval", "scheme": "RCEEM", "reference": past.approval},) if past.approval else (),
    )  # fmt: skip
    how = GrantMethod(past.how)
    by = people["admin"] if how == GrantMethod.MANUAL else None
    return awards.award(person=people[past.who], activity=activity, rule_set_id=past.rule_set, how=how, by=by)
