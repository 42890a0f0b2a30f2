"""Nothing of an erased person is left, and what others have is untouched."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.core.messaging.jobs import POLICY, make_login, new_job
from tests.core.registrations.office import Office
from tests.support.builder import Builder, contact
from tests.support.node import Account, LocalNode
from turnout.core.audit.recording import list_entries
from turnout.core.checkin.attendees import AttendeeFilter, list_attendees
from turnout.core.erasure.erasing import erase_again, erase_person
from turnout.core.erasure.exporting import export_person, to_page
from turnout.core.exams.learners import NewLearner, add_learner, list_learners
from turnout.core.ids import CampaignId, PersonId
from turnout.core.invitations.campaigns import send_campaign
from turnout.core.invitations.invitees import invite
from turnout.core.messaging.accepting import accept_job
from turnout.core.messaging.lists import Entry, add_entries, begin_list, finish_list
from turnout.core.messaging.model import Content, JobType, Medium, NewRecipient, Status
from turnout.core.messaging.opt_outs import add_opt_out, list_opt_outs
from turnout.core.messaging.outcomes import Reply
from turnout.core.messaging.replies import receive_replies
from turnout.core.people.correcting import change_address
from turnout.core.people.finding import get_person
from turnout.core.people.merging import find_person
from turnout.core.people.model import Contact
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.joining import queue_ticket_mail
from turnout.core.registrations.notes import add_note, add_tag
from turnout.core.registrations.offers import join_list
from turnout.core.tickets.issuing import list_tickets
from turnout.core.waiting_list.entries import list_entries as list_waiting
from turnout.errors import Missing
from turnout.store import Tx

OLD, NEW = "quibble@old.example", "quibble@new.example"
FIRST, LAST = "Quibblina", "Zwickelfrau"
PHONE, DIGITS = "+61 412 349 876", "61412349876"
SECRETS = [OLD, NEW, FIRST, LAST, "412 349 876", DIGITS, "Xylofon GmbH", "vegan-zebra"]


class House:
    """An organization that knows somebody at every door."""

    def __init__(self, node: LocalNode) -> None:
        self.node, self.db = node, node.db
        self.account: Account = node.add_account()
        self.org_id = self.account.org_id
        self.login = self.db.call(make_login, self.org_id, "au/jo", receive_reports=True)
        self.plant()

    def call(self, verb: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        return self.db.call(verb, self.org_id, *arguments, **named)

    def register(self, email: str, first: str, last: str, **more: Any) -> None:
        body = self.account.body(email, firstName=first, lastName=last, **more)
        answer = self.node.client.request(
            "PUT", "/v1.0/register", headers=self.account.headers, json=body
        )
        assert answer.status == 200, answer
        self.node.run_intake()

    @property
    def person_id(self) -> PersonId:
        person = self.call(find_person, NEW)
        assert person
        return person.id

    def plant(self) -> None:
        items = [{"customItem": "Food", "customItemAnswer": "vegan-zebra"}]
        self.register(OLD, FIRST, LAST, phone=PHONE, company="Xylofon GmbH",
                      contactCustomItems=items)  # fmt: skip
        self.register("bo@example.com", "Bo", "Other")
        person_id = self.call(find_person, OLD).id
        (registration_id,) = self.ask(f"SELECT id FROM registrations WHERE person_id = {person_id}")
        self.call(add_note, registration_id, f"{FIRST} eats vegan-zebra", actor="test")
        self.call(add_tag, registration_id, "vegan-zebra", actor="test")
        (ticket,) = self.db.call(list_tickets, self.org_id, registration_id)
        self.call(queue_ticket_mail, ticket.id)
        self.send(JobType.EMAIL, OLD, f"Dear {FIRST} {LAST}")
        self.send(JobType.SMS, PHONE, f"Hi {FIRST}")
        later = {"scheduled_local": "2029-01-01T09:00:00"}
        self.send(JobType.EMAIL, OLD, f"Later, {FIRST}", **later)
        self.run_workers(self.is_quiet)
        self.node.execute(
            "INSERT INTO conversations (number, address, org_id, job_id, recipient_id, at)"
            " SELECT '61400000100', address, org_id, job_id, id, 1 FROM recipients"
            f" WHERE address = '{DIGITS}' ORDER BY id LIMIT 1"
        )
        replies = [
            Reply(carrier="sim", sender=DIGITS, recipient=number, text=f"{FIRST} says yes",
                  at=self.db.clock(), key=number)
            for number in (*self.ask("SELECT number FROM conversations"), "999")
        ]  # fmt: skip
        self.db.call(receive_replies, replies)
        list_id = self.call(begin_list, self.login.user_id, "Guests")
        entries = [
            Entry(reference="1", recipient=f"{FIRST} {LAST}", email=OLD, mobile=PHONE),
            Entry(reference="2", recipient="Bo", email="bo@example.com"),
        ]
        self.call(add_entries, list_id, 1, entries)
        self.call(finish_list, list_id, 2, actor="test")
        self.call(add_opt_out, Medium.EMAIL, OLD, actor="test")
        self.db.call(self._invite)
        self.call(change_address, person_id, NEW, actor="test")
        self.send(JobType.EMAIL, NEW, "News")
        self.run_workers(self.is_quiet)

    def _invite(self, tx: Any) -> None:
        house = Builder(tx, "other")
        event = house.event("Dinner")
        hall = house.ticket_type(event, "Hall")
        campaign = house.campaign(event, hall, [Contact(email="x@example.com")])
        invite(tx, house.org_id, campaign.id, [Contact(email="y@example.com")])

    def send(self, type_: JobType, to: str, text: str, **more: Any) -> None:
        job = new_job(type_, content=Content(subject=text, text=text), **more)
        to_them = [NewRecipient(to, name=f"{FIRST} {LAST}", fields={"Food": "vegan-zebra"})]
        to_them.append(NewRecipient("bo@example.com" if "@" in to else "+61412340001"))
        alone = to_them[:1]
        self.db.call(accept_job, self.login, job, alone, POLICY)
        everybody = new_job(type_, content=Content(subject="All", text="All"), **more)
        self.db.call(accept_job, self.login, everybody, to_them, POLICY)

    def is_quiet(self) -> bool:
        open_ = "SELECT count(*) FROM jobs WHERE state NOT IN ('complete', 'closed', 'scheduled')"
        waiting = "SELECT count(*) FROM ticket_mails"
        mails = "SELECT count(*) FROM jobs WHERE name LIKE 'Your ticket%'"
        return self.ask(open_) == [0] and self.ask(waiting) == [0] and self.ask(mails) != [0]

    def run_workers(self, until: Callable[[], bool]) -> None:
        async def main() -> None:
            workers = self.node.node.workers
            await workers.start()
            try:
                async with asyncio.timeout(20):
                    while not until():
                        self.node.clock.advance(1)
                        await asyncio.sleep(0.05)
            finally:
                await workers.stop()

        self.node.client.run(main())

    def erase(self) -> None:
        self.call(erase_person, self.person_id, actor="test")
        left = "SELECT count(*) FROM erasures WHERE cleaned_at IS NULL"
        self.run_workers(lambda: self.ask(left) == [0])

    def ask(self, question: str) -> list[Any]:
        return self.db.look(lambda tx: [row[0] for row in tx.connection.execute(question)])

    def dump(self) -> dict[str, str]:
        """All tables, as text."""
        names = {
            "sqlite": "SELECT name FROM sqlite_schema WHERE type = 'table'",
            "postgresql": "SELECT table_name FROM information_schema.tables WHERE table_type ="
            " 'BASE TABLE' AND table_schema = current_schema()",
        }

        def read(tx: Any) -> dict[str, str]:
            tables = [row[0] for row in tx.connection.execute(names[tx.backend]).fetchall()]
            return {
                table: "\n".join(
                    " | ".join(
                        bytes(cell).decode("latin-1") if isinstance(cell, bytes) else str(cell)
                        for cell in row
                    )
                    for row in tx.connection.execute(f"SELECT * FROM {table}").fetchall()
                )
                for table in tables
            }

        return self.db.look(read)

    def find_secrets(self) -> set[tuple[str, str]]:
        """Where something of the person stands."""
        return {
            (table, secret)
            for table, text in self.dump().items()
            for secret in SECRETS
            if secret.casefold() in text.casefold()
        }


@pytest.fixture
def house(own_node: LocalNode) -> House:
    return House(own_node)


def test_nothing_of_the_person_is_left(house: House) -> None:
    planted = {table for table, _ in house.find_secrets()}
    assert planted >= {
        *("people", "registrations", "registration_notes", "registration_tags", "submissions"),
        *("former_addresses", "recipients", "jobs", "replies", "stray_replies", "list_entries"),
        *("opt_outs", "simulated_messages", "conversations"),
    }
    held = house.ask("SELECT held FROM events ORDER BY id")
    tickets = house.ask("SELECT code FROM tickets ORDER BY id")
    assert "audit_entries" not in planted
    person_id = house.person_id
    house.erase()
    assert house.find_secrets() == set()
    assert house.ask("SELECT held FROM events ORDER BY id") == held
    assert house.ask("SELECT code FROM tickets ORDER BY id") == tickets
    if house.db.backend == "sqlite":
        files = list(house.db.path.parent.glob("turnout.db*"))  # type: ignore[attr-defined]
        content = b"".join(file.read_bytes() for file in files)
        assert [secret for secret in SECRETS if secret.encode() in content] == []
    entries = house.call(list_entries, "person", person_id)
    assert [(entry.action, entry.facts) for entry in entries] == [
        ("changed address", {}),
        ("erased", {}),
    ]


def test_others_keep_what_they_have(house: House) -> None:
    others = ["bo@example.com", "61412340001", "Other"]

    def count() -> dict[str, int]:
        # A file that names the person (a job's report) goes as a whole.
        text = "\n".join(text for name, text in house.dump().items() if name != "file_pieces")
        return {other: text.count(other) for other in others}

    before = count()
    house.erase()
    assert count() == before
    found, _ = house.call(
        list_attendees, house.account.event.id, AttendeeFilter(), limit=10, skip=0
    )
    assert sorted(attendee.first_name for attendee in found) == ["", "Bo"]
    assert house.ask("SELECT entries FROM user_lists") == [1]


def test_nobody_sees_them_from_the_first_moment(house: House) -> None:
    person_id = house.person_id
    house.call(erase_person, person_id, actor="test")
    assert house.call(find_person, NEW) is None
    assert house.call(get_person, person_id).contact == Contact(email="")
    assert {table for table, _ in house.find_secrets()} & {"people", "registrations"} == set()


def test_a_place_that_is_offered_to_them_goes_to_the_next(own_node: LocalNode) -> None:
    office = Office(own_node, 1)
    ann = office.add("ann")
    for name in ("bob", "cid"):
        office.call(join_list, office.event_id, office.general, contact(name))
    office.act(cancel_registration, ann)
    office.act(erase_person, office.person("bob").id)
    entries = office.call(list_waiting, office.event_id, is_all=True, limit=9)
    assert [(entry.email, entry.state) for entry in entries] == [
        ("", "left"),
        ("cid@example.com", "offered"),
    ]
    assert office.held()["event"] == 1


def test_nobody_writes_to_an_invitee_who_is_gone(own_node: LocalNode) -> None:
    def invite_two(tx: Tx) -> tuple[Builder, CampaignId]:
        house = Builder(tx, "inviting")
        event = house.event()
        people = house.people("ann", "bob")
        return house, house.campaign(event, house.default_type(event), people).id

    db = own_node.db
    house, campaign_id = db.call(invite_two)
    ann = db.call(find_person, house.org_id, "ann@example.com")
    assert ann
    db.call(erase_person, house.org_id, ann.id, actor="test")
    _, total = db.call(send_campaign, house.org_id, campaign_id, "https://t.test", actor="test")
    assert total == 1


def test_a_message_that_was_not_sent_is_not_sent(house: House) -> None:
    unsent = "SELECT count(*) FROM recipients WHERE done_at IS NULL"
    assert house.ask(unsent) == [3]
    house.erase()
    assert house.ask(unsent) == [1]  # the other recipient of the job for two


def test_a_refusal_outlives_the_person(house: House) -> None:
    house.erase()
    (kept,) = house.call(list_opt_outs, 10)
    assert (kept.medium, kept.source, kept.address[:5]) == (Medium.EMAIL, "erased", "hash:")
    job = new_job(JobType.EMAIL, content=Content(subject="x", text="x"))
    job_id = house.db.call(accept_job, house.login, job, [NewRecipient(OLD)], POLICY)
    done = f"SELECT count(*) FROM recipients WHERE job_id = {job_id} AND done_at IS NULL"
    house.run_workers(lambda: house.ask(done) == [0])
    (status,) = house.ask(f"SELECT status FROM recipients WHERE job_id = {job_id}")
    assert status == Status.OPTED_OUT


def test_a_candidate_keeps_the_name_in_exam_records(own_node: LocalNode) -> None:
    db = own_node.db
    org_id = own_node.add_account().org_id
    new = NewLearner(code="L1", first_name="Ada", last_name="L", email="ada@x.example", uuid="")
    person_id = db.call(add_learner, org_id, new, actor="test").person_id
    (kept,) = db.call(erase_person, org_id, person_id, actor="test")
    assert kept.what == "name and code in exam records"
    (learner,) = db.call(list_learners, org_id, 9)
    assert (learner.name, learner.email) == ("Ada L", "")


def test_a_former_erasure_is_applied_again(house: House) -> None:
    person_id = house.person_id
    uuid = house.call(get_person, person_id).uuid
    assert not house.call(erase_again, person_id, "another", actor="test")
    assert house.call(erase_again, person_id, uuid, actor="test")
    assert house.call(find_person, NEW) is None
    with pytest.raises(Missing):
        house.call(erase_person, PersonId(10**9), actor="test")


def test_everything_is_exported(house: House) -> None:
    found = house.call(export_person, house.person_id)
    text = json.dumps(found, ensure_ascii=False)
    assert [secret for secret in SECRETS if secret not in text] == []
    assert "bo@example.com" not in text
    assert {"people", "registrations", "tickets", "recipients", "replies", "opt_outs"} <= set(found)
    page = to_page("<Ada>", {"people": [{"name": "<script>"}]})
    assert "&lt;script&gt;" in page
    assert "<script>" not in page
