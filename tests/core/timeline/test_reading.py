"""One timeline of a person over all worlds, in order."""

import re

import pytest

from tests.core.exams.college import College
from tests.core.registrations.hall import Hall
from tests.core.registrations.office import Office
from tests.support.builder import contact
from tests.support.node import START
from turnout.catalogue.histories import tell
from turnout.core.audience.model import Interval, Mode
from turnout.core.audience.viewings import Key, add_intervals
from turnout.core.checkin.scans import Scan, check_in
from turnout.core.ids import RegistrationId
from turnout.core.invitations.campaigns import create_campaign
from turnout.core.invitations.invitees import InviteeFilter, confirm, invite, list_invitees
from turnout.core.messaging.notices import queue_mail
from turnout.core.people.correcting import change_address, correct_person
from turnout.core.registrations import booking
from turnout.core.registrations.changing import set_answers
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.joining import register_directly
from turnout.core.registrations.offers import join_list
from turnout.core.timeline.reading import read_timeline
from turnout.errors import Missing
from turnout.store import Statements


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
    told = [(moment.world, tell(moment.what), moment.who) for moment in moments]
    assert told == [
        ("waiting list", "Joined the waiting list for General admission", ""),
        ("waiting list", "Was offered General admission", ""),
        ("registration", "Registered through the team", ""),
        ("registration", "Added by hand", "test"),
        ("waiting list", "Took the offered place: General admission", ""),
        ("ticket", f"Got ticket {ticket.code}, General admission, through the team", ""),
        ("session", "Booked Talk", ""),
        ("message", "Email “Programme” is to go out", ""),
        ("invitation", "Put on the list of “Dinner”", ""),
        ("invitation", "Accepted the invitation: “Dinner”", "guest"),
        ("ticket", f"Got ticket {dinner.code}, Hall, by invitation", ""),
        ("door", f"Came in with ticket {ticket.code}", "device:door 1"),
        ("registration", "Changed 1 answer", "cli:eve"),
        ("watching", "Watched Talk live for 1 min 0 s", ""),
    ]


def test_a_ticket_says_what_gave_it_first_and_what_keeps_it(node):
    hall = Hall(node, None, (None, None))
    hall.call(confirm, hall.invitees[0]["a"], actor="guest")
    hall.call(register_directly, hall.event_id, hall.type_ids[0], contact("a"))
    told = [tell(moment.what) for moment in hall.call(read_timeline, hall.registration_id("a"))]
    assert (
        f"Got ticket {hall.code('a')}, Hall, by invitation; kept on the event\u2019s page" in told
    )


def test_a_candidates_story_is_that_of_the_exam(node):
    college = College(node)
    college.register(1)
    college.cancel(1)
    [registration_id] = college.sitting(1, "r.id")
    moments = node.db.call(read_timeline, college.org_id, registration_id)
    exam = [tell(moment.what) for moment in moments if moment.world == "exam"]
    assert exam == [
        "Registered for the exam",
        "Got a form of the exam",
        "Registration for the exam was cancelled: ill",
    ]
    tickets = [tell(moment.what).split()[-1] for moment in moments if moment.world == "ticket"]
    assert tickets == ["exam", "cancelled"]


def test_what_is_not_there_is_missing_for_everybody_else(node, org_id):
    id_ = Office(node).add("ann")
    for number in (id_, RegistrationId(1)):
        with pytest.raises(Missing):
            node.db.call(read_timeline, org_id, number)


def test_a_short_story_is_read_whole(node):
    office = Office(node)
    id_ = office.add("ann")
    [ticket] = office.tickets(id_)
    told = [(one.at, one.world, tell(one.what), one.who) for one in office.call(read_timeline, id_)]
    assert told == [
        (START, "registration", "Registered through the team", ""),
        (START, "registration", "Added by hand", "test"),
        (START, "ticket", f"Got ticket {ticket.code}, General admission, through the team", ""),
    ]


CROWD = """
    INSERT INTO recipients (org_id, job_id, id, reference, name, destination, address, fields,
        state)
    WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 20000)
    SELECT {org_id}, {job_id}, 900000000 + n, '', '', '', 'Guest' || n || '@example.com', '{{}}',
        'waiting' FROM n"""
ANSWERS = """
    INSERT INTO replies (org_id, id, job_id, recipient_id, sender, number, text, carrier,
        received_at, is_late, is_opt_out)
    SELECT org_id, id, job_id, id, '', '', '', '', 1, 0, 0 FROM recipients
    WHERE org_id = {org_id}"""
STATEMENTS = {found.name: found for found in Statements.registry["turnout.core.timeline"]}


class Mailing:
    """A job to 20,000 people, who all replied; its counts are left alone."""

    def __init__(self, node) -> None:
        self.office = Office(node)
        self.office.call(queue_mail, None, "Programme", ["It is out."], ["Ann@Example.com"])
        [job_id] = self.ask(f"SELECT id FROM jobs WHERE org_id = {self.office.org_id}")
        node.execute(CROWD.format(org_id=self.office.org_id, job_id=job_id))
        node.execute(ANSWERS.format(org_id=self.office.org_id))
        node.execute("ANALYZE recipients")
        node.execute("ANALYZE replies")

    def ask(self, question: str):
        return self.office.db.call(lambda tx: [row[0] for row in tx.connection.execute(question)])

    def plan(self, statement) -> str:
        """How the database finds what it is asked, with what it read, on PostgreSQL."""
        explain = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN (ANALYZE, BUFFERS)"}
        backend = self.office.db.backend
        query = f"{explain[backend]} {statement.text[backend]}"
        named = {"org_id": self.office.org_id, "address": "ann@example.com", "limit": 200}
        rows = self.office.db.call(lambda tx: tx.connection.execute(query, named).fetchall())
        return "\n".join(str(row[-1]) for row in rows)


@pytest.fixture(scope="module")
def mailing(node) -> Mailing:
    return Mailing(node)


@pytest.mark.parametrize("name", ["list_messages", "list_replied"])
def test_what_was_sent_to_one_address_is_found_by_it(mailing, name):
    plan = mailing.plan(STATEMENTS[name])
    assert "recipients_address" in plan
    if mailing.office.db.backend == "postgresql":
        buffers = re.findall(r"Buffers: shared hit=(\d+)(?: read=(\d+))?", plan)
        assert sum(map(int, filter(None, buffers[0]))) <= 12, plan


def test_a_former_name_is_in_the_story(node):
    story = Story(node)
    id_ = story.office.add("ann")
    person = story.office.call(booking.lock_registration, id_).person_id
    story.step(correct_person, person, {"last_name": "Lee"}, actor="test")
    moments = story.office.call(read_timeline, id_)
    [was] = [moment for moment in moments if moment.world == "person"]
    assert (was.at, tell(was.what)) == (node.clock.now, "Was called Ann Guest until then")


def test_messages_are_found_in_any_case_and_by_former_addresses(mailing):
    office = mailing.office
    id_ = office.add("ann", facts={"email": "ANN@example.com"})
    person = office.person("ann")
    office.act(change_address, person.id, "ann@new.example")
    told = [tell(moment.what) for moment in office.call(read_timeline, id_)]
    assert told.count("Email “Programme” is to go out") == 1
