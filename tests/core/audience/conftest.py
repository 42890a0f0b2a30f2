import pytest

from tests.core.audience.cinema import LIVE_FROM, Cinema, open_cinema
from tests.support.node import LocalNode
from turnout.core.ids import OrgId


@pytest.fixture
def cinema(node: LocalNode, org_id: OrgId) -> Cinema:
    node.clock.now = LIVE_FROM - 3_600_000
    return open_cinema(node.db, org_id)
