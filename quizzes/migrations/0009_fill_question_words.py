from typing import Any

from django.db import migrations


def fill(apps: Any, schema_editor: Any) -> None:
    questions = apps.get_model("quizzes", "Question").objects.using(schema_editor.connection.alias)
    for question in questions.filter(current__isnull=False, words="").select_related("current").iterator():
        revision = question.current
        texts = (revision.stem, *(item["stem"] for item in revision.items))
        question.words = "\n".join(text for text in texts if text)
        question.save(update_fields=["words"])


class Migration(migrations.Migration):
    dependencies = [
        ("quizzes", "0008_question_words"),
    ]

    operations = [
        # The column goes with 0008 and is filled again from the revisions.
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
