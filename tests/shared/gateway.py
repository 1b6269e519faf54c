"""A gateway of short messages for tests: settings.SMS_DRIVER = "tests.shared.gateway.Gateway"."""

from typing import ClassVar


class Gateway:
    """Keeps what it was handed; `refuses` makes it fail as a gateway out of reach does."""

    sent: ClassVar[list[tuple[str, str]]] = []
    refuses: ClassVar[bool] = False

    def send(self, *, phone: str, text: str) -> None:
        if self.refuses:
            raise ConnectionRefusedError("gateway")
        self.sent.append((phone, text))


class Mute:
    """Names itself a gateway and has no `send`."""
