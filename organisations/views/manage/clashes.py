"""An administrator types a number or address that another account has: what the page may say of that."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from organisations import audit
from organisations.models import Person
from organisations.selectors.contacts import holder_seen


def clash(by: Person, form: forms.Form) -> dict[str, Person | None] | None:
    """Who has the number or address that was typed, where `by` may know; None where nobody has. Looking is logged."""
    typed = form.cleaned_data
    is_taken, holder = holder_seen(by, phone=typed.get("phone", ""), email=typed.get("email", ""))
    audit.record(by=by, verb="person.searched_by_number", target=holder or by, after={"found": is_taken})
    return {"holder": holder} if is_taken else None


def told(count: int) -> str:
    """What became of asking those who look after the other account."""
    if not count:
        return _("Nobody was asked: nobody but you looks after the other account. The system administrator can help.")
    text = ngettext(
        "%(count)d administrator of the other account was asked. When they have taken it off, it can be entered here.",
        "%(count)d administrators of the other account were asked. When they have taken it off, it can be entered "
        "here.",
        count,
    )
    return text % {"count": count}
