"""Everything that can be wrong with a roster, each with the words that tell its reader what to do next."""

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class FileProblem(models.TextChoices):
    """Why a file cannot be read at all; a roster's `error_code`."""

    EMPTY_FILE = "roster_empty_file", _("The file is empty. Save the sheet again and send that file.")
    NOT_A_TABLE = "roster_not_a_table", _("This is not a table. Send an .xlsx, .xls or .csv file.")
    TEXT_NAMED_EXCEL = (
        "roster_text_named_excel",
        _("The file is called Excel but holds plain text. Open it in Excel or WPS and save it as .xlsx."),
    )
    HTML_NAMED_EXCEL = (
        "roster_html_named_excel",
        _("The file is called Excel but holds a web page. Open it in Excel or WPS and save it as .xlsx."),
    )
    OTHER_SPREADSHEET = (
        "roster_other_spreadsheet",
        _("This kind of spreadsheet is not read here. Save it as .xlsx and send that file."),
    )
    ENCRYPTED = "roster_encrypted", _("The file is locked with a password. Save a copy without one and send that.")
    DAMAGED = "roster_damaged", _("The file is damaged. Open it in Excel or WPS and save it under a new name.")
    TOO_BIG_INSIDE = (
        "roster_too_big_inside",
        _("Unpacked, the file is far too large. Copy only the table into a new file and send that."),
    )
    TOO_MANY_ROWS = "roster_too_many_rows", _("There are over 100,000 rows. Divide the file into several.")
    TOO_MANY_COLUMNS = "roster_too_many_columns", _("There are over 100 columns. Delete those that are not needed.")
    UNKNOWN_ENCODING = (
        "roster_unknown_encoding",
        _("The letters of this text file cannot be read. Save it as “CSV UTF-8” or as .xlsx."),
    )
    EMPTY_SHEETS = "roster_empty_sheets", _("No sheet has any rows. Check that you sent the right file.")
    NO_HEADER = (
        "roster_no_header",
        _("No row of headings was found in the first five rows. Put “Name” (姓名) and the others above the columns."),
    )


