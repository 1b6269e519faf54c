import uuid
from datetime import UTC, datetime, timedelta

import pytest

from media_pipeline import signing

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
SET = uuid.UUID("6f1c1f5e-65d6-4f4e-9a50-0f4a3f3f5a11")


def test_token_opens_its_set_until_it_expires():
    token = signing.sign(SET, NOW + timedelta(hours=4))
    assert signing.verify(token, SET, now=NOW) == NOW + timedelta(hours=4)
    with pytest.raises(signing.AddressExpired):
        signing.verify(token, SET, now=NOW + timedelta(hours=4))


def test_token_opens_no_other_set():
    with pytest.raises(signing.AddressRefused):
        signing.verify(signing.sign(SET, NOW + timedelta(hours=4)), uuid.uuid4(), now=NOW)


@pytest.mark.parametrize(
    "alter",
    [
        lambda token: token[:-1] + ("0" if token[-1] != "0" else "1"),
        lambda token: token.replace(".1", ".2", 1),
        lambda token: "gone" + token,
        lambda token: "",
        lambda token: token + "\n",
    ],
)
def test_altered_token_is_refused(alter):
    with pytest.raises(signing.AddressRefused):
        signing.verify(alter(signing.sign(SET, NOW + timedelta(hours=4))), SET, now=NOW)


def test_token_made_under_an_older_key_still_opens(settings):
    token = signing.sign(SET, NOW + timedelta(hours=4))
    old = settings.ISOCENTER_KEYS["media_signing"]
    new = "new:" + "A" * 43 + "="
    settings.ISOCENTER_KEYS = {**settings.ISOCENTER_KEYS, "media_signing": [new, *old]}
    assert signing.verify(token, SET, now=NOW) == NOW + timedelta(hours=4)
    assert signing.sign(SET, NOW).startswith("new.")
