from django.apps import AppConfig
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class OrganisationsConfig(AppConfig):
    name = "organisations"
    verbose_name = _("People, places and roles")

    def ready(self) -> None:
        from axes.helpers import get_cool_off

        from cms.shared import sealing
        from organisations import histories
        from organisations.services.histories import HISTORY

        # Tables of packages that we use: second factors (see MfaAdapter) and wrong passwords (see views/lockout.py).
        sealing.declare(
            "mfa.Authenticator", sealing.Sealed("data", "mfa.authenticator", lambda _authenticator: "mfa.authenticator")
        )
        sealing.declare(
            "axes.AccessAttempt",
            sealing.Hashed(
                "username",
                "axes.account",
                live=lambda now: Q(attempt_time__gt=now - get_cool_off()),
                since="attempt_time",
            ),
        )
        histories.register(HISTORY)
