from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("organisations", "0005_dated_states")]

    operations = [
        migrations.RemoveField(
            model_name="person",
            name="staff_number",
        ),
        migrations.RemoveField(
            model_name="person",
            name="state",
        ),
    ]
