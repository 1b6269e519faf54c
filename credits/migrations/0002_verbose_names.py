import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("credits", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="rulesetversion",
            name="document",
            field=models.JSONField(verbose_name="document"),
        ),
        migrations.AlterField(
            model_name="rulesetversion",
            name="document_sha256",
            field=models.CharField(max_length=64, verbose_name="SHA-256 of the document"),
        ),
        migrations.AlterField(
            model_name="rulesetversion",
            name="effective_from",
            field=models.DateField(verbose_name="in force from"),
        ),
        migrations.AlterField(
            model_name="rulesetversion",
            name="effective_to",
            field=models.DateField(null=True, verbose_name="in force until (that day excluded)"),
        ),
        migrations.AlterField(
            model_name="rulesetversion",
            name="jurisdiction",
            field=models.CharField(max_length=20, verbose_name="jurisdiction"),
        ),
        migrations.AlterField(
            model_name="rulesetversion",
            name="loaded_at",
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name="loaded at"),
        ),
        migrations.AlterField(
            model_name="rulesetversion",
            name="mark",
            field=models.CharField(max_length=10, verbose_name="verification"),
        ),
        migrations.AlterField(
            model_name="rulesetversion",
            name="parent",
            field=models.CharField(blank=True, max_length=60, verbose_name="inherits from"),
        ),
        migrations.AlterField(
            model_name="rulesetversion",
            name="rule_set_id",
            field=models.CharField(max_length=40, verbose_name="rule set"),
        ),
        migrations.AlterField(
            model_name="rulesetversion",
            name="title",
            field=models.CharField(max_length=200, verbose_name="title"),
        ),
        migrations.AlterField(
            model_name="rulesetversion",
            name="title_en",
            field=models.CharField(blank=True, max_length=200, verbose_name="English title"),
        ),
        migrations.AlterField(
            model_name="rulesetversion",
            name="version",
            field=models.CharField(max_length=20, verbose_name="version"),
        ),
    ]
