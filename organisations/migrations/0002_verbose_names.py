import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("organisations", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="auditevent",
            name="actor",
            field=models.CharField(blank=True, max_length=80, verbose_name="actor"),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="address",
            field=models.GenericIPAddressField(null=True, verbose_name="network address"),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="after",
            field=models.JSONField(default=dict, verbose_name="after"),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="at",
            field=models.DateTimeField(db_index=True, default=django.utils.timezone.now, verbose_name="time"),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="before",
            field=models.JSONField(default=dict, verbose_name="before"),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="request_id",
            field=models.CharField(blank=True, max_length=64, verbose_name="request id"),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="target",
            field=models.CharField(blank=True, max_length=200, verbose_name="target"),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="target_id",
            field=models.CharField(max_length=64, verbose_name="target's id"),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="target_kind",
            field=models.CharField(max_length=60, verbose_name="kind of target"),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="verb",
            field=models.CharField(db_index=True, max_length=60, verbose_name="deed"),
        ),
    ]
