"""A person's staff number goes to the employment it belongs to, a state gets its dates; both ways."""

from typing import Any

from django.db import migrations

# What stood in Person.state → what a period says. Leave was not told apart: it becomes sick leave, with a note.
STATES = {"on_leave": "sick", "exempt": "exempt", "cancelled": "cancelled"}
BACK = {"maternity": "on_leave", "sick": "on_leave", "abroad": "on_leave", "new": "exempt"}
NOTE = "产假、病假或境外工作6个月以上 (maternity or sick leave, or abroad over 6 months)"


def forwards(apps: Any, schema_editor: Any) -> None:
    Person, Employment, StatePeriod = (
        apps.get_model("organisations", n) for n in ("Person", "Employment", "StatePeriod")
    )
    for person in Person.objects.exclude(staff_number="").iterator():
        Employment.objects.filter(person=person, ends__isnull=True).update(staff_number=person.staff_number)
    for person in Person.objects.exclude(state="active").iterator():
        StatePeriod.objects.create(
            person=person,
            state=STATES[person.state],
            begins=person.date_joined.date(),
            note=NOTE if person.state == "on_leave" else "",
        )


def backwards(apps: Any, schema_editor: Any) -> None:
    Person, Employment, StatePeriod = (
        apps.get_model("organisations", n) for n in ("Person", "Employment", "StatePeriod")
    )
    for employment in Employment.objects.filter(ends__isnull=True).exclude(staff_number="").iterator():
        Person.objects.filter(pk=employment.person_id).update(staff_number=employment.staff_number)
    for period in StatePeriod.objects.filter(ends__isnull=True).order_by("begins").iterator():
        Person.objects.filter(pk=period.person_id).update(state=BACK.get(period.state, period.state))


class Migration(migrations.Migration):
    dependencies = [("organisations", "0004_people_and_units")]

    operations = [migrations.RunPython(forwards, backwards)]
