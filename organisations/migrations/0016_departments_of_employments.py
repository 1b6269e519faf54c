"""Who works in a department only by its name works at its place, where the hospital has exactly one of that name.

Backwards nothing changes: the place of a department was a place of work before too, and the name still stands there.
"""

import re
import unicodedata
from typing import Any

from django.db import migrations


def _key(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).casefold()


def forwards(apps: Any, schema_editor: Any) -> None:
    Node, Employment = (apps.get_model("organisations", name) for name in ("Node", "Employment"))
    for hospital in Node.objects.filter(kind="hospital").order_by("path").iterator():
        named: dict[str, list[Any]] = {}
        below = Node.objects.filter(path__startswith=hospital.path, kind="department", closed_on=None)
        for department in below.order_by("path"):
            named.setdefault(_key(department.name), []).append(department)
        if not named:
            continue
        rows = Employment.objects.filter(unit=hospital).exclude(department="")
        for text in list(rows.order_by().values_list("department", flat=True).distinct()):
            found = named.get(_key(text), [])
            if len(found) == 1:
                rows.filter(department=text).update(unit=found[0])


def backwards(apps: Any, schema_editor: Any) -> None:
    pass


class Migration(migrations.Migration):
    dependencies = [("organisations", "0015_departments_of_rosters")]

    operations = [migrations.RunPython(forwards, backwards)]
