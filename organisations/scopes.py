"""Scope: which places a person's roles reach. One definition, two faces: `q` filters rows, `covers` checks one."""

from dataclasses import dataclass

from django.db.models import Q


@dataclass(frozen=True)
class Scope:
    """A set of subtrees, each named by the treebeard path of its top node. An empty scope reaches nothing."""

    paths: frozenset[str]

    def q(self, field: str) -> Q:
        """Filter rows whose foreign key `field` ("" for Node itself) points into the scope."""
        prefix = f"{field}__path__startswith" if field else "path__startswith"
        combined = Q(pk__in=[])
        for path in sorted(self.paths):
            combined |= Q(**{prefix: path})
        return combined

    def covers(self, path: str) -> bool:
        """Whether the node with this treebeard path lies in the scope."""
        return any(path.startswith(top) for top in self.paths)

    def __bool__(self) -> bool:
        return bool(self.paths)
