"""Two accounts of one person become one: the one that stays gets both histories, the other can only be read."""

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from organisations import audit, histories, notifications
from organisations.enums import Power, RequestState
from organisations.models import AccountMerge, Employment, Membership, Person
from organisations.selectors import in_force, people_in, scope_for
from organisations.selectors.access import outranked
from organisations.selectors.directory import sees_everybody
from organisations.services import groups


class SameAccount(errors.InvalidInput):
    code = "same_account"
    message = _("This is one and the same account. Choose the other one.")


class OwnAccount(errors.OutOfScope):
    code = "own_account"
    message = _("Nobody merges an account of their own. Ask another administrator.")


class AlreadyMerged(errors.Conflict):
    code = "already_merged"
    message = _("One of these accounts was merged or closed in the meantime. Load the page again.")


class DifferentIdNumbers(errors.Conflict):
    code = "different_id_numbers"
    message = _(
        "These accounts have different ID numbers: they are two people, or one number is wrong. Correct it first."
    )


class HoldsHigherRole(errors.OutOfScope):
    code = "holds_higher_role"
    message = _("One of these accounts holds a role beyond your unit. Ask the system administrator to merge them.")


class ErasureUnderWay(errors.Conflict):
    code = "erasure_under_way"
    message = _("The erasure of one of these accounts was agreed. It has to be withdrawn before they can be merged.")


class ReasonMissing(errors.InvalidInput):
    code = "reason_missing"
    message = _("Say why; the reason stays in the log.")


def check(*, by: Person, kept: Person, merged: Person) -> None:
    """Raises why `by` may not merge `merged` into `kept`: what `merge` raises, but for a missing reason."""
    if kept.pk == merged.pk:
        raise SameAccount
    if by.pk in {kept.pk, merged.pk}:
        raise OwnAccount
    for person in (kept, merged):
        if not may_keep(by, person):
            raise errors.OutOfScope
    if not kept.is_active or kept.merged_into_id or merged.merged_into_id:
        raise AlreadyMerged
    if kept.id_number_index and merged.id_number_index:
        raise DifferentIdNumbers
    # Roles to come count as well: nobody reaches beyond their own power by way of an account that they open.
    if outranked(by=by, people=(kept, merged)) != {kept.pk, merged.pk}:
        raise HoldsHigherRole
    if any(p.erasure_requests.filter(request_state=RequestState.ACCEPTED).exists() for p in (kept, merged)):
        raise ErasureUnderWay


def may_keep(by: Person, person: Person) -> bool:
    """Whether `by` keeps this person: through a place, or as system administrator of a whole tree without one."""
    if people_in(scope_for(by, Power.KEEP_PEOPLE)).filter(pk=person.pk).exists():
        return True
    has_place = (
        Employment.objects.filter(in_force(), person=person).exists()
        or Membership.objects.filter(in_force(), person=person).exists()
    )
    return not has_place and sees_everybody(by)


def merge(*, by: Person, kept: Person, merged: Person, reason: str) -> AccountMerge:
    """Give `kept` what `merged` has, and close `merged`: it cannot sign in, and keeps what `kept` had in a better form.

    Raises SameAccount, OwnAccount, OutOfScope, AlreadyMerged, DifferentIdNumbers, HoldsHigherRole, ErasureUnderWay,
    ReasonMissing. Locks both people, in the order of their keys.
    """
    if not reason.strip():
        raise ReasonMissing
    check(by=by, kept=kept, merged=merged)
    for person in (kept, merged):
        for history in histories.registered():
            history.settle(person)
    return _merge(by, kept, merged, reason)


@transaction.atomic
def _merge(by: Person, kept: Person, merged: Person, reason: str) -> AccountMerge:
    for pk in sorted({kept.pk, merged.pk}):
        Person.objects.filter(pk=pk).update(language=F("language"))
    kept, merged = Person.objects.get(pk=kept.pk), Person.objects.get(pk=merged.pk)
    check(by=by, kept=kept, merged=merged)
    before = {"user_name": merged.username, "has_contact": _contact(merged)}
    merged.is_active = False
    merged.merged_into = kept
    merged.set_unusable_password()  # and with the password every session ends
    merged.save(update_fields=["is_active", "merged_into", "password"])
    Person.objects.filter(merged_into=merged).update(merged_into=kept)
    Authenticator.objects.filter(user=merged).delete()
    moved: dict[str, int] = {}
    for history in histories.registered():
        moved |= history.move(kept, merged)
    for history in histories.registered():
        history.settle(kept)
    kept.refresh_from_db()
    merged.refresh_from_db()
    groups.sync(kept)
    groups.sync(merged)
    row = AccountMerge.objects.create(
        kept=kept, merged=merged, by=by, reason=reason.strip()[:200], moved=moved, at=timezone.now()
    )
    told = {"kept": str(kept.public_id), "merged": str(merged.public_id), "reason": row.reason, "moved": moved}
    for account in (kept, merged):
        audit.record(by=by, verb="account.merge", target=account, before=before, after=told)
    with translation.override(kept.language):
        link = reverse("organisations:profile")
    notifications.notify(
        person=kept, kind="accounts_merged", params={"user_name": merged.username}, key=f"merge:{row.pk}", link=link
    )
    return row


def _contact(person: Person) -> list[str]:
    return [name for name, there in (("e-mail", person.email), ("phone", person.phone_sealed)) if there]
