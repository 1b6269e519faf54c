"""Papers that prove a leave, a title or a degree: looked at by content, cleaned, and kept private."""

from dataclasses import dataclass
from io import BytesIO

from django.core.files import File
from django.core.files.base import ContentFile
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

from cms.shared import errors
from cms.shared.storage import private_key, private_storage

MAX_BYTES = 10 * 1024 * 1024
# A4 scanned at 600 dpi has 35 million; what has more is no paper but a bomb.
MAX_PIXELS = 40_000_000
_NO_PICTURE = (
    UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning, OSError, ValueError,
    SyntaxError,
)  # fmt: skip
_FORMATS = {"JPEG": "jpg", "PNG": "png"}


class ProofTooLarge(errors.TooLarge):
    code = "proof_too_large"
    message = _("The proof is larger than 10 MB. Scan it with a lower resolution, or photograph it again.")


class UnreadableProof(errors.InvalidInput):
    code = "unreadable_proof"
    message = _("This is no PDF, JPEG or PNG that can be read. Save the proof as one of these and send it again.")


@dataclass(frozen=True)
class Proof:
    """What may be stored. Nothing of the uploader's file name or of the camera's notes is in it."""

    content: bytes
    extension: str


def read(upload: File[bytes]) -> Proof:
    """The proof in an upload; what it is is decided by its content. Raises ProofTooLarge, UnreadableProof."""
    if (upload.size or 0) > MAX_BYTES:
        raise ProofTooLarge
    content = upload.read()
    if content.startswith(b"%PDF-") and b"%%EOF" in content[-2048:]:
        return Proof(content, "pdf")
    return picture(content)


def picture(content: bytes) -> Proof:
    """A JPEG or PNG written anew from its points alone. Raises UnreadableProof if it is neither, or a bomb."""
    try:
        with Image.open(BytesIO(content), formats=list(_FORMATS)) as image:
            extension = _FORMATS[image.format or ""]
            if image.width * image.height > MAX_PIXELS:
                raise UnreadableProof
            upright = _on_white(ImageOps.exif_transpose(image))
    except _NO_PICTURE as error:
        raise UnreadableProof from error
    # A new picture of the same points: place, time and device of the photograph stay behind.
    clean = Image.frombytes("RGB", upright.size, upright.tobytes())
    written = BytesIO()
    if extension == "jpg":
        clean.save(written, "JPEG", quality=88)
    else:
        clean.save(written, "PNG")
    return Proof(written.getvalue(), extension)


def _on_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    paper = Image.new("RGB", layer.size, "white")
    paper.paste(layer, mask=layer.getchannel("A"))
    return paper


def store(proof: Proof) -> str:
    """Write it to the private storage; its key."""
    return private_storage().save(private_key("proofs", proof.extension), ContentFile(proof.content))


def discard(file: FieldFile) -> None:
    """Delete a stored proof that no row names any more."""
    if file.name:
        private_storage().delete(file.name)
