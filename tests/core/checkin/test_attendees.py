"""What a device at the door knows that asks for changes only: the same as one that asks for all."""

from itertools import chain
from typing import Any

import pytest

from tests.core.exams.college import College
from tests.core.registrations.hall import Hall
from tests.support.builder import contact
from tests.support.node import LocalNode
from turnout.core.checkin.attendees import (
    Attendee,
    AttendeeFilter,
    find_attendee,
    group_attendees,
    list_attendees,
    stream_attendees,
)
from turnout.core.checkin.scans import Result, Scan, check_in
from turnout.core.erasure.erasing import erase_person
from turnout.core.erasure.uniting import unite_people
from turnout.core.events.programme import list_ticket_types
from turnout.core.exams import leaving
from turnout.core.ids import EventId, OrgId, PersonId
from turnout.core.invitations.invitees import confirm, decline
from turnout.core.people.correcting import correct_person
from turnout.core.people.merging import find_person
from turnout.core.registrations.changing import add_by_staff
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.joining import register_directly
from turnout.core.registrations.restoring import restore_registration
from turnout.core.registrations.transferring import change_ticket_type, transfer_ticket
from turnout.errors import Missing


class Device:
    """Keeps an event's attendees by number, and asks for what changed since it last asked."""

    def __init__(self, node: LocalNode, org_id: OrgId, event_id: EventId) -> None:
        self.node, self.event = node, (org_id, event_id)
        self.kept: dict[int, Attendee] = {}
        self.asked_at = 0

    def ask(self, **wanted: Any) -> list[Attendee]:
        """A page of everything that is asked for; the same as the stream of it."""
        kept = AttendeeFilter(**wanted)
        page, _ = self.node.db.call(list_attendees, *self.event, kept, limit=100, skip=0)
        streamed = self.node.db.call(
            lambda tx: list(
                group_attendees(chain.from_iterable(stream_attendees(tx, *self.event, kept)))
            )
        )
        assert streamed == page
        return page

    def sync(self, **wanted: Any) -> list[Attendee]:
        """What the device is told now."""
        self.node.clock.advance(60)  # more than lists reach back
        told = self.ask(since=self.asked_at, has_cancelled=True, **wanted)
        self.asked_at = self.node.db.clock()
        self.kept |= {attendee.id: attendee for attendee in told}
        self.node.clock.advance(60)
        return told

    def is_right(self) -> bool:
        """Whether it lets in exactly those who are attendees, under their names of now."""
        return self._good(self.kept.values()) == self._good(self.ask())

    def _good(self, attendees: Any) -> dict[str, tuple[Any, ...]]:
        return {
            ticket.code: (one.id, one.first_name, one.email, ticket.ticket_type_id, len(valid))
            for one in attendees
            for valid in [[ticket for ticket in one.tickets if ticket.is_valid]]
            for ticket in valid
        }


def person_id(hall: Hall, guest: str) -> PersonId:
    person = hall.call(find_person, contact(guest).email)
    assert person
    return person.id


@pytest.fixture
def hall(node) -> Hall:
    hall = Hall(node, None, (9, 9))
    for guest in "abc":
        hall.call(register_directly, hall.event_id, hall.type_ids[0], contact(guest))
    return hall


@pytest.fixture
def door(hall) -> Device:
    """A device that knows everybody."""
    device = Device(hall.node, hall.org_id, hall.event_id)
    assert [one.first_name for one in device.sync()] == ["A", "B", "C"]
    assert device.sync() == []
    return device


def _cancel(hall: Hall) -> None:
    hall.call(cancel_registration, hall.registration_id("a"), actor="test")


def _cancel_and_restore(hall: Hall) -> None:
    _cancel(hall)
    hall.call(restore_registration, hall.registration_id("a"), actor="test")


def _decline(hall: Hall) -> None:
    hall.call(confirm, hall.invitees[1]["a"], actor="test")
    hall.call(decline, hall.invitees[1]["a"], actor="test")


def _add(hall: Hall) -> None:
    ticket_type_id = hall.type_ids[1]
    hall.call(
        add_by_staff, hall.event_id, contact("a"), ticket_type_id=ticket_type_id, actor="test"
    )


