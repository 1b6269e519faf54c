"""Keys with which another system reads the feed of a place. A key is shown once and stored as its hash."""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from credits.models import FeedToken
from organisations import audit
from organisations.deeds import Deed
from organisations.enums import Power
from organisations.models import Person
from organisations.selectors import node_in, required_scope

PREFIX, MOST_DAYS = "iso_feed_", 366
# One reading in so many seconds is written down: a system asks every minute.
TOUCH = timedelta(minutes=5)


class NameMissing(errors.InvalidInput):
    code = "feed_token_without_name"
    message = _("Say which system gets the key, and for how many days (1 to 366).")


class KeyMissing(errors.DomainError):
    code, http_status = "feed_key_missing", 401
    message = _("The feed is read with a key, not by signing in: send it in the header “Authorization: Bearer …”.")


class KeyRefused(errors.DomainError):
    code, http_status = "feed_key_refused", 401
    message = _("This key is unknown, revoked or expired. Ask a system administrator for a new one.")


def hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def issue(*, by: Person, name: str, place: UUID, days: int) -> tuple[FeedToken, str]:
    """A new key for the entries of a place, and its secret, which nobody can read again.

    Raises OutOfScope, NotFound, NameMissing.
    """
    node = node_in(required_scope(by, Power.KEEP_FEEDS), place)
    if not name.strip() or not 1 <= days <= MOST_DAYS:
        raise NameMissing
    secret = PREFIX + secrets.token_urlsafe(32)
    token = FeedToken.objects.create(
        name=name.strip()[:80], place=node, token_sha256=hash_of(secret), created_by=by,
        expires_at=timezone.now() + timedelta(days=days),
    )  # fmt: skip
    told = {"name": token.name, "place": node.code, "days": days}
    audit.record(by=by, verb=Deed.FEED_TOKEN_ISSUE, target=token, after=told)
    return token, secret


@transaction.atomic
def revoke(*, by: Person, public_id: UUID) -> FeedToken:
    """From now on the key opens nothing; a second time changes nothing. Raises OutOfScope, NotFound."""
    scope = required_scope(by, Power.KEEP_FEEDS)
    token = FeedToken.objects.filter(scope.q("place"), public_id=public_id).first()
    if token is None:
        raise errors.NotFound
    if FeedToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=timezone.now()):
        audit.record(by=by, verb=Deed.FEED_TOKEN_REVOKE, target=token, after={"name": token.name})
    token.refresh_from_db()
    return token


def opened(secret: str) -> FeedToken | None:
    """The valid key with this secret. Its use is written to the audit log, at most every five minutes."""
    if not secret.startswith(PREFIX) or len(secret) > 100:
        return None
    now = timezone.now()
    token = FeedToken.objects.filter(token_sha256=hash_of(secret)).select_related("place").first()
    if token is None or not token.is_valid:
        return None
    if token.last_used_at is None or now - token.last_used_at >= TOUCH:
        with transaction.atomic():
            if FeedToken.objects.filter(pk=token.pk, last_used_at=token.last_used_at).update(last_used_at=now):
                audit.record(by=None, verb=Deed.FEED_READ, target=token, after={"name": token.name})
    return token
