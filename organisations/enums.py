from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Tree(models.TextChoices):
    ADMINISTRATION = "administration", _("Administration")
    SOCIETY = "society", _("Society")


class NodeKind(models.TextChoices):
    PROVINCE = "province", _("Province")
    PREFECTURE = "prefecture", _("Prefecture-level unit")
    COUNTY = "county", _("County")
    HOSPITAL = "hospital", _("Hospital")
    DEPARTMENT = "department", _("Department")
    SOCIETY = "society", _("Society")
    BRANCH = "branch", _("City branch")


class HospitalLevel(models.TextChoices):
    TERTIARY = "tertiary", _("Tertiary")
    SECONDARY = "secondary", _("Secondary")
    GRASSROOTS = "grassroots", _("Grassroots")


class Role(models.TextChoices):
    LEARNER = "learner", _("Learner")
    DEPARTMENT_CREDIT_ADMINISTRATOR = "department_credit_administrator", _("Department credit administrator")
    UNIT_CREDIT_ADMINISTRATOR = "unit_credit_administrator", _("Unit credit administrator")
    COUNTY_REVIEWER = "county_reviewer", _("County reviewer")
    CITY_REVIEWER = "city_reviewer", _("City reviewer")
    PROVINCE_REVIEWER = "province_reviewer", _("Province reviewer")
    BRANCH_SECRETARY = "branch_secretary", _("Branch secretary")
    EDITOR = "editor", _("Editor")
    QUESTION_AUTHOR = "question_author", _("Question author")
    LECTURER = "lecturer", _("Lecturer")
    JUDGE = "judge", _("Judge")
    AUDITOR = "auditor", _("Auditor")
    SYSTEM_ADMINISTRATOR = "system_administrator", _("System administrator")
    SECURITY_ADMINISTRATOR = "security_administrator", _("Security administrator")


_KINDS_BUT_DEPARTMENTS = frozenset(set(NodeKind) - {NodeKind.DEPARTMENT})

# Of which kinds of place each role is held. It reaches everything below: a role of a department at a province would
# be one over the whole province.
ROLE_PLACES: dict[Role, frozenset[NodeKind]] = {
    Role.LEARNER: frozenset(NodeKind),
    Role.DEPARTMENT_CREDIT_ADMINISTRATOR: frozenset({NodeKind.DEPARTMENT}),
    Role.UNIT_CREDIT_ADMINISTRATOR: frozenset({NodeKind.HOSPITAL}),
    Role.COUNTY_REVIEWER: frozenset({NodeKind.COUNTY}),
    Role.CITY_REVIEWER: frozenset({NodeKind.PREFECTURE}),
    Role.PROVINCE_REVIEWER: frozenset({NodeKind.PROVINCE}),
    Role.BRANCH_SECRETARY: frozenset({NodeKind.SOCIETY, NodeKind.BRANCH}),
    Role.EDITOR: frozenset(NodeKind),
    Role.QUESTION_AUTHOR: frozenset(NodeKind),
    Role.LECTURER: frozenset(NodeKind),
    Role.JUDGE: frozenset(NodeKind),
    Role.AUDITOR: _KINDS_BUT_DEPARTMENTS,
    Role.SYSTEM_ADMINISTRATOR: _KINDS_BUT_DEPARTMENTS,
    Role.SECURITY_ADMINISTRATOR: _KINDS_BUT_DEPARTMENTS,
}

# Who keeps and reviews credits, from the unit up.
REVIEWERS = frozenset(
    {Role.UNIT_CREDIT_ADMINISTRATOR, Role.COUNTY_REVIEWER, Role.CITY_REVIEWER, Role.PROVINCE_REVIEWER}
)

# Roles that may see and export the credit records of their subtree.
CREDIT_ROLES = frozenset(
    {
        Role.DEPARTMENT_CREDIT_ADMINISTRATOR,
        Role.UNIT_CREDIT_ADMINISTRATOR,
        Role.COUNTY_REVIEWER,
        Role.CITY_REVIEWER,
        Role.PROVINCE_REVIEWER,
        Role.AUDITOR,
    }
)