def _scan(hall: Hall) -> None:
    """One of two tickets."""
    _add(hall)
    scan = Scan(code=hall.code("a"), at=hall.db.clock())
    assert hall.call(check_in, hall.event_id, scan).result is Result.ADMITTED


def _transfer(hall: Hall) -> None:
    hall.call(transfer_ticket, hall.code("a"), contact("d"), actor="test")


def _change_type(hall: Hall) -> None:
    hall.call(change_ticket_type, hall.code("a"), hall.type_ids[1], actor="test")


def _rename(hall: Hall) -> None:
    hall.call(correct_person, person_id(hall, "a"), {"first_name": "Zed"}, actor="test")


def _erase(hall: Hall) -> None:
    hall.call(erase_person, person_id(hall, "a"), actor="test")


def _merge(hall: Hall) -> None:
    """Both are registered: the one who is gone has no ticket left."""
    hall.call(unite_people, person_id(hall, "a"), person_id(hall, "b"), actor="test")


def _merge_with_cancelled(hall: Hall) -> None:
    _cancel(hall)
    hall.call(unite_people, person_id(hall, "a"), person_id(hall, "b"), actor="test")


def _merge_into_stranger(hall: Hall) -> None:
    """Only the one who is gone is registered."""
    hall.call(unite_people, person_id(hall, "d"), person_id(hall, "a"), actor="test")


@pytest.mark.parametrize(
    "happen",
    [
        *(_cancel, _cancel_and_restore, _decline, _add, _scan, _transfer, _change_type, _rename),
        *(_erase, _merge, _merge_with_cancelled, _merge_into_stranger),
    ],
    ids=lambda verb: verb.__name__.strip("_"),
)
def test_a_device_that_asks_for_changes_knows_what_one_knows_that_asks_for_all(hall, door, happen):
    happen(hall)
    assert not door.is_right() or happen is _decline
    door.sync()
    assert door.is_right()
    assert door.sync() == []


def test_somebody_whose_tickets_are_anothers_is_told_of_without_any(hall, door):
    gone = hall.registration_id("b")
    _merge(hall)
    told = {one.id: one.tickets for one in door.sync()}
    assert told.pop(gone) == []
    assert {id_: [ticket.is_valid for ticket in tickets] for id_, tickets in told.items()} == {
        hall.registration_id("a"): [True, True]
    }


# -- exams, whose candidates are deleted and moved -------------------------------------------


@pytest.fixture
def college(node) -> College:
    college = College(node)
    college.register(1, "a")
    college.register(2, "b")
    return college


def open_door(college: College, number: int) -> Device:
    [event_id] = college.sitting(number, "r.event_id")
    device = Device(college.node, college.org_id, event_id)
    device.sync()
    return device


def test_a_device_for_one_type_is_told_who_has_another_now(hall, door):
    first, second = hall.type_ids
    first_door, second_door = (Device(hall.node, hall.org_id, hall.event_id) for _ in "12")

    def tell() -> list[list[tuple[int, str, list[str]]]]:
        told = [first_door.sync(ticket_type_id=first), second_door.sync(ticket_type_id=second)]
        return [
            [(one.id, one.first_name, [held.code for held in one.tickets]) for one in some]
            for some in told
        ]

    tell()
    number, code = hall.registration_id("a"), hall.code("a")
    _change_type(hall)
    gone: tuple[int, str, list[str]] = (number, "", [])
    come = (number, "A", [code])
    assert tell() == [[gone], [come]]
    hall.call(change_ticket_type, code, first, actor="test")
    assert tell() == [[come], [gone]]
    assert tell() == [[], []]
    _change_type(hall)
    other, others = hall.registration_id("b"), hall.code("b")
    _merge(hall)
    assert tell() == [[(number, "A", [others]), (other, "", [])], [come]]
    door.sync()
    assert door.is_right()


