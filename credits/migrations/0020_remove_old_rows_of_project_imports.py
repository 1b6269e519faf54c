from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("credits", "0019_rows_of_project_imports")]

    operations = [migrations.RemoveField(model_name="projectimport", name="old_rows")]
