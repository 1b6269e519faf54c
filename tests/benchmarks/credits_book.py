"""A province's people and their book, made quickly: rows by COPY, with chains and a feed that verify."""

import hmac
import json
import random
import uuid
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import chain

from django.db import connection
from django.db.models import Model

from cms.shared import crypto
from credits.enums import ActivityKind, CreditRole, GrantMethod
from credits.models import Book, Entry
from credits.selectors import rule_book
from credits.services import chain as sealing
from credits.services.rule_sets import load_rule_sets
from organisations.enums import HospitalLevel, NodeKind, ProfessionalTitle, Tree
from organisations.models import Employment, Node, Person
from tests.benchmarks.rosters_child import id_number, name

RULE_SET = "cn-henan-cme"
PREFECTURES, HOSPITALS, DEPARTMENTS, WARD = 18, 600, 3, 40
ACTIVITIES, EARLIER, KINDS = 400, 10, ("project_attend", "promo_online", "project_attend")


def copy_in(rows: Iterable[Model]) -> int:
    """Write instances by COPY; those without a key get the next ones."""
    count, every = 0, iter(rows)
    first = next(every, None)
    if first is None:
        return 0
    fields = [one for one in first._meta.concrete_fields if not one.primary_key or first.pk is not None]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # all keys are known to be there
        with cursor.copy(f'COPY "{first._meta.db_table}" ({columns}) FROM STDIN') as into:
            for row in chain([first], every):
                into.write_row([one.get_db_prep_save(getattr(row, one.attname), connection) for one in fields])
                count += 1
        cursor.execute("SET session_replication_role = DEFAULT")
    return count