def test_a_device_that_was_away_is_told_of_each_type_that_a_ticket_was_of(hall):
    default = hall.call(list_ticket_types, hall.event_id)[0].id
    types = (*hall.type_ids, default)
    doors = [Device(hall.node, hall.org_id, hall.event_id) for _ in types]

    def tell() -> list[list[tuple[int, str, int]]]:
        return [
            [
                (one.id, one.first_name, len(one.tickets))
                for one in door.sync(ticket_type_id=type_id)
            ]
            for door, type_id in zip(doors, types, strict=True)
        ]

    tell()
    number, code = hall.registration_id("a"), hall.code("a")
    for type_id in types[1:]:
        hall.node.clock.advance(60)
        hall.call(change_ticket_type, code, type_id, actor="test")
    assert tell() == [[(number, "", 0)], [(number, "", 0)], [(number, "A", 1)]]
    for type_id in types:  # what stands in place of a code is none
        with pytest.raises(Missing):
            hall.call(find_attendee, hall.event_id, f"#{type_id}")
    hall.call(change_ticket_type, hall.code("b"), types[1], actor="test")
    tell()
    hall.call(unite_people, person_id(hall, "c"), person_id(hall, "a"), actor="test")
    third = hall.registration_id("c")
    assert tell() == [[(third, "C", 1)], [], [(number, "", 0), (third, "C", 1)]]


def test_a_deleted_candidate_is_a_cancelled_attendee_without_a_name(college):
    device = open_door(college, 1)
    code, registration_id = college.code(1), college.sitting(1, "r.id")[0]
    [kept] = [one for one in device.kept.values() if one.id == registration_id]
    [default, *_] = college.db.call(list_ticket_types, *device.event)
    scan = Scan(code=code, at=college.db.clock())
    assert college.db.call(check_in, *device.event, scan).result is Result.ADMITTED
    college.db.call(leaving.delete_sitting, college.org_id, college.guid(1), actor="test")
    gone = Attendee(
        registration_id,
        *("",) * 6,
        [kept.tickets[0]._replace(checked_in_at=scan.at, is_valid=False)],
    )
    assert gone.tickets[0].ticket_type_id == default.id
    assert device.sync() == [gone]
    assert device.is_right()
    assert device.sync() == []
    assert [one.id for one in device.ask(has_cancelled=True)] == sorted(device.kept)
    assert device.ask(has_cancelled=True, which="checked") == [gone]
    assert gone not in device.ask(has_cancelled=True, which="unchecked")
    assert gone not in device.ask()
    assert college.db.call(find_attendee, *device.event, code) == gone
    again = college.db.call(check_in, *device.event, scan)
    assert again.result is Result.CANCELLED


def test_pages_go_through_those_who_left_too(college):
    college.register(3, "c")
    device = open_door(college, 1)
    college.db.call(leaving.delete_sitting, college.org_id, college.guid(2), actor="test")
    wanted = AttendeeFilter(has_cancelled=True)
    pages = [
        college.db.call(list_attendees, *device.event, wanted, limit=1, skip=skip)
        for skip in range(3)
    ]
    assert [[one.first_name for one in page] for page, _ in pages] == [["Ada"], [""], ["Chloé"]]
    assert [has_more for _, has_more in pages] == [True, True, False]


def test_a_candidate_who_moves_leaves_one_door_for_another_and_may_come_back(college):
    college.register(3, "c", venue=college.annex)
    old, new = open_door(college, 1), open_door(college, 3)
    code = college.code(1)
    there = {"venue": college.annex}
    college.transfer(1, **there)
    [told] = old.sync()
    assert (told.first_name, [(one.code, one.is_valid) for one in told.tickets]) == (
        "",
        [(code, False)],
    )
    assert [one.first_name for one in new.sync()] == ["Ada"]
    assert old.is_right()
    assert new.is_right()
    scan = Scan(code=code, at=college.db.clock())
    assert college.db.call(check_in, *old.event, scan).result is Result.CANCELLED
    assert college.db.call(find_attendee, *new.event, code).first_name == "Ada"
    college.transfer(1, venue=college.hall)
    for device in (old, new):
        device.sync()
        assert device.is_right()
    assert college.db.call(check_in, *old.event, scan).result is Result.ADMITTED
    with pytest.raises(Missing):
        college.db.call(find_attendee, *old.event, "NOBODY2345")
