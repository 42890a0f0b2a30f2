"""An event with a few registrations, of the desk's organization."""

from typing import NamedTuple

import pytest

from tests.support.builder import Builder, contact
from tests.support.node import LocalNode
from tests.web.console.desk import Desk
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import EventId, RegistrationId, SessionId, TicketTypeId
from turnout.core.questions.editing import QuestionChange, add_question
from turnout.core.questions.model import Answer
from turnout.core.registrations.changing import add_by_staff
from turnout.store import Tx

NAMES = ("ann", "bob", "carl", "dora", "emil")


class Gathering(NamedTuple):
    """An event, the path of its registrations, and who is registered by first name."""

    event_id: EventId
    path: str
    ids: dict[str, RegistrationId]
    codes: dict[str, str]
    hall: TicketTypeId
    workshop: SessionId

    def of(self, name: str) -> str:
        """The path of somebody's panel."""
        return f"{self.path}/{self.ids[name]}"


@pytest.fixture
def gathering(node: LocalNode, desk: Desk, request: pytest.FixtureRequest) -> Gathering:
    """A new event for each test."""
    return node.db.call(_gather, request.node.name[:60])


def _gather(tx: Tx, title: str) -> Gathering:
    house = Builder.of(tx, get_organization(tx, "rail"))
    event = house.event(title)
    hall = house.ticket_type(event, "Hall").id
    workshop = house.session(event, "Workshop", capacity=3).id
    add_question(tx, house.org_id, event.id, QuestionChange(name="Diet"), actor="test")
    ids, codes = {}, {}
    for name in NAMES:
        person = contact(f"{event.id}{name}", first_name=name.title(), company="Points GmbH")
        made = add_by_staff(
            tx,
            house.org_id,
            event.id,
            person,
            ticket_type_id=hall if name == "bob" else None,
            answers=[Answer("Diet", "vegan")] if name == "ann" else (),
            is_mailed=False,
            actor="test",
        )
        ids[name], codes[name] = made.registration_id, made.ticket.code
    path = f"/console/{event.id}/people"
    return Gathering(event.id, path, ids, codes, hall, workshop)
