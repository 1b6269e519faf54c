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


# KEEP_PEOPLE: rosters, employment, states, confirming qualifications and registrations, merging accounts.
# OPEN_ACCOUNTS: activation codes and sheets, a forgotten password, a changed phone.
# APPROVE_DISCLOSURE: exports with full ID numbers, and erasure; never one's own request.
# SEE_INTAKE: rosters, registrations, reported titles, objections and who left, SEE_ERASURES: who asks to be forgotten;
# to read, whoever decides about them.
# SEE_CREDITS: years of places and of their people, exports.
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
}

# What is for everybody at once: these powers are held at the top of a tree or not at all.
POWERS_FROM_THE_TOP = frozenset({Power.KEEP_RULES, Power.KEEP_PROJECTS})

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


class Deed(models.TextChoices):
    """Every verb of the audit log with the words that its readers see. Write a new verb here before you record it."""

    ACCOUNT_COMPARE = "account.compare", _("Compared two accounts")
    ACCOUNT_MERGE_READ = "account.merge_read", _("Read a closed account")
    ACCOUNT_MERGE = "account.merge", _("Merged two accounts of one person")
    SIGN_IN = "account.sign_in", _("Signed in")
    PASSWORD_PAUSED = "account.password_paused", _("Entered a wrong present password too often")
    SIGN_OUT = "account.sign_out", _("Signed out")
    ACTIVATION_ISSUE = "activation.issue", _("Issued an activation code")
    ACCOUNT_RESET = "account.reset", _("Reset a forgotten password")
    ACCOUNT_UNLOCK = "account.unlock", _("Unlocked a paused sign-in")
    REGISTRATION_REQUEST = "registration.request", _("Registered without a code")
    REGISTRATION_ACCEPT = "registration.accept", _("Confirmed a registration")
    REGISTRATION_REFUSE = "registration.refuse", _("Refused a registration")
    REGISTRATION_TAKE_OVER = "registration.take_over", _("Found a registration to be of somebody entered before")
    SHEET_REQUEST = "activation_sheet.request", _("Asked for an activation sheet")
    SHEET_DOWNLOAD = "activation_sheet.download", _("Downloaded an activation sheet")
    SHEET_ERASE = "activation_sheet.erase", _("Deleted the file of an activation sheet")
    ACTIVATION_USE = "activation.use", _("Set a password with an activation code")
    ALLIANCE_FOUND = "alliance.found", _("Founded an alliance")
    ALLIANCE_CHANGE = "alliance.change", _("Changed an alliance")
    ALLIANCE_JOIN = "alliance.join", _("Entered a place in an alliance")
    ALLIANCE_LEAVE = "alliance.leave", _("Ended a place's time in an alliance")
    ALLIANCE_CLOSE = "alliance.close", _("Closed an alliance")
    BACKUP_MAKE = "backup.make", _("Made a backup")
    BACKUP_RESTORE = "backup.restore", _("Restored a backup")
    AUDIT_READ = "audit.read", _("Read the audit log")
    AUDIT_EXPORT = "audit.export", _("Downloaded lines of the audit log")
    AUDIT_PRUNE = "audit.prune", _("Deleted old lines of the audit log")
    CONTACT_ASK = "contact.ask", _("Asked for a number or address that another account has")
    CONSENT_GIVE = "consent.give", _("Agreed to the notices")
    ENROL = "courses.enrol", _("Enrolled in a course")
    WITHDRAW = "courses.withdraw", _("Withdrew from a course")
    SIGN_OFF = "courses.sign_off", _("Signed off an on-site lesson")
    DUPLICATE_REFUSED = "credits.duplicate_refused", _("Refused to credit the same activity twice")
    ENTRY_RECORDED = "credits.entry_recorded", _("Recorded a credit entry by hand")
    GROUP_TRY = "credits.group.try", _("Tried an entry by hand for several people")
    EVIDENCE_DOWNLOAD = "credits.evidence.download", _("Downloaded the proof of a credit entry")
    ENTRY_REVERSED = "credits.entry_reversed", _("Took back a credit entry")
    ERASURE_REQUEST = "erasure.request", _("Asked to be forgotten")
    ERASURE_WITHDRAW = "erasure.withdraw", _("Took back the wish to be forgotten")
    ERASURE_DECIDE = "erasure.decide", _("Decided about an erasure")
    ERASURE_DONE = "erasure.done", _("Erased a person's data")
    ERASURE_READ = "erasure.read", _("Read the requests for erasure")
    OWN_DATA_REQUEST = "own_data.request", _("Asked for a copy of the own data")
    OWN_DATA_DOWNLOAD = "own_data.download", _("Downloaded a copy of the own data")
    EXPORT_REQUEST = "credits.export.request", _("Requested a credit export")
    DISCLOSURE_REQUEST = "credits.disclosure.request", _("Asked for an export with full ID numbers")
    DISCLOSURE_DECIDE = "credits.disclosure.decide", _("Decided about an export with full ID numbers")
    DISCLOSURE_READ = "credits.disclosure.read", _("Read the requests for full ID numbers")
    DISCLOSURE_DOWNLOAD = "credits.disclosure.download", _("Downloaded an export with full ID numbers")
    DISCLOSURE_ERASE = "credits.disclosure.erase", _("Erased an export with full ID numbers")
    EXPORT_ERASE = "credits.export.erase", _("Erased a credit export")
    EXPORT_CANCEL = "credits.export.cancel", _("Cancelled a credit export")
    EXPORT_COVER = "credits.export.cover", _("Read the cover of a credit export")
    COLUMNS_COPY = "credits.columns.copy", _("Copied a column set")
    COLUMNS_CHANGE = "credits.columns.change", _("Rearranged a column set")
    COLUMNS_PUBLISH = "credits.columns.publish", _("Published a column set")
    COLUMNS_PREVIEW = "credits.columns.preview", _("Looked at people's rows in a column set")
    FEED_TOKEN_ISSUE = "credits.feed_token.issue", _("Issued a key to the credit feed")
    FEED_TOKEN_REVOKE = "credits.feed_token.revoke", _("Revoked a key to the credit feed")
    FEED_READ = "credits.feed.read", _("Read the credit feed with a key")
    STATEMENT_REQUEST = "credits.statement.request", _("Asked for a credit statement")
    STATEMENT_READ = "credits.statement.read", _("Opened a credit statement")
    STATEMENT_WITHDRAW = "credits.statement.withdraw", _("Withdrew a credit statement")
    STATEMENT_VERIFY = "credits.statement.verify", _("Verified a credit statement by its code")
    STATEMENT_ERASE = "credits.statement.erase", _("Erased a credit statement")
    EXPORT_DOWNLOAD = "credits.export.download", _("Downloaded a credit export")
    TITLES_READ = "credits.titles.read", _("Read a person's title path")
    TITLES_REPORT = "credits.titles.report", _("Reported an exam paper or a work")
    TITLES_WITHDRAW = "credits.titles.withdraw", _("Took back a reported exam paper or work")
    TITLES_CONFIRM = "credits.titles.confirm", _("Confirmed an exam paper or a work")
    TITLES_REFUSE = "credits.titles.refuse", _("Did not confirm an exam paper or a work")
    RULES_PROPOSE = "credits.rules.propose", _("Proposed a version of credit rules")
    RULES_PUBLISH = "credits.rules.publish", _("Published a version of credit rules")
    RULES_TURN_DOWN = "credits.rules.turn_down", _("Refused a version of credit rules")
    RULES_TAKE_BACK = "credits.rules.take_back", _("Took back a proposed version of credit rules")
    RULES_TRY = "credits.rules.try", _("Had a proposed version tried on the book again")
    RULES_TRIAL_READ = "credits.rules.trial_read", _("Read whom a proposed version of credit rules changes")
    PROJECT_ADD = "credits.project.add", _("Added an accredited project")
    PROJECT_CHANGE = "credits.project.change", _("Changed an accredited project")
    PROJECT_CLOSE = "credits.project.close", _("Closed an accredited project")
    PROJECT_REOPEN = "credits.project.reopen", _("Opened an accredited project again")
    PROJECT_REMOVE = "credits.project.remove", _("Removed an accredited project by undoing its import")
    PROJECT_IMPORT_SEND = "credits.project_import.send", _("Sent a sheet of accredited projects")
    PROJECT_IMPORT_MAP = "credits.project_import.map", _("Said what the columns of a sheet of projects hold")
    PROJECT_IMPORT_APPLY = "credits.project_import.apply", _("Entered a sheet of accredited projects")
    PROJECT_IMPORT_UNDO = "credits.project_import.undo", _("Undid a sheet of accredited projects")
    PROJECT_IMPORT_DISCARD = "credits.project_import.discard", _("Discarded a sheet of accredited projects")
    PROJECT_REFUSED = "credits.project_refused", _("Refused a grant outside the days or places of a project")
    RULES_FOLLOW = "credits.rules.follow", _("Began to follow credit rules")
    RULES_CHANGE = "credits.rules.change", _("Changed what the periods of credit rules hang on")
    RULES_STOP = "credits.rules.stop", _("Stopped following credit rules")
    RULES_READ = "credits.rules.read", _("Read which credit rules a person follows")
    REFLECTION_WRITE = "credits.reflection.write", _("Wrote about an own credit entry")
    DECLARE = "credits.declare", _("Stated steps or figures for credit rules")
    DECLARATION_CONFIRM = "credits.declaration.confirm", _("Confirmed a stated step or figure")
    DECLARATION_REFUSE = "credits.declaration.refuse", _("Did not confirm a stated step or figure")
    OBJECTION_MAKE = "credits.objection.make", _("Objected to a line of the credit book")
    OBJECTION_READ = "credits.objection.read", _("Read an objection to a line of the credit book")
    OBJECTION_ANSWER = "credits.objection.answer", _("Answered an objection to a line of the credit book")
    OBJECTION_ESCALATE = "credits.objection.escalate", _("Handed an overdue objection to the next level")
    OFFICIAL_LIST_SEND = "credits.official_list.send", _("Sent a list of the authority")
    OFFICIAL_LIST_READ = "credits.official_list.read", _("Read a comparison with the authority's list")
    OFFICIAL_LIST_APPLY = "credits.official_list.apply", _("Took over what the authority's list says")
    OFFICIAL_LIST_UNDO = "credits.official_list.undo", _("Took back what an authority's list had said")
    OFFICIAL_LIST_DISCARD = "credits.official_list.discard", _("Deleted an authority's list")
    OFFICIAL_PLACE_MARKED = "credits.official_place.mark", _("Marked a place's entries as reported")
    CLOSING_SET = "credits.closing.set", _("Set the closing day of a year")
    CLOSING_REMOVE = "credits.closing.remove", _("Removed the closing day of a year")
    OFFICIAL_STATE_SET = "credits.official_state_set", _("Set the official state of an entry")
    PERSON_CREDITS_READ = "credits.person.read", _("Read a person's credits")
    DETAILS_CONFIRM = "details.confirm", _("Found what was entered about them right")
    DETAILS_OBJECT = "details.object", _("Objected to what was entered about them")
    DETAILS_ANSWER = "details.answer", _("Answered an objection")
    EMPLOYMENT_BEGIN = "employment.begin", _("Entered a person in a unit")
    EMPLOYMENT_CHANGE = "employment.change", _("Changed a person's employment")
    EMPLOYMENT_END = "employment.end", _("Ended a person's employment")
    EMPLOYMENT_TAKE_OVER = "employment.take_over", _("Entered a person of this place at another unit")
    KEYS_ROTATE = "keys.rotate", _("Changed a key")
    LIST_READ = "list.read", _("Read a list of people")
    LIST_DOWNLOAD = "list.download", _("Downloaded a list")
    LECTURE_RECEIVED = "lecture.received", _("Uploaded a lecture")
    LECTURE_CHANGED = "lecture.changed", _("Changed a lecture")
    LECTURE_DELETED = "lecture.deleted", _("Deleted a lecture")
    LECTURE_RETRIED = "lecture.transcode_retried", _("Started a lecture's conversion again")
    MARKING_CLAIM = "quizzes.marking.claim", _("Began to mark somebody's work")
    MARKING_READ = "quizzes.marking.read", _("Opened somebody's work to mark it")
    MARKING_FILE = "quizzes.marking.file", _("Downloaded somebody's file to mark it")
    MARKING_HAND_IN = "quizzes.marking.hand_in", _("Handed in a marking")
    MARKING_GIVE_BACK = "quizzes.marking.give_back", _("Gave back a marking")
    ATTEMPT_MARKED = "quizzes.attempt.marked", _("Graded an attempt with marks by people")
    ANSWER_FILE_SEND = "quizzes.answer_file.send", _("Sent a file as an answer")
    MEMBERSHIP_BEGIN = "membership.begin", _("Entered a person in a branch")
    MEMBERSHIP_END = "membership.end", _("Ended a person's membership")
    PEOPLE_LIST_DOWNLOAD = "people.list.download", _("Downloaded a list of people")
    PERSON_CREATE = "person.create", _("Added a person")
    PERSON_REMOVE = "person.remove", _("Removed a person that a roster had added")
    PERSON_CHANGE = "person.change", _("Changed a person's details")
    PERSON_CHANGE_CONTACT = "person.change_contact", _("Changed a person's phone or e-mail")
    PERSON_READ = "person.read", _("Read a person's page")
    PERSON_SEARCHED_BY_NUMBER = "person.searched_by_number", _("Looked a person up by phone or ID number")
    PLACE_ADD = "place.add", _("Added a place")
    PLACE_CHANGE = "place.change", _("Changed a place's details")
    PLACE_MOVE = "place.move", _("Moved a place")
    PLACE_CLOSE = "place.close", _("Closed a place")
    PLACE_REOPEN = "place.reopen", _("Opened a place again")
    PLACE_KEEP = "place.keep", _("Called off the closing of a place")
    PLACE_MERGE = "place.merge", _("Merged a place into another")
    PROOF_DOWNLOAD = "proof.download", _("Downloaded a proof")
    QUALIFICATION_CLAIM = "qualification.claim", _("Reported a title or degree")
    QUALIFICATION_WITHDRAW = "qualification.withdraw", _("Took back a reported title or degree")
    QUALIFICATION_ENTER = "qualification.enter", _("Entered a title or degree")
    QUALIFICATION_CONFIRM = "qualification.confirm", _("Confirmed a title or degree")
    QUALIFICATION_REFUSE = "qualification.refuse", _("Did not confirm a title or degree")
    QUESTION_CREATED = "question_created", _("Wrote a question")
    QUESTION_REVISED = "question_revised", _("Revised a question")
    QUESTION_CLASSIFIED = "question_classified", _("Classified a question")
    QUESTION_REVIEWED = "question_reviewed", _("Reviewed a question")
    SCORING_CHANGED = "scoring_changed", _("Changed how a question bank scores")
    ROSTER_UPLOAD = "roster.upload", _("Uploaded a roster")
    ROSTER_CHECK = "roster.check", _("Confirmed a roster's columns")
    ROSTER_DECIDE = "roster.decide", _("Decided unclear rows of a roster")
    ROSTER_APPLY = "roster.apply", _("Entered a roster")
    ROSTER_UNDO = "roster.undo", _("Undid a roster")
    ROSTER_DISCARD = "roster.discard", _("Discarded a roster")
    ROSTER_DOWNLOAD = "roster.download", _("Downloaded rows of a roster")
    ROLE_GRANT = "role.grant", _("Granted a role")
    ROLE_END = "role.end", _("Ended a role")
    ROLES_LIST_DOWNLOAD = "roles.list.download", _("Downloaded a list of roles")
    STATE_ADD = "state.add", _("Entered a person's state")
    STATE_END = "state.end", _("Ended a person's state")
    STATE_WITHDRAW = "state.withdraw", _("Took back a state entered by mistake")


