"""Pictures of pages, where the public files lie on this machine (an S3 storage serves its own)."""

from pathlib import PurePosixPath

from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

from cms.shared.storage import public_storage

# Named here, because what the browser is told must not depend on the system's list of types.
_TYPES = {
    ".avif": "image/avif",
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
}


@require_safe
def picture(request: HttpRequest, name: str) -> FileResponse:
    """A rendition that a page shows. Originals lie in another folder and have no address."""
    kind = _TYPES.get(PurePosixPath(name).suffix.lower())
    key = f"images/{name}"
    if kind is None or not public_storage().exists(key):
        raise Http404
    # A changed picture gets a new name.
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return FileResponse(public_storage().open(key), content_type=kind, headers=headers)