class Power(models.TextChoices):
    """What the pages of people and units ask for. `POWERS` says which roles give it, on their subtree."""

    SEE_PEOPLE = "see_people"
    SEE_MASKED_ID = "see_masked_id"
    KEEP_PEOPLE = "keep_people"
    OPEN_ACCOUNTS = "open_accounts"
    KEEP_PLACES = "keep_places"
    KEEP_DEPARTMENTS = "keep_departments"
    GRANT_ROLES = "grant_roles"
    READ_AUDIT = "read_audit"
    APPROVE_DISCLOSURE = "approve_disclosure"
    KEEP_CREDITS = "keep_credits"
    SEE_INTAKE = "see_intake"
    SEE_ERASURES = "see_erasures"
    SEE_CREDITS = "see_credits"
    REVIEW_CREDITS = "review_credits"
    KEEP_COLUMNS = "keep_columns"
    KEEP_FEEDS = "keep_feeds"
    KEEP_RULES = "keep_rules"
    SEE_REVIEWS = "see_reviews"
    SEE_DISCLOSURES = "see_disclosures"
    SEE_FEEDS = "see_feeds"
    SEE_PROJECTS = "see_projects"
    KEEP_PROJECTS = "keep_projects"
    SEE_SHEETS = "see_sheets"
    SEE_COLUMNS = "see_columns"
    SEE_RULES = "see_rules"
    SEE_COMPARISONS = "see_comparisons"
    SEE_PROJECT_IMPORTS = "see_project_imports"
    MARK = "mark"
    SEE_MARKING = "see_marking"
    KEEP_QUESTIONS = "keep_questions"
    SEE_QUESTIONS = "see_questions"
    REGRADE = "regrade"
    CHANGE_REPORTED = "change_reported"


