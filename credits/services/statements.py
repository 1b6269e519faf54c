"""Statements on one page: asked for, made by a worker, verified by a code by whoever holds the paper, withdrawn."""

import hashlib
from datetime import datetime
from typing import IO

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from cms.shared import crypto, errors, jobs
from cms.shared.jobs import JobState, LostLease
from cms.shared.storage import delete_on_commit, private_folder, private_storage
from credits import selectors
from credits.exports import one_page
from credits.models import Statement
from credits.selectors import pages
from credits.selectors.statements import Verified, valid_until, verified
from organisations import audit, rules
from organisations.deeds import Deed
from organisations.models import Person
from organisations.selectors import employment_on
from organisations.services.activation import spaced

BODY = rules.CODE_LENGTH - 1


class StatementNotReady(errors.Conflict):
    code = "statement_not_ready"
    message = _("This statement is not ready yet. Wait until the page says that it is.")


class StatementWithdrawn(errors.DomainError):
    code, http_status = "statement_withdrawn", 410
    message = _("This statement was withdrawn. Ask for a new one on the page of the credits.")


class MistypedStatementCode(errors.InvalidInput):
    code = "statement_code_mistyped"
    message = _("There is a typing error in this code. Compare all 12 characters with the paper.")


class UnknownStatementCode(errors.InvalidInput):
    code = "statement_code_unknown"
    message = _(
        "No statement has this code: it was never given out, its time is over, or the account is no longer there. "
        "Ask the person for a new statement."
    )


@transaction.atomic
def request_statement(*, by: Person, person: Person, year: str, rule_set_id: str, language: str) -> Statement:
    """Queue the statement of a year as it stands today; the same one again where nothing changed.

    Whether `by` may see the person is the caller's to know. Raises NotFound for a year without rules.
    """
    Person.objects.select_for_update().get(pk=person.pk)
    found = pages.year_page(person=person, year=year, rule_set_id=rule_set_id).standing
    today = selectors.today_in(found.rule_set_id)
    with translation.override(language):
        employment = employment_on(person, today)
        content = one_page.content_of(found, employment=employment, as_of=today, language=language)
    content["book"] = one_page.sha256_of_book(found)
    # After a withdrawal the same page is another statement, with another code.
    content["issue"] = 1 + Statement.objects.filter(person=person, withdrawn_at__isnull=False).count()
    made, is_new = Statement.objects.get_or_create(
        content_sha256=one_page.sha256_of(content),
        defaults={
            "person": person, "asked_by": by, "rule_set_id": found.rule_set_id, "year": found.year, "as_of": today,
            "language": language, "content": content, "book_sha256": content["book"],
        },
    )  # fmt: skip
    if is_new:
        after = {"year": found.year, "rule_set": found.rule_set_id}
        audit.record(by=by, verb=Deed.STATEMENT_REQUEST, target=person, after=after)
        jobs.wake(Statement.task_name, made.pk)
    elif made.state in {JobState.FAILED, JobState.CANCELLED}:
        made.retry()
    return made


def run_statement(pk: int) -> None:
    """Make the page of statement `pk`, if it still waits. A second run replaces what a killed one left."""
    statement = Statement.claim(pk)
    if statement is None:
        return
    try:
        _make(statement)
    except LostLease:
        statement.give_up()
    except Exception as error:  # every fault ends in a state that the person sees
        statement.fail_unexpected(error)


def _make(statement: Statement) -> None:
    code = code_of(statement.content_sha256)
    with translation.override(statement.language):
        address = settings.WAGTAILADMIN_BASE_URL.rstrip("/") + reverse("credits:verify")
    # What stands after the hash goes to no server and into no log: the page takes it into its field.
    made = one_page.pdf(statement.content, code=spaced(code), address=address, link=f"{address}#code={code}")
    statement.beat(stage="storing", progress=90)
    storage, folder = private_storage(), private_folder("statements", statement.public_id)
    for earlier in range(1, statement.attempt + 1):
        storage.delete(f"{folder}/{earlier}.pdf")
    key = storage.save(f"{folder}/{statement.attempt}.pdf", ContentFile(made))
    try:
        statement.finish(
            file_key=key, file_sha256=hashlib.sha256(made).hexdigest(),
            code_index=crypto.index(code, field="credits.statement"),
        )  # fmt: skip
    except LostLease:
        storage.delete(key)
        raise


