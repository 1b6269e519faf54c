from datetime import date
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from cms.shared.storage import private_storage
from organisations.enums import PersonState
from organisations.models import AuditEvent, StatePeriod
from organisations.selectors import states_on
from organisations.services import memberships, proofs, states
from tests.factories.organisations import BranchFactory, NodeFactory, PersonFactory, StatePeriodFactory

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 1)
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def photograph(kind: str = "JPEG") -> bytes:
    """40 × 20 points that the camera took lying on its side, in Zhengzhou."""
    image = Image.new("RGB", (40, 20), "teal")
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90°
    exif[0x010F] = "Camera of Zhengzhou"
    written = BytesIO()
    image.save(written, kind, exif=exif)
    return written.getvalue()


def upload(content: bytes, name: str = "proof.bin") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_state_holds_between_its_days_and_is_logged() -> None:
    by, person = PersonFactory(), PersonFactory()
    period = states.add_state(
        by=by, person=person, state="maternity", begins=DAY, ends=date(2026, 8, 1), note=" 产假 ", proof=upload(PDF)
    )
    days = (date(2026, 2, 28), DAY, date(2026, 7, 31), date(2026, 8, 1))
    assert [states_on([person], day)[person.pk] for day in days] == ["active", "maternity", "maternity", "active"]
    with private_storage().open(period.proof.name) as file:
        assert (period.note, period.recorded_by, file.read()) == ("产假", by, PDF)
    assert list(AuditEvent.objects.values_list("verb", "after")) == [
        ("state.add", {"state": "maternity", "begins": "2026-03-01", "ends": "2026-08-01", "has_proof": True})
    ]


def test_overlapping_and_impossible_states_are_refused() -> None:
    person = StatePeriodFactory(begins=DAY, ends=date(2026, 6, 1)).person
    for begins, ends in ((date(2026, 5, 31), None), (date(2026, 1, 1), date(2026, 3, 2)), (date(2020, 1, 1), None)):
        with pytest.raises(states.OverlappingState):
            states.add_state(by=None, person=person, state=PersonState.SICK, begins=begins, ends=ends)
    with pytest.raises(states.StateEndsBeforeItBegins):
        states.add_state(by=None, person=person, state=PersonState.SICK, begins=DAY, ends=DAY)
    for state in ("active", "unknown"):
        with pytest.raises(states.NoSuchState):
            states.add_state(by=None, person=person, state=state, begins=date(2027, 1, 1))
    states.add_state(by=None, person=person, state=PersonState.ABROAD, begins=date(2026, 6, 1))
    assert StatePeriod.objects.filter(person=person).count() == 2


def test_state_ends_once_and_is_taken_back_with_its_proof(django_capture_on_commit_callbacks) -> None:
    by, person = PersonFactory(), PersonFactory()
    period = states.add_state(by=by, person=person, state="sick", begins=DAY, proof=upload(PDF))
    with pytest.raises(states.StateEndsBeforeItBegins):
        states.end_state(by=by, period=period, on=DAY)
    states.end_state(by=by, period=period, on=date(2026, 4, 1))
    with pytest.raises(states.StateOver):
        states.end_state(by=by, period=period, on=date(2026, 4, 1))
    name = period.proof.name
    with django_capture_on_commit_callbacks(execute=True):
        states.withdraw_state(by=by, period=period, reason="wrong person")
    assert (StatePeriod.objects.count(), private_storage().exists(name)) == (0, False)
    event = AuditEvent.objects.get(verb="state.withdraw")
    assert (event.before["state"], event.after) == ("sick", {"reason": "wrong person"})


@pytest.mark.parametrize(("kind", "extension"), [("JPEG", "jpg"), ("PNG", "png")])
def test_picture_is_turned_upright_and_forgets_its_camera(kind: str, extension: str) -> None:
    proof = proofs.read(upload(photograph(kind), "IMG_王丽_身份证.exe"))
    with Image.open(BytesIO(proof.content)) as image:
        assert (proof.extension, image.size, dict(image.getexif())) == (extension, (20, 40), {})
    assert b"Zhengzhou" not in proof.content


def test_transparent_picture_lies_on_white() -> None:
    written = BytesIO()
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(written, "PNG")
    with Image.open(BytesIO(proofs.read(upload(written.getvalue())).content)) as image:
        assert (image.mode, image.getpixel((1, 1))) == ("RGB", (255, 255, 255))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><script>",
        b"GIF89a" + bytes(40),
        b"%PDF-1.4 without an end",
        photograph()[:200],
        b"\x89PNG\r\n\x1a\n" + bytes(30),
    ],
    ids=["empty", "html", "gif", "cut pdf", "cut jpeg", "broken png"],
)
def test_other_files_are_refused_by_content(content: bytes) -> None:
    with pytest.raises(proofs.UnreadableProof):
        proofs.read(upload(content, "proof.pdf"))


def test_large_files_and_bombs_are_refused() -> None:
    with pytest.raises(proofs.ProofTooLarge):
        proofs.read(upload(b"%PDF-" + bytes(proofs.MAX_BYTES) + b"%%EOF"))
    written = BytesIO()
    Image.new("1", (8000, 5001)).save(written, "PNG")
    with pytest.raises(proofs.UnreadableProof):
        proofs.read(upload(written.getvalue()))


def test_member_joins_and_leaves_a_branch() -> None:
    person, branch = PersonFactory(), BranchFactory()
    with pytest.raises(memberships.NotABranch):
        memberships.join(by=None, person=person, branch=NodeFactory(), begins=DAY)
    membership = memberships.join(by=None, person=person, branch=branch, begins=DAY)
    with pytest.raises(memberships.AlreadyMember):
        memberships.join(by=None, person=person, branch=BranchFactory(), begins=date(2026, 4, 1))
    with pytest.raises(memberships.NotMember):
        memberships.leave(by=None, membership=membership, on=DAY)
    memberships.leave(by=None, membership=membership, on=date(2026, 5, 1))
    memberships.join(by=None, person=person, branch=branch, begins=date(2026, 5, 1))
    assert list(person.memberships.order_by("begins").values_list("begins", "ends")) == [
        (DAY, date(2026, 5, 1)),
        (date(2026, 5, 1), None),
    ]
    verbs = ["membership.begin", "membership.end", "membership.begin"]
    assert list(AuditEvent.objects.order_by("pk").values_list("verb", flat=True)) == verbs