# KEEP_PEOPLE: rosters, employment, states, confirming qualifications and registrations, merging accounts.
# OPEN_ACCOUNTS: activation codes and sheets, a forgotten password, a changed phone.
# APPROVE_DISCLOSURE: exports with full ID numbers, and erasure; never one's own request.
# SEE_INTAKE: rosters, registrations, reported titles, objections and who left, SEE_ERASURES: who asks to be forgotten;
# to read, whoever decides about them.
# SEE_CREDITS: years of places and of their people, exports, and what the receipts of their quizzes stand for.
# REVIEW_CREDITS: closing days; answering objections to lines of the credit book, never one's own.
# SEE_REVIEWS, SEE_DISCLOSURES, SEE_FEEDS: to read what REVIEW_CREDITS, APPROVE_DISCLOSURE, KEEP_FEEDS decide about.
# SEE_SHEETS: who had activation codes made, for how many; never a code: a file is for who asked for it.
# SEE_COLUMNS, SEE_RULES, SEE_PROJECT_IMPORTS: to read what KEEP_COLUMNS, KEEP_RULES, KEEP_PROJECTS work on.
# SEE_COMPARISONS: the authority's lists beside the book, which KEEP_CREDITS sends and takes over.
# KEEP_COLUMNS: a place's own column sets for exports. KEEP_FEEDS: keys with which other systems read the credit feed.
# SEE_PROJECTS: the register of accredited projects; KEEP_PROJECTS: adding, changing, closing, importing them.
# KEEP_CREDITS: entries by hand, taking entries back, what the authority's book says; never in one's own book.
# MARK: giving points for essays, files and other work of people in the subtree, never one's own. SEE_MARKING: how far
# marking has come, in numbers without names.
# KEEP_QUESTIONS: answering what learners object to questions, never one's own objection; SEE_QUESTIONS: to read it.
# Both without the learner's name: banks belong to no place. REGRADE: having attempts of everybody graded again, and
# confirming that of somebody else; SEE_QUESTIONS reads it. CHANGE_REPORTED: what becomes of credit that was reported to
# the authority when a regrade takes its pass away; SEE_REVIEWS reads it.
# SEE_MASKED_ID leaves the branch secretary out (学会秘书 sees no ID); nobody at all sees a full one.
POWERS: dict[Power, frozenset[Role]] = {
    Power.SEE_PEOPLE: frozenset(
        {
            Role.DEPARTMENT_CREDIT_ADMINISTRATOR,
            Role.UNIT_CREDIT_ADMINISTRATOR,
            Role.COUNTY_REVIEWER,
            Role.CITY_REVIEWER,
            Role.PROVINCE_REVIEWER,
            Role.BRANCH_SECRETARY,
            Role.AUDITOR,
            Role.SYSTEM_ADMINISTRATOR,
        }
    ),
    Power.SEE_MASKED_ID: REVIEWERS | {Role.AUDITOR, Role.SYSTEM_ADMINISTRATOR},
    Power.KEEP_PEOPLE: frozenset({Role.UNIT_CREDIT_ADMINISTRATOR, Role.SYSTEM_ADMINISTRATOR}),
    Power.OPEN_ACCOUNTS: frozenset({Role.UNIT_CREDIT_ADMINISTRATOR, Role.SYSTEM_ADMINISTRATOR}),
    Power.KEEP_PLACES: frozenset({Role.SYSTEM_ADMINISTRATOR}),
    Power.KEEP_DEPARTMENTS: frozenset({Role.UNIT_CREDIT_ADMINISTRATOR, Role.SYSTEM_ADMINISTRATOR}),
    Power.GRANT_ROLES: frozenset({Role.UNIT_CREDIT_ADMINISTRATOR, Role.SYSTEM_ADMINISTRATOR}),
    Power.READ_AUDIT: frozenset({Role.AUDITOR, Role.SECURITY_ADMINISTRATOR}),
    Power.APPROVE_DISCLOSURE: frozenset({Role.SECURITY_ADMINISTRATOR}),
    Power.KEEP_CREDITS: REVIEWERS,
    Power.SEE_INTAKE: frozenset({Role.UNIT_CREDIT_ADMINISTRATOR, Role.AUDITOR, Role.SYSTEM_ADMINISTRATOR}),
    Power.SEE_ERASURES: frozenset({Role.AUDITOR, Role.SECURITY_ADMINISTRATOR}),
    Power.SEE_CREDITS: CREDIT_ROLES,
    Power.REVIEW_CREDITS: REVIEWERS,
    Power.KEEP_COLUMNS: REVIEWERS | {Role.SYSTEM_ADMINISTRATOR},
    Power.KEEP_FEEDS: frozenset({Role.SYSTEM_ADMINISTRATOR}),
    Power.KEEP_RULES: frozenset({Role.SYSTEM_ADMINISTRATOR}),
    Power.SEE_REVIEWS: REVIEWERS | {Role.AUDITOR},
    Power.SEE_DISCLOSURES: frozenset({Role.AUDITOR, Role.SECURITY_ADMINISTRATOR}),
    Power.SEE_FEEDS: frozenset({Role.AUDITOR, Role.SYSTEM_ADMINISTRATOR}),
    Power.SEE_PROJECTS: CREDIT_ROLES | {Role.SYSTEM_ADMINISTRATOR},
    Power.KEEP_PROJECTS: frozenset({Role.PROVINCE_REVIEWER, Role.SYSTEM_ADMINISTRATOR}),
    Power.SEE_SHEETS: frozenset({Role.UNIT_CREDIT_ADMINISTRATOR, Role.AUDITOR, Role.SYSTEM_ADMINISTRATOR}),
    Power.SEE_COLUMNS: REVIEWERS | {Role.AUDITOR, Role.SYSTEM_ADMINISTRATOR},
    Power.SEE_RULES: frozenset({Role.AUDITOR, Role.SYSTEM_ADMINISTRATOR}),
    Power.SEE_COMPARISONS: REVIEWERS | {Role.AUDITOR},
    Power.SEE_PROJECT_IMPORTS: frozenset({Role.PROVINCE_REVIEWER, Role.AUDITOR, Role.SYSTEM_ADMINISTRATOR}),
    Power.MARK: frozenset({Role.QUESTION_AUTHOR, Role.LECTURER, Role.JUDGE}),
    Power.SEE_MARKING: frozenset({Role.QUESTION_AUTHOR, Role.LECTURER, Role.EDITOR, Role.AUDITOR}),
    Power.KEEP_QUESTIONS: frozenset({Role.QUESTION_AUTHOR, Role.EDITOR}),
    Power.SEE_QUESTIONS: frozenset({Role.QUESTION_AUTHOR, Role.EDITOR, Role.AUDITOR}),
    Power.REGRADE: frozenset({Role.QUESTION_AUTHOR, Role.EDITOR}),
    Power.CHANGE_REPORTED: frozenset({Role.PROVINCE_REVIEWER}),
}

# What is for everybody at once: these powers are held at the top of a tree or not at all.
POWERS_FROM_THE_TOP = frozenset({Power.KEEP_RULES, Power.KEEP_PROJECTS, Power.REGRADE, Power.CHANGE_REPORTED})

# What the administrator of a unit may hand on; everything else is for the system administrator.
ROLES_OF_A_UNIT = frozenset({Role.LEARNER, Role.DEPARTMENT_CREDIT_ADMINISTRATOR})


# Roles with power over others or over what others read: these people are staff.
STAFF_ROLES = frozenset(set(Role) - {Role.LEARNER, Role.JUDGE})


