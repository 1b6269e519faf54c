import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("quizzes", "0001_initial"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="quizquestion",
            options={
                "ordering": ["sort_order"],
                "verbose_name": "question of a quiz",
                "verbose_name_plural": "questions of a quiz",
            },
        ),
        migrations.AlterField(
            model_name="quizquestion",
            name="question",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="quiz_questions",
                to="quizzes.question",
                verbose_name="question",
            ),
        ),
    ]
