"""Sheets of projects as their pages show them."""

from uuid import UUID

from django.db.models import QuerySet

from cms.shared.errors import NotFound
from credits.enums import RowAction
from credits.models import ProjectImport, ProjectImportRow


def imports() -> QuerySet[ProjectImport]:
    """Newest first."""
    return ProjectImport.objects.select_related("sent_by", "applied_by").defer("headings", "mapping")


def import_of(public_id: UUID) -> ProjectImport:
    """Raises NotFound."""
    found = (
        ProjectImport.objects.select_related("sent_by", "applied_by", "undone_by").filter(public_id=public_id).first()
    )
    if found is None:
        raise NotFound
    return found


def rows_of(job: ProjectImport, action: str = "") -> QuerySet[ProjectImportRow]:
    """The rows of projects in the order of the file; of one action, or all."""
    wanted = [action] if action else [one.value for one in RowAction]
    return ProjectImportRow.objects.filter(project_import=job, action__in=wanted).order_by("pk")
