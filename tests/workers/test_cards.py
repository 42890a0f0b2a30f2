"""The loop that makes the pictures of events."""

import asyncio
from pathlib import Path

from tests.support.node import new_database, open_node
from tests.web.test_events import Fair
from turnout.core.events.cards import find_card, read_card
from turnout.workers.cards import make_cards


def test_a_turn_makes_what_is_due(tmp_path: Path) -> None:
    with open_node(new_database("sqlite", tmp_path)) as node:
        fair = Fair(node)
        assert asyncio.run(make_cards(node.db)) is False
        digest = node.db.call(find_card, fair.org_id, fair.event_id)
        assert len(digest) == 32
        assert node.db.call(read_card, fair.org_id, fair.event_id, digest)[:4] == b"\x89PNG"
