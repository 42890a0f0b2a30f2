"""An organization with a few events, and a desk in it."""

from collections.abc import Iterator

import pytest

from tests.support.builder import Builder
from tests.support.node import BACKENDS, LocalNode, database, open_node
from tests.web.console.desk import Desk, add_user
from turnout.core.events.model import EventState, span
from turnout.core.events.programme import store_event_state
from turnout.core.identity.model import Role
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import EventId, OrgId
from turnout.store import Tx

LONG_AGO = span("2020-01-12T09:00", "2020-01-12T17:00", "Europe/Berlin")
AHEAD = span("2097-01-12T09:00", "2097-01-12T17:00", "Europe/Berlin")


@pytest.fixture(scope="module", params=BACKENDS)
def node(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalNode]:
    """A whole node on each database."""
    cluster = request.getfixturevalue("cluster") if request.param == "postgresql" else None
    folder = tmp_path_factory.mktemp("console")
    with database(request.param, folder, cluster) as url, open_node(url) as node:
        yield node


@pytest.fixture(scope="module")
def org_id(node: LocalNode) -> OrgId:
    return node.db.call(lambda tx: Builder(tx, "rail", "Rail Forum").org_id)


@pytest.fixture(scope="module")
def events(node: LocalNode, org_id: OrgId) -> dict[str, EventId]:
    """An event of each kind, by title."""
    return node.db.call(_make_events)


@pytest.fixture(scope="module")
def desk(node: LocalNode, org_id: OrgId) -> Desk:
    """The desk of somebody who may do everything."""
    return add_user(node, org_id, "rail/owner", Role.ADMIN)


def _make_events(tx: Tx) -> dict[str, EventId]:
    house = Builder.of(tx, get_organization(tx, "rail"))
    made = {
        "Summit": house.event("Summit", when=AHEAD, capacity=10).id,
        "Reunion": house.event("Reunion", when=LONG_AGO).id,
        "Draft": house.event("Draft", when=AHEAD, state=EventState.DRAFT).id,
        "Called off": house.event("Called off", when=AHEAD).id,
    }
    store_event_state(tx, house.org_id, made["Called off"], EventState.CANCELLED, actor="test")
    return made
