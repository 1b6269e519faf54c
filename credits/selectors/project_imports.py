"""Sheets of projects as their pages show them."""

from uuid import UUID

from django.db.models import QuerySet

from cms.shared.errors import NotFound
from credits.models import ProjectImport


def imports() -> QuerySet[ProjectImport]:
    """Newest first."""
    return ProjectImport.objects.select_related("sent_by", "applied_by").defer("rows", "headings", "mapping")


def import_of(public_id: UUID) -> ProjectImport:
    """Raises NotFound."""
    found = ProjectImport.objects.select_related("sent_by", "applied_by").filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found
