"""Rows of sheets that were sent and not entered get rows of their own; a worker compares them anew."""

from typing import Any

from django.db import migrations


def to_rows(apps: Any, _editor: Any) -> None:
    imports, rows = apps.get_model("credits", "ProjectImport"), apps.get_model("credits", "ProjectImportRow")
    for job in imports.objects.filter(import_stage="waiting").exclude(old_rows=[]):
        rows.objects.filter(project_import=job).delete()
        rows.objects.bulk_create(
            [
                rows(project_import=job, sheet=sheet[:100], row_number=number, cells=cells)
                for sheet, number, cells in job.old_rows
            ],
            batch_size=500,
        )
        imports.objects.filter(pk=job.pk).update(import_stage="checking", state="queued")


def from_rows(apps: Any, _editor: Any) -> None:
    imports, rows = apps.get_model("credits", "ProjectImport"), apps.get_model("credits", "ProjectImportRow")
    for job in imports.objects.filter(import_stage__in=["waiting", "checking"]):
        own = rows.objects.filter(project_import=job).order_by("pk")
        kept = [[sheet, number, cells] for sheet, number, cells in own.values_list("sheet", "row_number", "cells")]
        imports.objects.filter(pk=job.pk).update(old_rows=kept, import_stage="waiting", state="done")


class Migration(migrations.Migration):
    dependencies = [("credits", "0018_project_import_jobs")]

    operations = [migrations.RunPython(to_rows, from_rows)]
