from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("quizzes", "0006_convert_questions"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="bank",
            name="multiple_scoring",
        ),
        migrations.RemoveField(
            model_name="questionrevision",
            name="answer",
        ),
        migrations.RemoveField(
            model_name="questionrevision",
            name="explanation",
        ),
        migrations.RemoveField(
            model_name="questionrevision",
            name="points",
        ),
    ]