def code_of(content_sha256: str) -> str:
    """The code of a content: nobody guesses it without the key, and the same content has the same one."""
    number = 0
    while True:
        value = int(crypto.index(f"{content_sha256}:{number}", field="credits.statement"), 16)
        body = "".join(rules.ALPHABET[value >> 5 * place & 31] for place in range(BODY))
        code = rules.code_with_check(body)
        # A check symbol that is no letter or digit is hard to type from paper: then the next one is taken.
        if code[-1] in rules.ALPHABET:
            return code
        number += 1


def open_file(*, by: Person, statement: Statement) -> IO[bytes]:
    """The page; that it was opened is written down. Raises StatementNotReady, StatementWithdrawn."""
    if statement.withdrawn_at is not None:
        raise StatementWithdrawn
    if statement.state != JobState.DONE or not statement.file_key:
        raise StatementNotReady
    file = private_storage().open(statement.file_key)
    audit.record(by=by, verb=Deed.STATEMENT_READ, target=statement.person, after={"sha256": statement.file_sha256})
    return file


def file_name(statement: Statement) -> str:
    with translation.override(statement.language):
        title = translation.gettext("Credit statement %(year)s") % {"year": statement.year}
    return f"{title} {statement.content['person']['name']}.pdf"


@transaction.atomic
def withdraw(*, by: Person | None, statement: Statement) -> bool:
    """Its code says from now on that it does not hold, the file goes; False if that was so already."""
    rows = Statement.objects.filter(pk=statement.pk, withdrawn_at__isnull=True)
    if not rows.update(withdrawn_at=timezone.now(), file_key=""):
        return False
    statement.cancel()  # one that is still being made gets no file
    delete_on_commit(statement.file_key)
    audit.record(by=by, verb=Deed.STATEMENT_WITHDRAW, target=statement.person, after={"year": statement.year})
    return True


def trial(text: str) -> str:
    """The keyed hash under which tries of a typed code are counted: of what precedes its check character."""
    typed = text.strip().upper().replace("-", "").replace(" ", "")[:BODY]
    return crypto.index(f"trial:{typed}", field="credits.statement")


def verify(text: str) -> Verified:
    """What a typed code stands for. Raises MistypedStatementCode, UnknownStatementCode."""
    try:
        code = rules.code(text)
    except ValueError as error:
        raise MistypedStatementCode from error
    indexes = crypto.indexes(code, field="credits.statement")
    statement = Statement.objects.filter(code_index__in=indexes).select_related("person").first()
    if statement is None or valid_until(statement) <= timezone.now():
        raise UnknownStatementCode
    audit.record(by=None, verb=Deed.STATEMENT_VERIFY, target=statement.person, after={"year": statement.year})
    return verified(statement, has_changed=has_changed(statement))


def has_changed(statement: Statement) -> bool:
    """Whether the book, or the rules that judge it, say something else today than on the paper."""
    try:
        found = selectors.standing(
            person=statement.person, rule_set_id=statement.rule_set_id, year=statement.year, on=statement.as_of
        )
    except selectors.NoRuleSetInForce:
        return True
    return one_page.sha256_of_book(found) != statement.book_sha256


def erase_old(now: datetime | None = None) -> int:
    """Erase the statements whose time is over, files first; how many."""
    now, erased = now or timezone.now(), 0
    for statement in Statement.objects.select_related("person").order_by("created_at", "pk").iterator():
        if valid_until(statement) > now:
            break
        if statement.file_key:
            private_storage().delete(statement.file_key)
        with transaction.atomic():
            statement.delete()
            audit.record(by=None, verb=Deed.STATEMENT_ERASE, target=statement.person, after={"year": statement.year})
        erased += 1
    return erased
