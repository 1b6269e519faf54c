"""What a page costs on the line, as Chromium's own protocol counts it: headers and compressed bodies."""

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page


@dataclass
class Transfer:
    """Bytes by address, in the order in which they were asked for; `kinds` says what each is (Script, Document …)."""

    sizes: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    encodings: dict[str, str] = field(default_factory=dict)
    _addresses: dict[str, str] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.sizes.values())

    def of(self, kind: str) -> int:
        return sum(size for address, size in self.sizes.items() if self.kinds.get(address) == kind)

    def asked(self, event: dict[str, Any]) -> None:
        self._addresses[event["requestId"]] = event["request"]["url"]

    def answered(self, event: dict[str, Any]) -> None:
        address = event["response"]["url"]
        self.kinds[address] = event["type"]
        headers = {name.lower(): value for name, value in event["response"]["headers"].items()}
        self.encodings[address] = headers.get("content-encoding", "")

    def arrived(self, event: dict[str, Any]) -> None:
        address = self._addresses.get(event["requestId"], "")
        self.sizes[address] = self.sizes.get(address, 0) + int(event["encodedDataLength"])


def measured(page: Page) -> Transfer:
    """Begin to count; the cache is cold and stays off."""
    transfer, protocol = Transfer(), page.context.new_cdp_session(page)
    protocol.on("Network.requestWillBeSent", transfer.asked)
    protocol.on("Network.responseReceived", transfer.answered)
    protocol.on("Network.loadingFinished", transfer.arrived)
    protocol.send("Network.enable")
    protocol.send("Network.setCacheDisabled", {"cacheDisabled": True})
    return transfer
