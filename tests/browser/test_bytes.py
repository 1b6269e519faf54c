"""What pages cost on a slow line: cold cache, compressed, everything that a page asks for by itself."""

import pytest

from tests.browser.conftest import Visit
from tests.browser.transfer import Transfer, measured
from tests.browser.world import World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PAGE, SCRIPT_BEFORE_PLAY = 100_000, 60_000


def cost(world: World, visit_as: Visit, name: str) -> Transfer:
    who, path = world.pages[name]
    with visit_as(who) as visitor:
        transfer = measured(visitor.page)
        visitor.open(path)
        visitor.settled()
    return transfer


@pytest.mark.parametrize("name", ["home", "catalogue", "course", "course, enrolled", "quiz", "result"])
def test_page_costs_at_most_100_kb(world: World, visit_as: Visit, name: str) -> None:
    transfer = cost(world, visit_as, name)
    assert transfer.total <= PAGE, transfer.sizes


def test_lesson_costs_at_most_60_kb_of_script_before_play(world: World, visit_as: Visit) -> None:
    transfer = cost(world, visit_as, "lesson with player")
    assert 0 < transfer.of("Script") <= SCRIPT_BEFORE_PLAY, transfer.sizes
    assert transfer.of("Media") == 0, transfer.sizes


def test_texts_travel_compressed(world: World, visit_as: Visit) -> None:
    transfer = cost(world, visit_as, "quiz")
    plain = {
        address: size
        for address, size in transfer.sizes.items()
        if transfer.kinds.get(address) in {"Document", "Script", "Stylesheet"} and transfer.encodings[address] != "br"
    }
    assert plain == {}