# Deeds by which nothing was changed and nothing taken away: the audit log can leave them out.
READINGS = frozenset(
    {
        Deed.ACCOUNT_COMPARE,
        Deed.ACCOUNT_MERGE_READ,
        Deed.AUDIT_READ,
        Deed.DISCLOSURE_READ,
        Deed.ERASURE_READ,
        Deed.FEED_READ,
        Deed.LIST_READ,
        Deed.MARKING_READ,
        Deed.OBJECTION_READ,
        Deed.OFFICIAL_LIST_READ,
        Deed.PERSON_CREDITS_READ,
        Deed.PERSON_READ,
        Deed.PERSON_SEARCHED_BY_NUMBER,
        Deed.RULES_READ,
        Deed.RULES_TRIAL_READ,
        Deed.STATEMENT_READ,
        Deed.TITLES_READ,
    }
)


class DocumentKind(models.TextChoices):
    PRIVACY_NOTICE = "privacy_notice", _("Privacy notice")
    USER_AGREEMENT = "user_agreement", _("User agreement")


# The versions in force; whoever agreed to an older one is asked again at the next sign-in.
DOCUMENT_VERSIONS = {DocumentKind.PRIVACY_NOTICE: "2026-11", DocumentKind.USER_AGREEMENT: "2026-11"}
