import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import cms.shared.storage


class Migration(migrations.Migration):
    dependencies = [
        ("credits", "0017_judgement_turns"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="projectimport",
            options={"ordering": ["-created_at", "-pk"], "verbose_name": "import of projects"},
        ),
        migrations.RenameField(model_name="projectimport", old_name="state", new_name="import_stage"),
        migrations.RenameField(model_name="projectimport", old_name="sent_at", new_name="created_at"),
        migrations.RenameField(model_name="projectimport", old_name="rows", new_name="old_rows"),
        migrations.RemoveField(model_name="projectimport", name="left_out"),
        migrations.AlterField(
            model_name="projectimport",
            name="created_at",
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.AlterField(
            model_name="projectimport",
            name="import_stage",
            field=models.CharField(
                choices=[
                    ("reading", "Being read"),
                    ("checking", "Being compared with the register"),
                    ("waiting", "Ready to look at"),
                    ("applying", "Being entered"),
                    ("applied", "Entered"),
                    ("undoing", "Being undone"),
                    ("undone", "Undone"),
                    ("unreadable", "Cannot be read"),
                ],
                default="reading",
                max_length=10,
            ),
        ),
        migrations.AddField("projectimport", "attempt", models.PositiveSmallIntegerField(default=0, editable=False)),
        migrations.AddField("projectimport", "cancel_requested", models.BooleanField(default=False, editable=False)),
        migrations.AddField(
            "projectimport",
            "error_code",
            models.CharField(blank=True, editable=False, max_length=60, default=""),
            preserve_default=False,
        ),
        migrations.AddField("projectimport", "finished_at", models.DateTimeField(editable=False, null=True)),
        migrations.AddField("projectimport", "heartbeat_at", models.DateTimeField(editable=False, null=True)),
        migrations.AddField(
            "projectimport",
            "last_words",
            models.TextField(blank=True, editable=False, default=""),
            preserve_default=False,
        ),
        migrations.AddField("projectimport", "lease", models.UUIDField(editable=False, null=True)),
        migrations.AddField(
            "projectimport",
            "progress",
            models.PositiveSmallIntegerField(default=0, editable=False, help_text="Percent"),
        ),
        migrations.AddField(
            "projectimport",
            "request_id",
            models.CharField(blank=True, editable=False, max_length=64, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            "projectimport",
            "stage",
            models.CharField(blank=True, editable=False, max_length=40, default=""),
            preserve_default=False,
        ),
        migrations.AddField("projectimport", "started_at", models.DateTimeField(editable=False, null=True)),
        # What is there already was done inside of a request.
        migrations.AddField("projectimport", "state", models.CharField(default="done", editable=False, max_length=10)),
        migrations.AlterField(
            "projectimport",
            "state",
            models.CharField(
                choices=[
                    ("queued", "Waiting"),
                    ("running", "Running"),
                    ("done", "Done"),
                    ("failed", "Failed"),
                    ("cancelled", "Cancelled"),
                ],
                default="queued",
                editable=False,
                max_length=10,
            ),
        ),
        migrations.AddField("projectimport", "counts", models.JSONField(default=dict)),
        migrations.AddField(
            "projectimport",
            "file",
            models.FileField(
                blank=True, default="", max_length=200, storage=cms.shared.storage.private_storage, upload_to=""
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "projectimport",
            "fingerprint",
            models.CharField(blank=True, max_length=64, default=""),
            preserve_default=False,
        ),
        migrations.AddField("projectimport", "leaves_out", models.BooleanField(default=False)),
        migrations.AddField("projectimport", "told", models.JSONField(default=dict)),
        migrations.AddField(
            "projectimport",
            "undone_by",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.CreateModel(
            name="ProjectImportRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sheet", models.CharField(blank=True, max_length=100)),
                ("row_number", models.PositiveIntegerField()),
                ("cells", models.JSONField(default=dict)),
                (
                    "action",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("wrong", "Wrong"),
                            ("new", "To be added"),
                            ("change", "To be changed"),
                            ("same", "There already, the same"),
                        ],
                        max_length=10,
                    ),
                ),
                ("stated", models.JSONField(default=dict)),
                ("troubles", models.JSONField(default=list)),
                ("differences", models.JSONField(default=list)),
                (
                    "project_import",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rows", to="credits.projectimport"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["project_import", "action", "id"], name="project_row_action")],
            },
        ),
    ]
