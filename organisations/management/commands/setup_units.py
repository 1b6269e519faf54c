"""The first places and the first administrator of a new installation."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from cms.shared.errors import DomainError
from organisations.enums import NodeKind, Role, Tree
from organisations.models import Node, Person
from organisations.provinces import province
from organisations.services import provinces, roles, trees


class Command(BaseCommand):
    help = (
        "Make the top of the administration tree (and of the society's) and give its system administrator the role. "
        "Where the cities of the province are known (410000), they and the society's city branches are entered too. "
        "Everything else is done on the pages of management. Safe to run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--administrator", required=True, help="user name of the first system administrator")
        parser.add_argument("--province", required=True, help="its name and code: 河南省=410000")
        parser.add_argument("--society", default="", help="the society's name and code, as above")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        person = Person.objects.filter(username=options["administrator"].strip().lower()).first()
        if person is None:
            raise CommandError("Nobody has this user name. Make the account first: manage.py createsuperuser")
        tops = [(options["province"], Tree.ADMINISTRATION, NodeKind.PROVINCE)]
        if options["society"]:
            tops.append((options["society"], Tree.SOCIETY, NodeKind.SOCIETY))
        for text, tree, kind in tops:
            node = self._top(text, tree, kind)
            try:
                roles.grant_role(
                    by=None, person=person, role=Role.SYSTEM_ADMINISTRATOR, node=node, begins=timezone.localdate()
                )
            except roles.AlreadyGranted:
                self.stdout.write(f"{person.username} administers {node} already")
            else:
                self.stdout.write(f"{person.username} administers {node} from today")
            self._fill(node, tops[0][0].rpartition("=")[2].strip())

    def _fill(self, top: Node, code: str) -> None:
        """The cities of the province, or the society's branches in them, where they are known."""
        known = province(code)
        if known is None:
            if top.tree == Tree.ADMINISTRATION:
                self.stdout.write(f"The cities of {code} are not known here: add them on the pages of management")
        elif top.tree == Tree.ADMINISTRATION:
            self.stdout.write(f"{provinces.load_cities(by=None, top=top, province=known)} cities entered")
        else:
            self.stdout.write(f"{provinces.load_branches(by=None, society=top, province=known)} branches entered")

    def _top(self, text: str, tree: Tree, kind: NodeKind) -> Node:
        name, _sign, code = (part.strip() for part in text.rpartition("="))
        if not name or not code:
            raise CommandError(f"Write the name and the code with = between them, not {text!r}")
        found: Node | None = Node.objects.filter(code=code).first()
        if found is None:
            try:
                return trees.add_place(by=None, parent=None, tree=tree, kind=kind, name=name, code=code)
            except DomainError as error:
                raise CommandError(str(error)) from error
        if found.tree != tree or found.depth != 1:
            raise CommandError(f"{code} is the code of {found}, which is not the top of this tree")
        return found
