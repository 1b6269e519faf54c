from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("courses", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="offer",
            name="is_demo",
            field=models.BooleanField(default=False, editable=False, verbose_name="demonstration"),
        ),
    ]
