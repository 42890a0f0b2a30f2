"""One timeline of a person over all worlds, in order."""

import pytest

from tests.core.exams.college import College
from tests.core.registrations.office import Office
from tests.support.builder import contact
from tests.support.node import START
from turnout.core.audience.model import Interval, Mode
from turnout.core.audience.viewings import Key, add_intervals
from turnout.core.checkin.scans import Scan, check_in
from turnout.core.ids import RegistrationId
from turnout.core.invitations.campaigns import create_campaign
from turnout.core.invitations.invitees import InviteeFilter, confirm, invite, list_invitees
from turnout.core.messaging.notices import queue_mail
from turnout.core.registrations.changing import set_answers
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.offers import join_list
from turnout.core.timeline.reading import Moment, read_timeline
from turnout.errors import Missing


class Story:
    """What happens to somebody, a second apart."""

    def __init__(self, node) -> None:
        self.office = Office(node, 1)
        self.tick = node.clock

    def step(self, verb, *arguments, **named):
        self.tick.now += 1000
        return self.office.call(verb, *arguments, **named)


def test_everything_that_happened_is_one_story(node):
    story = Story(node)
    office = story.office
    first = office.add("bob")
    story.step(join_list, office.event_id, office.general, contact("ann"))
    story.step(cancel_registration, first, actor="test")
    story.tick.now += 1000
    id_ = office.add("ann", session_ids=[office.talk])
    [ticket] = office.tickets(id_)
    mail = ("Programme", ["It is out."], ["ann@example.com"])
    story.step(queue_mail, None, *mail)
    campaign = story.step(
        create_campaign,
        office.event_id,
        ticket_type_id=office.hall,
        name="Dinner",
        subject="Come",
        sender_email="a@example.com",
        body="%%link%%",
        user_id=1,
        actor="test",
    )
    story.step(invite, campaign.id, [contact("ann")])
    [invitee] = office.call(list_invitees, office.event_id, InviteeFilter())
    story.step(confirm, invitee.id, actor="guest")
    scan = Scan(code=ticket.code, at=story.tick.now + 1000, device="door 1")
    story.step(check_in, office.event_id, scan)
    story.step(set_answers, id_, {"Diet": "a secret"}, actor="cli:eve")
    key = Key(office.org_id, office.event_id, id_, Mode.LIVE, office.talk)
    at = story.tick.now + 1000
    node.db.call(add_intervals, {key: [Interval(at, at + 60_000)]})
    dinner = office.tickets(id_)[1]
    moments = office.call(read_timeline, id_)
    assert [(moment.at - START) // 1000 for moment in moments] == sorted(
        (moment.at - START) // 1000 for moment in moments
    )
    told = [(moment.world, moment.what, moment.who) for moment in moments]
    assert told == [
        ("waiting list", "waits for General admission", ""),
        ("waiting list", "is offered General admission", ""),
        ("registration", "registered (staff)", ""),
        ("registration", "added", "test"),
        ("waiting list", "taken", ""),
        ("ticket", f"{ticket.code} issued (General admission, by staff)", ""),
        ("session", "booked Talk", ""),
        ("message", "email QUED: Programme", ""),
        ("invitation", "invited: Dinner", ""),
        ("invitation", "confirmed: Dinner", "guest"),
        ("ticket", f"{dinner.code} issued (Hall, by invitation)", ""),
        ("door", f"{ticket.code} admitted", "door 1"),
        ("registration", "changed answers", "cli:eve"),
        ("watching", "watched Talk (live, 60 s)", ""),
    ]


def test_a_candidates_story_is_that_of_the_exam(node):
    college = College(node)
    college.register(1)
    college.cancel(1)
    [registration_id] = college.sitting(1, "r.id")
    moments = node.db.call(read_timeline, college.org_id, registration_id)
    exam = [moment.what for moment in moments if moment.world == "exam"]
    assert exam == ["RegistrationRequested", "ExamFormAssigned", "RegistrationCancelled: ill"]
    tickets = [moment.what.split()[1] for moment in moments if moment.world == "ticket"]
    assert tickets == ["issued", "cancelled"]


def test_what_is_not_there_is_missing_for_everybody_else(node, org_id):
    id_ = Office(node).add("ann")
    for number in (id_, RegistrationId(1)):
        with pytest.raises(Missing):
            node.db.call(read_timeline, org_id, number)


def test_a_short_story_is_read_whole(node):
    office = Office(node)
    id_ = office.add("ann")
    [ticket] = office.tickets(id_)
    assert office.call(read_timeline, id_) == [
        Moment(START, "registration", "registered (staff)"),
        Moment(START, "registration", "added", "test"),
        Moment(START, "ticket", f"{ticket.code} issued (General admission, by staff)"),
    ]
