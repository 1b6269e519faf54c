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
    ACTIVE = "active", _("Active")
    ON_LEAVE = "on_leave", _("Maternity or sick leave, or abroad over 6 months")
    EXEMPT = "exempt", _("Not assessed")
    CANCELLED = "cancelled", pgettext_lazy("person", "Cancelled")


class Deed(models.TextChoices):
    """Every verb of the audit log with the words that its readers see. Write a new verb here before you record it."""

    SIGN_IN = "account.sign_in", _("Signed in")
    SIGN_OUT = "account.sign_out", _("Signed out")
    ACTIVATION_ISSUE = "activation.issue", _("Issued an activation code")
    ACTIVATION_USE = "activation.use", _("Set a password with an activation code")
    CONSENT_GIVE = "consent.give", _("Agreed to the notices")
    ENROL = "courses.enrol", _("Enrolled in a course")
    WITHDRAW = "courses.withdraw", _("Withdrew from a course")
    SIGN_OFF = "courses.sign_off", _("Signed off an on-site lesson")
    DUPLICATE_REFUSED = "credits.duplicate_refused", _("Refused to credit the same activity twice")
    ENTRY_REVERSED = "credits.entry_reversed", _("Took back a credit entry")
    EXPORT_REQUEST = "credits.export.request", _("Requested a credit export")
    EXPORT_CANCEL = "credits.export.cancel", _("Cancelled a credit export")
    EXPORT_DOWNLOAD = "credits.export.download", _("Downloaded a credit export")
    OFFICIAL_STATE_SET = "credits.official_state_set", _("Set the official state of an entry")
    PERSON_CREDITS_READ = "credits.person.read", _("Read a person's credits")
    EMPLOYMENT_BEGIN = "employment.begin", _("Entered a person in a unit")
    EMPLOYMENT_END = "employment.end", _("Ended a person's employment")
    LECTURE_RECEIVED = "lecture.received", _("Uploaded a lecture")
    LECTURE_CHANGED = "lecture.changed", _("Changed a lecture")
    LECTURE_DELETED = "lecture.deleted", _("Deleted a lecture")
    LECTURE_RETRIED = "lecture.transcode_retried", _("Started a lecture's conversion again")
    PERSON_CREATE = "person.create", _("Added a person")
    PERSON_CHANGE = "person.change", _("Changed a person's details")
    PERSON_CHANGE_CONTACT = "person.change_contact", _("Changed a person's phone or e-mail")
    PLACE_ADD = "place.add", _("Added a place")
    PLACE_MOVE = "place.move", _("Moved a place")
    PLACE_CLOSE = "place.close", _("Closed a place")
    QUESTION_CREATED = "question_created", _("Wrote a question")
    QUESTION_REVISED = "question_revised", _("Revised a question")
    ROLE_GRANT = "role.grant", _("Granted a role")
    ROLE_END = "role.end", _("Ended a role")


class DocumentKind(models.TextChoices):
    PRIVACY_NOTICE = "privacy_notice", _("Privacy notice")
    USER_AGREEMENT = "user_agreement", _("User agreement")


# The versions in force; whoever agreed to an older one is asked again at the next sign-in.
DOCUMENT_VERSIONS = {DocumentKind.PRIVACY_NOTICE: "2026-11", DocumentKind.USER_AGREEMENT: "2026-11"}
