"""The title pathways that ship as data, read once per process."""

import json
from datetime import date
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared.errors import DomainError
from credits.rules.pathway_documents import Pathway, build_pathway

FOLDER = Path(__file__).resolve().parent.parent / "pathways"


class NoPathwayInForce(DomainError):
    code, http_status = "no_title_pathway", 409
    message = _("No title rules are loaded for %(day)s. Ask your personnel office which rules apply.")


@lru_cache(maxsize=1)
def pathways() -> tuple[Pathway, ...]:
    """Every version, oldest first. Raises BadPathway for a file that is wrong."""
    found = [build_pathway(json.loads(path.read_text(encoding="utf-8"))) for path in sorted(FOLDER.glob("*.json"))]
    return tuple(sorted(found, key=lambda pathway: (pathway.id, pathway.effective_from)))


def pathway_on(day: date, pathway_id: str = "") -> Pathway:
    """The version of `pathway_id` (default: the installation's) in force on a day. Raises NoPathwayInForce."""
    wanted = pathway_id or str(settings.DEFAULT_TITLE_PATHWAY)
    found = [pathway for pathway in pathways() if pathway.id == wanted and pathway.in_force(day)]
    if not found:
        raise NoPathwayInForce(day=day.isoformat())
    return found[-1]


def today() -> date:
    """The local day."""
    return timezone.localdate()
