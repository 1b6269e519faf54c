"""Pictures and documents of pages: for everybody once a published page shows them, before that for editors.

All of them lie in the private storage. Their names can be guessed (they come from the uploader's file name), so a view
looks before it answers; what it may show to everybody is kept by browsers and shared caches, so it is rarely asked.
"""

from pathlib import PurePosixPath

from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe
from wagtail.images import get_image_model
from wagtail.models import Page, ReferenceIndex

from cms.shared.public import SHARED_SECONDS
from cms.shared.storage import private_storage

# Named here, because what the browser is told must not depend on the system's list of types.
_TYPES = {
    ".avif": "image/avif",
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
}
RENDITIONS, ORIGINALS = "images", "original_images"


def is_published(file: Model) -> bool:
    """Whether a published page shows the image or document `file`; drafts do not count."""
    pages = ContentType.objects.get_for_model(Page)
    shown_on = ReferenceIndex.get_references_to(file).filter(base_content_type=pages)
    pks = [int(pk) for pk in shown_on.values_list("object_id", flat=True)]
    return bool(Page.objects.live().filter(pk__in=pks).exists())


def is_editor(request: HttpRequest) -> bool:
    """Whether whoever asks works in the admin, where drafts are shown."""
    return bool(request.user.has_perm("wagtailadmin.access_admin"))


@require_safe
def picture(request: HttpRequest, folder: str, name: str) -> HttpResponseBase:
    """A rendition that a published page shows, for everybody; any other one, and originals, for editors."""
    kind, key = _TYPES.get(PurePosixPath(name).suffix.lower()), f"{folder}/{name}"
    if kind is None or folder not in {RENDITIONS, ORIGINALS}:
        raise Http404
    is_public = folder == RENDITIONS and _is_rendition_of_published(key)
    if not is_public and not is_editor(request):
        raise Http404
    etag = quote_etag(name)
    response = get_conditional_response(request, etag=etag) or _file(key, kind)
    response["ETag"] = etag
    # A changed picture gets a new name. Shared caches ask again as often as for the page around it.
    kept = f"public, max-age=31536000, s-maxage={SHARED_SECONDS}, immutable"
    response["Cache-Control"] = kept if is_public else "private, no-store"
    return response


def for_one(name: str) -> HttpResponseBase:
    """The rendition in the file `name`, for whom its view has let in: their browser keeps it, nobody else's."""
    kind = _TYPES.get(PurePosixPath(name).suffix.lower())
    if kind is None:
        raise Http404
    response = _file(name, kind)
    response["Cache-Control"] = "private, max-age=3600"
    return response


def _is_rendition_of_published(key: str) -> bool:
    image = get_image_model().objects.filter(renditions__file=key).first()
    return image is not None and is_published(image)


def _file(key: str, kind: str) -> FileResponse:
    try:
        return FileResponse(private_storage().open(key), content_type=kind)
    except FileNotFoundError as error:
        raise Http404 from error
