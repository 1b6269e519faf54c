"""A person agrees to the documents in force."""

from django.db import transaction

from organisations import audit, selectors
from organisations.enums import DOCUMENT_VERSIONS
from organisations.models import Consent, Person


@transaction.atomic
def accept(*, person: Person, language: str) -> list[Consent]:
    """Record consent to every document in force that the person had not agreed to; those records, none twice."""
    Person.objects.select_for_update().get(pk=person.pk)
    given = [
        Consent.objects.create(person=person, document=kind, version=DOCUMENT_VERSIONS[kind], language=language)
        for kind in selectors.missing_consents(person)
    ]
    for consent in given:
        audit.record(
            by=person, verb="consent.give", target=consent, after={"document": str(consent), "language": language}
        )
    return given
