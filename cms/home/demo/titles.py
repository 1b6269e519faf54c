"""One person on each rung of the title ladder, and one abroad who follows two further rule sets."""

from datetime import date
from typing import Any

from credits.enums import ActivityKind
from credits.models import Entry, ExamPass, Following, Reflection, RepresentativeWork
from credits.services import following, titles
from organisations.enums import Degree, ProfessionalTitle, QualificationKind
from organisations.models import Person, Qualification
from organisations.services import qualifications

P, D = ProfessionalTitle, Degree
TITLE, APPOINTED, DEGREE = QualificationKind.TITLE, QualificationKind.APPOINTMENT, QualificationKind.DEGREE

# (user name, kind, value, day): seen by the unit.
CONFIRMED = (
    ("newcomer", DEGREE, D.COLLEGE, date(2026, 6, 30)),
    ("township", DEGREE, D.VOCATIONAL, date(2017, 6, 30)),
    ("township", TITLE, P.ASSISTANT_TECHNICIAN, date(2021, 6, 1)),
    ("senior", DEGREE, D.BACHELOR, date(2008, 6, 30)),
    ("senior", TITLE, P.SUPERVISING, date(2019, 6, 1)),
    ("senior", APPOINTED, P.SUPERVISING, date(2021, 12, 1)),
    ("associate", DEGREE, D.MASTER, date(2009, 6, 30)),
    ("associate", TITLE, P.ASSOCIATE_CHIEF, date(2018, 12, 1)),
    ("associate", APPOINTED, P.ASSOCIATE_CHIEF, date(2019, 9, 1)),
    ("chief", DEGREE, D.DOCTOR, date(2003, 6, 30)),
    ("chief", TITLE, P.CHIEF, date(2015, 12, 1)),
    ("chief", APPOINTED, P.CHIEF, date(2016, 7, 1)),
    ("abroad", DEGREE, D.BACHELOR, date(2014, 6, 30)),
)
# (user name, exam, paper, year, whether the unit has seen it)
PAPERS = (
    ("learner", "376", "basic", 2025, True),
    ("learner", "376", "related", 2025, True),
    ("learner", "376", "professional", 2026, False),
    ("township", "206", "basic", 2023, True),
)
# (user name, kind, title, day, own part, whether the unit has seen it)
WORKS = (
    ("senior", "protocol", "演示·冠脉 CTA 检查规范", date(2024, 5, 20), "执笔", True),
    ("senior", "paper", "演示·低剂量胸部 CT 的噪声与剂量", date(2023, 9, 1), "第一作者", False),
    ("associate", "teaching", "演示·省级学习班主讲", date(2025, 9, 13), "主讲", True),
)
# (user name, rule set, anchors)
FOLLOWED: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("abroad", "us-arrt-ce", {"birth_month": 5, "biennium_start_year": 2023, "credential": "other"}),
    ("abroad", "uk-hcpc-cpd", {}),
    ("dual", "us-arrt-ce", {"birth_month": 9, "biennium_start_year": 2024}),
)
SINCE = date(2024, 1, 1)
# (key of the past activity, category, what it changed in practice, what service users gain)
REFLECTIONS = (
    ("2026-hcpc-audit", "work_based", "Repeat rate of lateral knees is now looked at each week.", "Fewer repeats."),
    ("2026-hcpc-course", "formal", "Contrast timing follows the bolus, not the clock.", ""),
)


def load(people: dict[str, Person]) -> None:
    """Everything of this part, after the past was recorded; what is already there is left alone."""
    keeper = people["admin"]
    for name, kind, value, day in CONFIRMED:
        if not Qualification.objects.filter(person=people[name], kind=kind, value=value).exists():
            qualifications.enter(by=keeper, person=people[name], kind=kind, value=value, obtained_on=day)
    for name, exam, paper, year, is_seen in PAPERS:
        if not ExamPass.objects.filter(person=people[name], exam=exam, paper=paper, year=year).exists():
            passed = titles.report_paper(by=people[name], exam=exam, paper=paper, year=year)
            if is_seen:
                titles.confirm(by=keeper, fact=passed)
    for name, work_kind, title, day, part, is_seen in WORKS:
        if not RepresentativeWork.objects.filter(person=people[name], title=title).exists():
            work = titles.report_work(by=people[name], kind=work_kind, title=title, on=day, part=part)
            if is_seen:
                titles.confirm(by=keeper, fact=work)
    for name, rule_set_id, anchors in FOLLOWED:
        if not Following.objects.filter(person=people[name], rule_set_id=rule_set_id).exists():
            following.follow(by=people[name], rule_set_id=rule_set_id, begins=SINCE, **anchors)
    for key, category, practice, gain in REFLECTIONS:
        entry = Entry.objects.get(activity_kind=ActivityKind.HISTORY, activity_id=f"demo-abroad-{key}")
        if not Reflection.objects.filter(entry=entry).exists():
            following.reflect(by=people["abroad"], entry=entry, category=category, practice=practice, service_user=gain)
