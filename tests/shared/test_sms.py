import pytest
from django.core.exceptions import ImproperlyConfigured

from cms.shared import sms
from tests.shared.gateway import Gateway


def test_no_driver_is_shipped() -> None:
    assert sms.driver() is None


def test_driver_is_made_from_the_setting_once(settings) -> None:
    settings.SMS_DRIVER = "tests.shared.gateway.Gateway"
    assert isinstance(sms.driver(), Gateway)
    assert sms.driver() is sms.driver()


@pytest.mark.parametrize("path", ["nowhere.Gateway", "tests.shared.gateway.Missing", "tests.shared.gateway.Mute"])
def test_unusable_driver_is_named(settings, path: str) -> None:
    settings.SMS_DRIVER = path
    with pytest.raises(ImproperlyConfigured, match=path):
        sms.driver()