class ProfessionalTitle(models.TextChoices):
    NONE = "none", _("No title yet")
    ASSISTANT_TECHNICIAN = "技士", _("Assistant technologist (技士)")
    TECHNICIAN = "技师", _("Technologist (技师)")
    SUPERVISING = "主管技师", _("Senior technologist (主管技师)")
    ASSOCIATE_CHIEF = "副主任技师", _("Associate chief technologist (副主任技师)")
    CHIEF = "主任技师", _("Chief technologist (主任技师)")


class PersonState(models.TextChoices):
    """What a person is to the yearly audit on a day. Without a dated state a person is ACTIVE."""

    ACTIVE = "active", _("Active")
    MATERNITY = "maternity", _("Maternity leave")
    SICK = "sick", _("Sick leave")
    ABROAD = "abroad", _("Working abroad over 6 months")
    NEW = "new", _("New this year")
    EXEMPT = "exempt", _("Not assessed")
    CANCELLED = "cancelled", pgettext_lazy("person", "Cancelled")


class EmploymentKind(models.TextChoices):
    STAFF = "staff", _("Permanent staff")
    CONTRACT = "contract", _("Contract staff")
    REHIRED = "rehired", _("Retired and rehired")
    TRAINEE = "trainee", _("Trainee in standardised training (规培)")
    STUDENT = "student", pgettext_lazy("employment", "Student")


class QualificationKind(models.TextChoices):
    """A title is obtained by exam or review; the hospital then appoints its holder to it (评聘), on another day."""

    TITLE = "title", _("Professional title")
    APPOINTMENT = "appointed", _("Appointment to a title")
    DEGREE = "degree", _("Degree")


class QualificationState(models.TextChoices):
    """Self-entered (自报) until the unit has seen the proof (已核)."""

    CLAIMED = "claimed", _("Self-reported")
    CONFIRMED = "confirmed", _("Confirmed by the unit")
    REFUSED = "refused", _("Not confirmed")


class Degree(models.TextChoices):
    VOCATIONAL = "vocational", _("Secondary vocational school")
    COLLEGE = "college", _("Junior college")
    BACHELOR = "bachelor", _("Bachelor")
    MASTER = "master", _("Master")
    DOCTOR = "doctor", _("Doctor")


class PlaceChangeKind(models.TextChoices):
    ADDED = "added", _("Added")
    CHANGED = "changed", _("Changed")
    MOVED = "moved", _("Moved")
    CLOSED = "closed", _("Closed")
    REOPENED = "reopened", _("Opened again")
    MERGED = "merged", _("Merged")
    KEPT = "kept", _("Closing called off")


class SheetChoice(models.TextChoices):
    """Who gets a code on an activation sheet; nobody who has set a password does."""

    UNCODED = "uncoded", _("Everybody without a valid code")
    NEVER = "never", _("Everybody who never signed in, also those with a code (it stops working)")
    SELECTED = "selected", _("The people chosen in the list")


class RosterStage(models.TextChoices):
    """How far a roster has come. Each of READING, CHECKING, APPLYING and UNDOING is one run of its job."""

    READING = "reading", _("The file is being read")
    MAPPING = "mapping", _("Columns to be confirmed")
    CHECKING = "checking", _("Every row is being compared")
    CHECKED = "checked", _("Ready to look at")
    APPLYING = "applying", _("Being entered")
    APPLIED = "applied", _("Entered")
    UNDOING = "undoing", _("Being undone")
    UNDONE = "undone", _("Undone")
    UNREADABLE = "unreadable", _("Cannot be read")
    DISCARDED = "discarded", _("Discarded")


class RowOutcome(models.TextChoices):
    """What an import would do, or did, with one row."""

    CREATE = "create", _("New person")
    UPDATE = "update", _("Change")
    TRANSFER = "transfer", _("Comes from another unit")
    LEAVE = "leave", _("Has left")
    UNCHANGED = "unchanged", _("As it is")
    UNCLEAR = "unclear", _("Somebody must decide")
    WRONG = "wrong", _("Cannot be entered")
    SKIPPED = "skipped", _("Left out")


class RequestState(models.TextChoices):
    """Of what a person asks for and somebody else decides."""

    WAITING = "waiting", _("Waiting")
    ACCEPTED = "accepted", _("Accepted")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("request", "Withdrawn")


class DocumentKind(models.TextChoices):
    PRIVACY_NOTICE = "privacy_notice", _("Privacy notice")
    USER_AGREEMENT = "user_agreement", _("User agreement")


# The versions in force; whoever agreed to an older one is asked again at the next sign-in.
DOCUMENT_VERSIONS = {DocumentKind.PRIVACY_NOTICE: "2026-11", DocumentKind.USER_AGREEMENT: "2026-11"}
