"""Following further rule sets, writing reflections, and declaring what is kept outside of the book."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from credits.models import Declaration, Entry, Following, Reflection
from credits.rules import Period, RuleSet
from credits.rules.personal import figures_asked, leaves_category, steps_asked
from credits.selectors import rule_book, today_in
from credits.selectors.following import step_title
from credits.services import reported
from organisations import audit
from organisations.enums import QualificationState
from organisations.models import Person


class UnknownRuleSet(errors.InvalidInput):
    code = "unknown_rule_set"
    message = _("Choose rules from the list.")


class AlreadyFollowed(errors.Conflict):
    code = "rule_set_already_followed"
    message = _("You follow these rules already. Change what stands there.")


class AnchorMissing(errors.InvalidInput):
    code = "anchor_missing"
    message = _("Your periods under these rules hang on this. Look at your credential and enter it.")


class NotFollowed(errors.Conflict):
    code = "rule_set_not_followed"
    message = _("You do not follow these rules any more. Load the page again.")


class NotYetEarned(errors.InvalidInput):
    code = "credential_not_yet_earned"
    message = _("The day lies in the future. Enter a credential when it has been earned.")


class NotYours(errors.OutOfScope):
    code = "entry_not_yours"
    message = _("A reflection is written by whose entry it is.")


def newest(rule_set_id: str) -> RuleSet:
    """Raises UnknownRuleSet."""
    versions = rule_book().of(rule_set_id)
    if not versions:
        raise UnknownRuleSet
    return versions[-1].rules


@transaction.atomic
def follow(
    *,
    by: Person,
    rule_set_id: str,
    begins: date | None = None,
    birth_month: int | None = None,
    biennium_start_year: int | None = None,
    credential_earned_on: date | None = None,
    credential: str = "",
) -> Following:
    """Follow a rule set from a day on (default: today there).

    Raises UnknownRuleSet, AnchorMissing, NotYetEarned, AlreadyFollowed.
    """
    rules = newest(rule_set_id)
    anchors = _anchors(rules, birth_month, biennium_start_year, credential_earned_on, credential)
    try:
        with transaction.atomic():
            following = Following.objects.create(
                person=by, rule_set_id=rule_set_id, begins=begins or today_in(rule_set_id), **anchors
            )
    except IntegrityError as error:
        raise AlreadyFollowed from error
    audit.record(by=by, verb="credits.rules.follow", target=by, after={"rule_set": rule_set_id})
    return following


@transaction.atomic
def change(
    *,
    by: Person,
    following: Following,
    birth_month: int | None = None,
    biennium_start_year: int | None = None,
    credential_earned_on: date | None = None,
    credential: str = "",
) -> Following:
    """Change what the periods hang on. Raises AnchorMissing, NotYetEarned, NotFollowed."""
    anchors = _anchors(
        newest(following.rule_set_id), birth_month, biennium_start_year, credential_earned_on, credential
    )
    if Following.objects.filter(pk=following.pk, person=by, ends__isnull=True).update(**anchors) != 1:
        raise NotFollowed
    following.refresh_from_db()
    audit.record(by=by, verb="credits.rules.change", target=by, after={"rule_set": following.rule_set_id})
    return following


@transaction.atomic
def stop(*, by: Person, following: Following) -> None:
    """From today on the rules are not followed; what was recorded under them stays. Raises NotFollowed."""
    ends = max(following.begins, today_in(following.rule_set_id))
    if Following.objects.filter(pk=following.pk, person=by, ends__isnull=True).update(ends=ends) != 1:
        raise NotFollowed
    audit.record(by=by, verb="credits.rules.stop", target=by, after={"rule_set": following.rule_set_id})


@transaction.atomic
def reflect(
    *,
    by: Person,
    entry: Entry,
    category: str = "",
    learned: str = "",
    practice: str = "",
    service_user: str = "",
    outcome: str = "",
) -> Reflection | None:
    """Write about an entry of one's own, or write it anew; None where all of it was emptied.

    Raises NotYours, InvalidInput for an unknown category.
    """
    if entry.book.owner_id != by.pk:
        raise NotYours
    version = rule_book().in_force(entry.rule_set_id, entry.ends_on)
    if category and (version is None or not leaves_category(version.rules) or category not in version.rules.categories):
        raise errors.InvalidInput(_("Choose a kind of activity from the list."))
    texts = {
        "category": category,
        "learned": learned.strip(),
        "practice": practice.strip(),
        "service_user": service_user.strip(),
        "outcome": outcome.strip(),
    }
    reflection: Reflection | None = None
    if any(texts.values()):
        reflection, _is_new = Reflection.objects.update_or_create(
            entry=entry, defaults={"person": by, "written_at": timezone.now(), **texts}
        )
    else:
        Reflection.objects.filter(entry=entry).delete()
    # What somebody wrote about themselves is not for the log; that they wrote is.
    written = sorted(name for name, text in texts.items() if text)
    audit.record(by=by, verb="credits.reflection.write", target=entry, after={"written": written})
    return reflection


@transaction.atomic
def declare(
    *, by: Person, rules: RuleSet, rule_set_id: str, period: Period, values: Mapping[str, Decimal | None]
) -> int:
    """State steps (1: taken) and figures of a period; None takes back what nobody confirmed. How many rows changed.

    What is confirmed stays as it is. Raises InvalidInput for a name that the rules do not know or a negative figure.
    """
    known = {*steps_asked(rules), *figures_asked(rules)}
    if not set(values) <= known or any(value is not None and value < 0 for value in values.values()):
        raise errors.InvalidInput
    Person.objects.select_for_update().get(pk=by.pk)
    changed: dict[str, str] = {}
    for name, value in values.items():
        rows = Declaration.objects.filter(
            person=by, rule_set_id=rule_set_id, period_begins=period.begins, name=name
        ).exclude(state=QualificationState.REFUSED)
        present = rows.first()
        if present is not None and (present.state == QualificationState.CONFIRMED or present.value == value):
            continue
        if present is None and value is None:
            continue
        rows.delete()
        if value is not None:
            Declaration.objects.create(
                person=by, rule_set_id=rule_set_id, period_begins=period.begins, name=name, value=value
            )
        changed[name] = "" if value is None else str(value)
    if changed:
        audit.record(by=by, verb="credits.declare", target=by, after={"rule_set": rule_set_id, **changed})
    return len(changed)


def _anchors(
    rules: RuleSet,
    birth_month: int | None,
    biennium_start_year: int | None,
    credential_earned_on: date | None,
    credential: str,
) -> dict[str, object]:
    kind = rules.period.type
    if kind == "anniversary" and (birth_month is None or biennium_start_year is None):
        raise AnchorMissing
    if kind == "per_credential" and credential_earned_on is None:
        raise AnchorMissing
    if credential_earned_on is not None and credential_earned_on > timezone.localdate():
        raise NotYetEarned
    if birth_month is not None and not 1 <= birth_month <= 12:
        raise AnchorMissing
    return {
        "birth_month": birth_month,
        "biennium_start_year": biennium_start_year,
        "credential_earned_on": credential_earned_on,
        "credential": credential.strip(),
    }


@transaction.atomic
def confirm_declaration(*, by: Person, declaration: Declaration) -> None:
    """Somebody else has seen what it rests on; the person is told. Raises OwnFact, AlreadyDecided."""
    reported.confirm(
        by=by, fact=declaration, kind="credits.declaration_confirmed", page="credits:my_rules",
        params=_told(declaration),
    )  # fmt: skip
    audit.record(by=by, verb="credits.declaration.confirm", target=declaration.person, after=_told(declaration))


@transaction.atomic
def refuse_declaration(*, by: Person, declaration: Declaration, reason: str) -> None:
    """Raises ReasonMissing, OwnFact, AlreadyDecided."""
    reported.refuse(
        by=by, fact=declaration, reason=reason, kind="credits.declaration_refused", page="credits:my_rules",
        params=_told(declaration),
    )  # fmt: skip
    told = {**_told(declaration), "reason": declaration.decision}
    audit.record(by=by, verb="credits.declaration.refuse", target=declaration.person, after=told)


def _told(declaration: Declaration) -> dict[str, str]:
    with translation.override("en"):
        name = step_title(declaration.name)
    return {"name": name, "rule_set": declaration.rule_set_id, "value": str(declaration.value)}
