from typing import Any

from django.db import migrations

# The audit log's triggers learn the age from which rows may go. Those that refuse every DELETE give way here; the new
# ones are installed after this migrate, by cms.shared.append_only.
TABLE = "organisations_auditevent"


def drop(apps: Any, schema_editor: Any) -> None:
    with schema_editor.connection.cursor() as cursor:
        if schema_editor.connection.vendor == "sqlite":
            cursor.execute(f'DROP TRIGGER IF EXISTS "{TABLE}_no_delete"')
        else:
            cursor.execute(f'DROP TRIGGER IF EXISTS "{TABLE}_no_change" ON {TABLE}')


class Migration(migrations.Migration):
    dependencies = [("organisations", "0007_activation_sheet_chosen")]

    operations = [
        # Backwards: the code of that time installs its own trigger after the migrate; ours refuse no less until then.
        migrations.RunPython(drop, migrations.RunPython.noop),
    ]
