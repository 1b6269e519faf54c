"""To alter a column, SQLite makes the table anew, fills it from the old one and drops that, triggers and all."""

import pkgutil

from django.db import migrations, models

from credits import migrations as ours

LAST = max(module.name for module in pkgutil.iter_modules(ours.__path__))


class Migration(migrations.Migration):
    dependencies = [("credits", LAST)]
    operations = [migrations.AlterField("entry", "title", models.CharField(max_length=400))]
