"""A city branch whose name holds the name of exactly one prefecture-level unit takes its members; both ways."""

from typing import Any

from django.db import migrations


def forwards(apps: Any, schema_editor: Any) -> None:
    Node = apps.get_model("organisations", "Node")
    cities = {node.name.removesuffix("市"): node for node in Node.objects.filter(kind="prefecture", closed_on=None)}
    for branch in Node.objects.filter(kind="branch", closed_on=None, city=None).order_by("path"):
        named = [city for name, city in cities.items() if name and name in branch.name]
        if len(named) == 1:
            Node.objects.filter(pk=branch.pk).update(city=named[0])


def backwards(apps: Any, schema_editor: Any) -> None:
    """Nothing: the column goes with the schema."""


class Migration(migrations.Migration):
    dependencies = [("organisations", "0012_city_of_a_branch")]

    operations = [migrations.RunPython(forwards, backwards)]
