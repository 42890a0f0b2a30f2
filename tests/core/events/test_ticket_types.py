"""Names of ticket types: two commands at once give no two types of an event the same."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.builder import Builder
from turnout.core.events.programme import create_ticket_type, list_ticket_types
from turnout.core.events.ticket_types import TicketTypeChange, edit_ticket_type
from turnout.core.ids import EventId, OrgId, TicketTypeId
from turnout.errors import Conflict
from turnout.store import Database, Tx

ROUNDS = 10
TIMEOUT_S = 30
_numbers = itertools.count(1)


def make(tx: Tx) -> tuple[OrgId, EventId, list[TicketTypeId]]:
    house = Builder(tx, f"names-{next(_numbers)}")
    event = house.event("Dinner")
    types = [house.ticket_type(event, name).id for name in ("Hall", "Balcony")]
    return house.org_id, event.id, types


class Race:
    """Commands that have both begun before either looks for the name; on SQLite, which writes one
    at a time, before either is asked for."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._start = threading.Barrier(2)

    def run(self, *commands) -> list[str]:
        """How each ended: the code of its refusal, or empty."""
        with ThreadPoolExecutor(2) as threads:
            return list(threads.map(self._run, commands))

    def _run(self, command) -> str:
        ours = iter([True])
        is_together = self._db.backend == "postgresql"

        def begin(tx: Tx) -> None:
            if is_together and next(ours, False):  # once, however often it is run again
                self._start.wait(TIMEOUT_S)
            command(tx)

        if not is_together:
            self._start.wait(TIMEOUT_S)
        try:
            self._db.call(begin)
        except Conflict as refusal:
            return refusal.code
        return ""


@pytest.mark.parametrize("second", ["edit", "create"])
def test_two_commands_at_once_give_no_two_types_one_name(db: Database, second: str) -> None:
    for number in range(ROUNDS):
        race_for(db, f"Gala {number}", second)


def race_for(db: Database, name: str, second: str) -> None:
    org_id, event_id, (hall, balcony) = db.call(make)
    # Names are the same in any letter case.
    one, other = TicketTypeChange(name=name), TicketTypeChange(name=f"{name.upper()} ")

    def rename(tx: Tx) -> None:
        edit_ticket_type(tx, org_id, event_id, hall, one, actor="one")

    def again(tx: Tx) -> None:
        if second == "edit":
            edit_ticket_type(tx, org_id, event_id, balcony, other, actor="other")
        else:
            create_ticket_type(tx, org_id, event_id, f"{name.upper()} ", actor="other")

    assert sorted(Race(db).run(rename, again)) == ["", "ticket_type.same_name"]
    names = [kind.name.casefold() for kind in db.call(list_ticket_types, org_id, event_id)]
    assert len(names) == len(set(names))
    assert name.casefold() in names