class RowProblem(models.TextChoices):
    """What is said of one cell or one row. Which of them stop a row: `STOPPING` and `ASKING`."""

    # The name
    NAME_MISSING = "name_missing", _("There is no name. Write one, or delete the row.")
    NAME_NOT_A_NAME = "name_not_a_name", _("This is not a name. Check whether the columns have shifted.")
    NAME_TOO_LONG = "name_too_long", _("The name has over 60 characters. Shorten it.")
    # Who it is
    NO_IDENTITY = (
        "no_identity",
        _("Staff number, phone and ID number are all missing. Write at least one of them."),
    )
    STAFF_NUMBER_TOO_LONG = "staff_number_too_long", _("The staff number has over 30 characters. Shorten it.")
    STAFF_NUMBER_LOST_DIGITS = (
        "staff_number_lost_digits",
        _("Excel has turned this staff number into a rounded number. Format the column as text and write it again."),
    )
    STAFF_NUMBER_DECIMAL = "staff_number_decimal", _("A staff number has no decimals. Write it as text.")
    STAFF_NUMBER_CHARACTERS = (
        "staff_number_characters",
        _("A staff number has letters, digits and - _ . / only. Correct it."),
    )
    STAFF_NUMBER_PERSONAL = (
        "staff_number_personal",
        _("This is a phone or ID number. Choose the column for that, or write the unit's own number."),
    )
    # The phone
    PHONE_LANDLINE = "phone_landline", _("This is not a mobile phone. Write the mobile number or leave it empty.")
    PHONE_LENGTH = "phone_length", _("A mobile number has 11 digits; this one has %(digits)s. Correct it.")
    PHONE_PREFIX = "phone_prefix", _("No mobile number begins like this. Correct it.")
    PHONE_CHARACTERS = "phone_characters", _("This is not a phone number. Correct it or leave it empty.")
    PHONE_TWO = "phone_two", _("Two numbers stand in one cell. Keep the mobile number that the person uses.")
    PHONE_LOST_DIGITS = (
        "phone_lost_digits",
        _("Excel has rounded this number. Format the column as text and write it again."),
    )
    PHONE_MASKED = "phone_masked", _("The number is masked; only its last digits were used to find the person.")
    # The ID number
    ID_LOST_DIGITS = (
        "id_lost_digits",
        _(
            "The ID number was stored as a number, so its last digits are lost for good. "
            "Format the column as text and copy the numbers again from their source."
        ),
    )
    ID_CHECK_DIGIT = "id_check_digit", _("The check digit does not fit: a digit is mistyped. Compare it with the card.")
    ID_FIFTEEN = "id_fifteen", _("This is an old ID number of 15 digits. Write the one of 18 digits.")
    ID_LENGTH = "id_length", _("An ID number has 18 characters; this one has %(digits)s. Correct it.")
    ID_CHARACTERS = (
        "id_characters",
        _("This is not a resident ID number. Leave the cell empty for passports and permits."),
    )
    ID_BIRTH_DATE = "id_birth_date", _("The birth date inside the ID number does not exist. Compare it with the card.")
    ID_MASKED = "id_masked", _("The ID number is masked; only its last digits were used to find the person.")
    # The rest
    EMAIL_UNREADABLE = "email_unreadable", _("This is not an e-mail address; it is left out.")
    EMAIL_TWO = "email_two", _("Two e-mail addresses stand in one cell; they are left out.")
    DEPARTMENT_TOO_LONG = "department_too_long", _("The department has over 60 characters. Shorten it.")
    OTHER_DEPARTMENT = (
        "other_department",
        _(
            "This roster is for %(unit)s, but the row names another department. The person is entered in %(unit)s. "
            "Leave the row out, or send it with the roster of the hospital."
        ),
    )
    TITLE_UNKNOWN = "title_unknown", _("This title is not known here; it is left out.")
    TITLE_OTHER_LADDER = (
        "title_other_ladder",
        _("This title is not one of imaging technologists; it is left out."),
    )
    KIND_UNKNOWN = "kind_unknown", _("This kind of employment is not known here; it is left out.")
    DEGREE_UNKNOWN = "degree_unknown", _("This degree is not known here; it is left out.")
    DATE_UNREADABLE = "date_unreadable", _("This is not a date. Write it as 2026-07-01.")
    DATE_IMPOSSIBLE = "date_impossible", _("There is no such day. Correct it.")
    DATE_YEAR_ONLY = "date_year_only", _("Only the year is given. Write the day as 2026-07-01.")
    DATE_SHORT_YEAR = "date_short_year", _("The year has two digits only. Write the day as 2026-07-01.")
    DATE_TOO_EARLY = "date_too_early", _("This day is before 1940. Correct it.")
    DATE_TOO_LATE = "date_too_late", _("This day is over a year ahead. Correct it.")
    ENDS_BEFORE_BEGINS = "ends_before_begins", _("The last day is not after the first. Correct one of them.")
    MONTH_ONLY = "month_only", _("Only the month is given; its first day is taken.")
    # Any cell
    FORMULA = "formula", _("A formula stands here. Replace it by its value (copy, paste as values).")
    CELL_ERROR = "cell_error", _("Excel shows an error here. Write the value itself.")
    CELL_BOOLEAN = "cell_boolean", _("TRUE or FALSE stands here instead of a value. Correct it.")
    CELL_GARBLED = "cell_garbled", _("The letters are garbled. Save the file as .xlsx and send it again.")
    CELL_TOO_LONG = "cell_too_long", _("There is far too much text in this cell. Shorten it.")
    MERGED_IDENTITY = (
        "merged_identity",
        _("This cell is merged over several rows. Undo the merge and write each person's own value."),
    )
    BEYOND_HEADER = "beyond_header", _("There are cells to the right of the last heading; they are left out.")
    REPEATED_HEADER = "repeated_header", _("The headings again: left out.")
    TOTAL_ROW = "total_row", _("A line of totals or notes: left out.")
    # Twice in the file
    DUPLICATE_STAFF_NUMBER = (
        "duplicate_staff_number",
        _("The same staff number stands in %(rows)s too. Keep one."),
    )
    DUPLICATE_PHONE = "duplicate_phone", _("The same phone stands in %(rows)s too. Keep one.")
    DUPLICATE_ID = "duplicate_id", _("The same ID number stands in %(rows)s too. Keep one.")
    DUPLICATE_EMAIL = "duplicate_email", _("Another row has the same e-mail address; it is left out in both.")
    SAME_PERSON_TWICE = "same_person_twice", _("The same person stands in %(rows)s too. Keep one.")
    # Who it may be
    SEVERAL_CANDIDATES = (
        "several_candidates",
        _("Several people fit this row. Choose one, or say that it is a new person."),
    )
    SAME_NAME = (
        "same_name",
        _("Somebody of this name works here already, and nothing else tells. Choose, or say that it is a new person."),
    )
    CONTRADICTION = (
        "contradiction",
        _("Staff number, phone and ID number belong to different people. Choose whom the row is about."),
    )
    NAME_DIFFERS = (
        "name_differs",
        _("The staff number belongs to somebody of another name. Choose, or correct the row."),
    )
    PHONE_OF_ANOTHER = (
        "phone_of_another",
        _("This phone belongs to somebody of another name. Choose, or say that it is a new person (without a phone)."),
    )
    ID_OF_ANOTHER = (
        "id_of_another",
        _("This ID number belongs to somebody of another name. Choose, or correct the row."),
    )
    ID_DIFFERS = "id_differs", _("The person found has another ID number. Choose, or correct the row.")
    COMES_FROM_ELSEWHERE = (
        "comes_from_elsewhere",
        _(
            "Only name and phone lead to this person, who works at another unit. Phone numbers change hands: ask the "
            "person, then choose. Their work there ends by it, and that unit is told."
        ),
    )
    KNOWN_ELSEWHERE = (
        "known_elsewhere",
        _(
            "Only name and phone lead to this account, which never belonged to your unit. Phone numbers change hands: "
            "ask the person, then choose."
        ),
    )
    PRIVILEGED = (
        "privileged_account",
        _("This account has duties outside of your unit. Ask the system administrator to move it."),
    )
    ACCOUNT_CLOSED = "account_closed", _("This person's account is closed. Ask the system administrator.")
    BEGINS_OVERLAP = (
        "begins_overlap",
        _("The first day lies in an earlier employment of this person. Correct it, or leave it empty."),
    )
    LEAVES_PERHAPS = (
        "leaves_perhaps",
        _("Not found in the file, but a row that is not clear may be this person. Decide that row first."),
    )
    LEAVES_WITH_ROLE = (
        "leaves_with_role",
        _("Not found in the file, but this person holds a role in your unit that would end. Say whether they left."),
    )
    CHANGED_MEANWHILE = (
        "changed_meanwhile",
        _("This person was changed after the comparison. Look at the row again."),
    )
    # What was left as it is
    CONTACT_KEPT = (
        "contact_kept",
        _("The person entered another phone or e-mail address; theirs is kept. Choose the person to replace it."),
    )
    ID_KEPT = "id_kept", _("Another unit keeps this person's ID number; it is not changed here.")
    EMAIL_IN_USE = "email_in_use", _("Somebody else uses this e-mail address; it is left out.")
    PHONE_LEFT_OUT = "phone_left_out", _("Somebody else uses this phone; it is left out.")
    TITLE_KEPT = "title_kept", _("A higher title is confirmed already; it is kept.")
    OWN_QUALIFICATION = (
        "own_qualification",
        _("Nobody confirms a title or degree of their own; ask another administrator of your unit."),
    )
    # What an undo could not take back
    KEPT_SIGNED_IN = "kept_signed_in", _("Not undone: the person has signed in.")
    KEPT_USED = "kept_used", _("Not undone: the person has records here (courses, credits, roles).")
    KEPT_EDITED = "kept_edited", _("Not undone: somebody changed the person afterwards.")