def places_and_people(people: int, year: int) -> Node:
    """The province. Its first 40 people work in a ward of their own, the others in departments of its hospitals."""
    load_rule_sets()
    province = Node.add_root(tree=Tree.ADMINISTRATION, kind=NodeKind.PROVINCE, name="演示省", code="P")
    hospitals = min(HOSPITALS, max(PREFECTURES, people // 100))
    cities = [_below(province, n, NodeKind.PREFECTURE, f"第{n}市", f"C{n:02}") for n in range(PREFECTURES)]
    units = [
        _below(cities[n % PREFECTURES], n // PREFECTURES, NodeKind.HOSPITAL, f"第{n}人民医院", f"H{n:03}")
        for n in range(hospitals)
    ]
    wards = [
        _below(unit, n, NodeKind.DEPARTMENT, f"影像科{n}", f"{unit.code}D{n}")
        for unit in units
        for n in range(DEPARTMENTS)
    ]
    ward = _below(units[0], DEPARTMENTS, NodeKind.DEPARTMENT, "CT室", "WARD")
    for parents, count in (
        ([province], PREFECTURES), (cities, -(-hospitals // PREFECTURES)), (units, DEPARTMENTS + 1),
    ):  # fmt: skip
        for parent in parents:
            parent.numchild = count
    province.save()
    Node.objects.bulk_create([*cities, *units, *wards, ward])
    wards = list(Node.objects.filter(kind=NodeKind.DEPARTMENT).exclude(code="WARD").order_by("path"))
    ward = Node.objects.get(code="WARD")
    copy_in(_person(serial) for serial in range(people))
    copy_in(
        Employment(
            pk=serial + 1, person_id=serial + 1, unit=ward if serial < WARD else wards[serial % len(wards)],
            staff_number=f"A{serial * 7919 % 1_000_003:07}", begins=date(2019, 7, 1),
        )
        for serial in range(people)
    )  # fmt: skip
    copy_in(Book(pk=serial + 1, owner_id=serial + 1) for serial in range(people))
    return province


def _below(parent: Node, n: int, kind: NodeKind, title: str, code: str) -> Node:
    return Node(
        path=Node._get_path(parent.path, parent.depth + 1, n + 1), depth=parent.depth + 1, tree=parent.tree, kind=kind,
        name=title, code=code, level=HospitalLevel.SECONDARY if kind == NodeKind.HOSPITAL else "",
    )  # fmt: skip


def _person(serial: int) -> Person:
    titles = list(ProfessionalTitle)
    person = Person(
        pk=serial + 1, username=f"seed{serial}", name=name(serial), password="!", title=titles[serial % len(titles)]
    )
    person.set_id_number(id_number(serial))
    return person


def _activities(year: int) -> list[Entry]:
    """What could be done in a year, as the entries of nobody yet: courses of 20 to 600 minutes."""
    dice, found = random.Random(year), []
    for n in range(ACTIVITIES):
        day = date(year, 1, 1) + timedelta(days=dice.randrange(300))
        version, begins = rule_book().in_force(RULE_SET, day), datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
        assert version is not None
        kind, minutes = dice.choice(KINDS), dice.randint(20, 600)
        found.append(
            Entry(
                rule_set_id=RULE_SET, rule_set_version=version.rules.key, activity_kind=ActivityKind.COURSE.value,
                activity_id=f"{year}-{n}", role=CreditRole.LEARNER.value, activity_type=kind,
                category=version.rules.types[kind].category, title=f"影像技术新进展 {year}-{n}",
                organiser="演示·影像技术学分会", quantity=Decimal(minutes), unit="minute", begins_at=begins,
                ends_at=begins + timedelta(minutes=minutes), begins_on=day, ends_on=day,
                granted_how=GrantMethod.ASSESSMENT.value, recorded_at=begins + timedelta(days=1),
                mac_key=crypto.active(sealing.PURPOSE), book=Book(),
            )
        )  # fmt: skip
    return found


def write_entries(serials: range, year: int) -> int:
    """Ten entries of the year before, and six or seven of the year (20 in three), for each of the people."""
    fields = [one for one in Entry._meta.concrete_fields if not one.primary_key]
    at = {field.attname: n for n, field in enumerate(fields)}
    years = [
        [
            (
                sealing._plain(sealing.sealed_fields(one)),
                [field.get_db_prep_save(getattr(one, field.attname), connection) for field in fields],
            )
            for one in _activities(number)
        ]
        for number in (year - 1, year)
    ]
    key, count = crypto.keys(sealing.PURPOSE)[crypto.active(sealing.PURPOSE)], 0
    columns = ", ".join(f'"{field.column}"' for field in fields)
    works = {
        person: (unit, unit_name, department)
        for person, unit, unit_name, department in Employment.objects.filter(
            person__gt=serials.start, person__lte=serials.stop
        ).values_list("person", "unit", "unit__name", "department")
    }
    books = dict(Book.objects.filter(pk__gt=serials.start, pk__lte=serials.stop).values_list("pk", "public_id"))
    heads = []
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        with cursor.copy(f'COPY "credits_entry" ({columns}) FROM STDIN') as into:
            for serial in serials:
                pk, before = serial + 1, ""
                unit, unit_name, department = works[pk]
                own = {
                    "book": str(books[pk]), "work_unit_id": unit, "work_unit_name": unit_name, "department": department,
                }  # fmt: skip
                dice = random.Random(serial)
                chosen = [
                    *dice.sample(years[0], EARLIER),
                    *dice.sample(years[1], 6 + (serial % 3 < 2)),
                ]
                for position, (sealed, row) in enumerate(chosen, start=1):
                    public_id = uuid.UUID(int=dice.getrandbits(128), version=4)
                    changed = own | {"public_id": str(public_id), "position": position, "previous_mac": before}
                    text = json.dumps(sealed | changed, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
                    mac = hmac.digest(key, before.encode() + b"\n" + text.encode(), "sha256").hex()
                    row = row.copy()
                    row[at["public_id"]], row[at["book_id"]], row[at["position"]] = public_id, pk, position
                    row[at["work_unit_id"]], row[at["work_unit_name"]] = unit, unit_name
                    row[at["department"]], row[at["previous_mac"]], row[at["mac"]] = department, before, mac
                    into.write_row(row)
                    before = mac
                count += len(chosen)
                heads.append((pk, len(chosen), before))
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("CREATE TEMP TABLE heads (book bigint, position int, mac text)")
        with cursor.copy("COPY heads FROM STDIN") as into:
            for head in heads:
                into.write_row(head)
        cursor.execute(
            "UPDATE credits_book b SET last_position = h.position, last_mac = h.mac FROM heads h WHERE h.book = b.id"
        )
        cursor.execute("DROP TABLE heads")
        cursor.execute("ANALYZE")  # as autovacuum does on a real server
    return count


def settle() -> None:
    """The feed, in the order of the entries; what autovacuum and the sequences would have done."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "INSERT INTO credits_feed (position, entry_id) "
            "SELECT row_number() OVER (ORDER BY id), id FROM credits_entry"
        )
        cursor.execute("SET session_replication_role = DEFAULT")
        for model in (Person, Employment, Book):
            table = model._meta.db_table
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
        cursor.execute("VACUUM ANALYZE")


def entries_in(year: int) -> int:
    return Entry.objects.filter(ends_on__year=year).count()
