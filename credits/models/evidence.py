from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared.storage import private_storage
from credits.enums import SHARED_PROOF
from credits.models.ledger import Entry


class EntryEvidence(models.Model):
    """The paper that proves an entry recorded by hand. Its fingerprint is sealed in the entry; the file goes when the
    person is forgotten, or the last of the people on it."""

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="paper")
    sha256 = models.CharField(max_length=64, db_index=True)
    file = models.FileField(_("proof"), storage=private_storage, max_length=200)
    recorded_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.entry)

    @property
    def is_shared(self) -> bool:
        """Whether other people are on it too, as on the sign-in sheet of a session."""
        return any(item.get("kind") == SHARED_PROOF for item in self.entry.evidence)
