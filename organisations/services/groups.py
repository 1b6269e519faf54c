"""Wagtail's groups, written from role grants: they decide who edits what, and nothing else does."""

from dataclasses import dataclass

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission, Page

from organisations import selectors
from organisations.enums import STAFF_ROLES, Role
from organisations.models import Person, RoleGrant


@dataclass(frozen=True)
class Reach:
    """What a group may do: `pages` and `files` by codename, `models` as "app.action" or "app.action_model"."""

    pages: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    models: tuple[str, ...] = ()


def _every(app: str, *models: str) -> tuple[str, ...]:
    """Add, change and view for all of an app, or for the named models only. Nobody deletes: rows are ended."""
    return tuple(
        f"{app}.{action}{f'_{model}' if model else ''}"
        for action in ("add", "change", "view")
        for model in models or ("",)
    )


_FILES = ("add_image", "change_image", "choose_image", "add_document", "change_document", "choose_document")

# A wrong recording may go; its service keeps every lecture that a page shows or somebody has watched.
_LECTURES = (*_every("media_pipeline"), "media_pipeline.delete_lecture")

REACH: dict[Role, Reach] = {
    Role.EDITOR: Reach(
        pages=("add_page", "change_page", "publish_page", "lock_page", "unlock_page", "bulk_delete_page"),
        files=_FILES,
        models=(
            *_every("courses"),
            *_LECTURES,
            *_every("quizzes"),
            "credits.view_project",
        ),
    ),
    Role.QUESTION_AUTHOR: Reach(
        files=("add_image", "change_image", "choose_image"),
        models=_every("quizzes"),
    ),
    Role.LECTURER: Reach(
        pages=("add_page", "change_page"),
        files=_FILES,
        models=_LECTURES,
    ),
    Role.SYSTEM_ADMINISTRATOR: Reach(
        models=(
            "wagtailcore.add_site",
            "wagtailcore.change_site",
            "credits.add_project",
            "credits.change_project",
            "credits.view_project",
        ),
    ),
    Role.SECURITY_ADMINISTRATOR: Reach(models=("organisations.view_auditevent",)),
    Role.AUDITOR: Reach(models=("organisations.view_auditevent",)),
}


def group_name(role: Role) -> str:
    return f"isocenter:{role.value}"


@transaction.atomic
def ensure_groups() -> None:
    """Make the groups of all roles that reach the admin, with exactly the permissions that exist now."""
    root, shelf = Page.get_first_root_node(), Collection.get_first_root_node()
    access = Permission.objects.filter(content_type__app_label="wagtailadmin", codename="access_admin")
    for role, reach in REACH.items():
        group, _made = Group.objects.get_or_create(name=group_name(role))
        named = Q(pk__in=[])
        for name in reach.models:
            app, _dot, codename = name.partition(".")
            exact = {"codename": codename} if "_" in codename else {"codename__startswith": f"{codename}_"}
            named |= Q(content_type__app_label=app, **exact)
        group.permissions.set(Permission.objects.filter(named) | access)
        for codename in reach.pages:
            permission = Permission.objects.get(content_type__app_label="wagtailcore", codename=codename)
            GroupPagePermission.objects.get_or_create(group=group, page=root, permission=permission)
        for codename in reach.files:
            app = "wagtailimages" if codename.endswith("_image") else "wagtaildocs"
            permission = Permission.objects.get(content_type__app_label=app, codename=codename)
            GroupCollectionPermission.objects.get_or_create(group=group, collection=shelf, permission=permission)


@transaction.atomic
def sync(person: Person) -> None:
    """Put `person` into the groups of the roles in force today and out of the others; `is_staff` follows."""
    held = {Role(grant.role) for grant in selectors.roles_of(person)} if person.is_active else set()
    wanted = {group_name(role) for role in held if role in REACH}
    if Group.objects.filter(name__in=wanted).count() != len(wanted):
        ensure_groups()
    ours = Group.objects.filter(name__startswith="isocenter:")
    person.groups.remove(*ours.exclude(name__in=wanted))
    person.groups.add(*ours.filter(name__in=wanted))
    person.is_staff = person.is_superuser or bool(held & STAFF_ROLES)
    person.save(update_fields=["is_staff"])


def sync_all() -> int:
    """Sync everybody who holds or ever held a role; how many people that is."""
    ensure_groups()
    people = Person.objects.filter(pk__in=RoleGrant.objects.values("person")).order_by("pk")
    for person in people:
        sync(person)
    return len(people)