P = RowProblem

# With one of these a row cannot be entered: the file has to be corrected.
STOPPING = frozenset(
    {
        P.NAME_MISSING, P.NAME_NOT_A_NAME, P.NAME_TOO_LONG, P.NO_IDENTITY, P.STAFF_NUMBER_TOO_LONG,
        P.STAFF_NUMBER_LOST_DIGITS, P.STAFF_NUMBER_DECIMAL, P.STAFF_NUMBER_CHARACTERS, P.STAFF_NUMBER_PERSONAL,
        P.PHONE_LANDLINE,
        P.PHONE_LENGTH, P.PHONE_PREFIX, P.PHONE_CHARACTERS, P.PHONE_TWO, P.PHONE_LOST_DIGITS, P.ID_LOST_DIGITS,
        P.ID_CHECK_DIGIT, P.ID_FIFTEEN, P.ID_LENGTH, P.ID_CHARACTERS, P.ID_BIRTH_DATE, P.DEPARTMENT_TOO_LONG,
        P.DATE_UNREADABLE, P.DATE_IMPOSSIBLE, P.DATE_YEAR_ONLY, P.DATE_SHORT_YEAR, P.DATE_TOO_EARLY,
        P.DATE_TOO_LATE, P.ENDS_BEFORE_BEGINS, P.FORMULA, P.CELL_ERROR, P.CELL_BOOLEAN, P.CELL_GARBLED,
        P.CELL_TOO_LONG, P.MERGED_IDENTITY, P.DUPLICATE_STAFF_NUMBER, P.DUPLICATE_PHONE, P.DUPLICATE_ID,
        P.SAME_PERSON_TWICE, P.PRIVILEGED, P.ACCOUNT_CLOSED, P.BEGINS_OVERLAP,
    }
)  # fmt: skip
# With one of these somebody has to decide.
ASKING = frozenset(
    {
        P.SEVERAL_CANDIDATES, P.SAME_NAME, P.CONTRADICTION, P.NAME_DIFFERS, P.PHONE_OF_ANOTHER, P.ID_OF_ANOTHER,
        P.ID_DIFFERS, P.LEAVES_PERHAPS, P.LEAVES_WITH_ROLE, P.CHANGED_MEANWHILE, P.COMES_FROM_ELSEWHERE,
        P.KNOWN_ELSEWHERE,
    }
)  # fmt: skip
# Left out or taken as it seems meant: the row is entered, but its sender may want to correct it.
WORTH_CORRECTING = frozenset(
    {
        P.EMAIL_UNREADABLE, P.EMAIL_TWO, P.TITLE_UNKNOWN, P.KIND_UNKNOWN, P.DEGREE_UNKNOWN, P.BEYOND_HEADER,
        P.DUPLICATE_EMAIL, P.EMAIL_IN_USE, P.PHONE_LEFT_OUT, P.OTHER_DEPARTMENT,
    }
)  # fmt: skip
# These rows hold nobody.
PASSED_OVER = frozenset({P.REPEATED_HEADER, P.TOTAL_ROW})


def problem(code: RowProblem, column: str = "", **params: Any) -> dict[str, Any]:
    """As it is kept in `RosterRow.problems`; `column` is the heading, "" for the whole row."""
    return {"column": column, "code": code.value, "params": params}


def text(found: Mapping[str, Any]) -> str:
    """The words of one kept problem, in the language now active."""
    try:
        label = str(RowProblem(found["code"]).label)
    except ValueError:  # a code of an older release
        return str(found["code"])
    params = dict(found["params"])
    if "rows" in params:
        params["rows"] = _rows(params["rows"])
    return label % params if params else label


def _rows(listed: Any) -> str:
    """ "row 3, row 5 of sheet B"; a release before kept the numbers as one text."""
    if isinstance(listed, str):
        return gettext("row %(number)s") % {"number": listed}
    told = []
    for one in listed:
        if isinstance(one, list):
            told.append(gettext("row %(number)s of sheet %(sheet)s") % {"sheet": one[0], "number": one[1]})
        else:
            told.append(gettext("row %(number)s") % {"number": one} if one != "…" else one)
    return ", ".join(told)
