"""People who come to the door unregistered."""

import pytest

from tests.core.registrations.office import Office
from tests.support.builder import contact
from turnout.core.checkin.scans import Result, list_scans
from turnout.core.checkin.walk_ins import add_walk_in
from turnout.errors import Conflict


def walk_in(office: Office, name: str, **more):
    return office.act(add_walk_in, office.event_id, contact(name), device="desk", **more)


def test_a_walk_in_is_registered_and_checked_in_at_once(node):
    office = Office(node)
    came = walk_in(office, "ann", ticket_type_id=office.hall, session_ids=[office.talk])
    assert (came.granted.is_new, came.answer) == (True, (Result.ADMITTED, node.clock()))
    assert office.held() == {"event": 1, "general": 0, "hall": 1, "talk": 1, "tour": 0}
    assert office.mails() == 0
    [scan] = office.call(list_scans, office.event_id, 9)
    assert (scan.code, scan.device) == (came.granted.ticket.code, "desk")


def test_somebody_who_was_registered_is_checked_in_and_then_known(node):
    office = Office(node)
    id_ = office.add("ann")
    came, again = walk_in(office, "ann"), walk_in(office, "ann")
    assert (came.granted.registration_id, came.granted.is_new) == (id_, False)
    assert (came.answer.result, again.answer.result) == (Result.ADMITTED, Result.REPEATED)


def test_a_full_house_lets_nobody_in_and_keeps_nothing(node):
    office = Office(node, 0)
    with pytest.raises(Conflict) as refused:
        walk_in(office, "ann")
    assert refused.value.code == "event.full"
    assert office.person("ann") is None
    assert office.call(list_scans, office.event_id, 9) == []
