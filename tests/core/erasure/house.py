"""A house where somebody is known at every door: what an erasure must find, and an export show."""

import asyncio
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tests.core.audience.cinema import show_something
from tests.core.messaging.jobs import POLICY, make_login, new_job
from tests.support.builder import Builder
from tests.support.node import Account, LocalNode
from tests.support.postgresql_binaries import get_binaries
from turnout.core.audience.asking import answer_question, ask_question
from turnout.core.audience.presenting import publish_question
from turnout.core.audience.surveys import Item, answer_survey, create_survey
from turnout.core.audience.voting import vote_for_question
from turnout.core.erasure.erasing import erase_person
from turnout.core.erasure.uniting import unite_people
from turnout.core.events.model import Event
from turnout.core.exams.learners import NewLearner, add_learner
from turnout.core.identity.idempotency import first_answer, idempotent_request, keep_answer
from turnout.core.identity.model import Principal
from turnout.core.ids import PersonId, RegistrationId
from turnout.core.invitations.invitees import invite
from turnout.core.messaging.accepting import accept_job
from turnout.core.messaging.files import cut, digest_of, finish_file, store_piece
from turnout.core.messaging.lists import Entry, add_entries, begin_list, finish_list
from turnout.core.messaging.model import (
    Content,
    JobFile,
    JobOptions,
    JobType,
    Medium,
    NewJob,
    NewRecipient,
)
from turnout.core.messaging.opt_outs import add_opt_out
from turnout.core.messaging.outcomes import Reply
from turnout.core.messaging.replies import receive_replies
from turnout.core.messaging.suppression import Reason, suppress
from turnout.core.payments.settling import ask_for_payment
from turnout.core.people.correcting import change_address, correct_person
from turnout.core.people.merging import find_person
from turnout.core.people.model import Contact
from turnout.core.questions.model import Answer
from turnout.core.registrations.extras import Extras
from turnout.core.registrations.joining import queue_ticket_mail
from turnout.core.registrations.model import Submitted
from turnout.core.registrations.notes import add_note, add_tag
from turnout.core.registrations.offers import join_list
from turnout.core.registrations.parties import Guest, grant_party
from turnout.core.registrations.rules import Door
from turnout.core.tickets.issuing import list_tickets
from turnout.core.verification.codes import CodeRequest, send_code
from turnout.store import Tx

OLD, NEW = "quibble@old.example", "quibble@new.example"
FIRST, LAST = "Quibblina", "Zwickelfrau"
MAIDEN = ("Maedimia", "Ledigfrau")
PHONE, DIGITS = "+61 412 349 876", "61412349876"
DETAILS = {
    "title": "Oberquarz",
    "company": "Xylofon GmbH",
    "jobTitle": "Wuchtmeisterin",
    "addressLine1": "Quetschweg 77",
    "addressLine2": "Hinterhof Qu",
    "addressLine3": "Stiege Quarz",
    "city": "Zwickelstadt",
    "countyOrState": "Quarzmark",
    "postCode": "QX9 7ZZ",
    "countryCode": "AT",
}
FOOD = "vegan-zebra"
TOLD = [detail for detail in DETAILS.values() if len(detail) > 2]
TWIN = "zwilla@twin.example"
SECRETS = [
    OLD,
    NEW,
    TWIN,
    "Zwilla",
    "Nachbarin",
    FIRST,
    LAST,
    *MAIDEN,
    "412 349 876",
    DIGITS,
    FOOD,
    *TOLD,
]
TOLD_OF = f'{{"said": "{OLD}"}}'
TYPED = ("sender", "subject", "text", "destination")

LATER = (
    "INSERT INTO early_reports (carrier, network_id, report, at)"
    f" VALUES ('sim', '{OLD}-1', 'for {OLD}', 9000000000000)",
    "INSERT INTO attempts (org_id, job_id, recipient_id, number, at, outcome, reason)"
    f" SELECT org_id, job_id, id, 99, 1, 'x', 'no such mailbox: {OLD}' FROM recipients"
    " WHERE id = (SELECT max(id) FROM recipients)",
)

# What networks, machines and people of the house say of somebody, and no verb here brings about:
# by table and column the rows that get the address written into them.
ECHOES = {
    ("registrations", "sti"): f"person_id = (SELECT id FROM people WHERE email = '{NEW}')",
    ("recipients", "notes"): f"address = '{DIGITS}'",
    ("opt_outs", "typed"): "source = 'cli'",
    ("queue_items", "message"): "id = (SELECT min(id) FROM queue_items)",
    ("queue_items", "facts"): "id = (SELECT min(id) FROM queue_items)",
    ("jobs", "sender"): "id = (SELECT min(id) FROM jobs)",
    ("job_files", "source_url"): "job_id = (SELECT min(job_id) FROM job_files)",
    ("callbacks", "url"): "id = (SELECT min(id) FROM callbacks)",
    ("audit_entries", "facts"): "id = (SELECT min(id) FROM audit_entries)",
}
ROWS = (
    "INSERT INTO door_notes (org_id, id, event_id, ticket_id, kind, reason, device, nonce, at,"
    f" recorded_at) SELECT t.org_id, 1, r.event_id, t.id, 'let_in', 'knows {OLD}', 'd', 'n', 1, 1"
    " FROM tickets t JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id"
    f" WHERE r.person_id IN (SELECT id FROM people WHERE email IN ('{OLD}', '{NEW}')) LIMIT 1",
    f"INSERT INTO reply_keys (carrier, key, at) VALUES ('sim', '{DIGITS}', 1)",
    "INSERT INTO conversations (number, address, org_id, job_id, recipient_id, at)"
    " SELECT '61400000100', address, org_id, job_id, id, 1 FROM recipients"
    f" WHERE address = '{DIGITS}' ORDER BY id LIMIT 1",
    "INSERT INTO callback_attempts (org_id, callback_id, number, at, took_ms, error)"
    f" SELECT org_id, id, 9, 1, 1, 'no {OLD} here' FROM callbacks",
    "INSERT INTO work_claims (org_id, queue, id, claims, claimed_until, set_aside_at, note)"
    f" VALUES ({{org_id}}, 'registration', 1, 3, 1, 1, 'KeyError: {OLD}')",
    "INSERT INTO consents (org_id, medium, address, id, event_id, question_id, version, digest,"
    f" language, source, given_at) VALUES ({{org_id}}, 'email', '{OLD}', 1, 1, 1, 1, 'd', 'en',"
    " 'form', 1)",
    "INSERT INTO exam_changes (org_id, id, registration_id, registration_uuid, type, at, actor,"
    f" reason, was, became) VALUES ({{org_id}}, 1, 1, 'u', 'x', 1, 'x', '{OLD}', '{OLD}',"
    f" '{OLD}')",
)


class Planted(NamedTuple):
    """What is known of a house that stands in a database already."""

    account: Account
    login: Principal
    now: int


class House:
    """An organization that knows somebody at every door, perhaps as a candidate of exams, too; and
    Bo, who stays. That is `planted` once, which takes a second, and copied."""

    def __init__(
        self, node: LocalNode, planted: Planted | None = None, *, is_candidate: bool = False
    ) -> None:
        self.node, self.db, self.is_candidate = node, node.db, is_candidate
        self.account: Account = planted.account if planted else node.add_account()
        self.org_id = self.account.org_id
        if planted:
            self.login = planted.login
        else:
            self.login = self.db.call(make_login, self.org_id, "au/jo", receive_reports=True)
            self.plant()

    @property
    def planted(self) -> Planted:
        """What a house in a copy of this database is made of."""
        return Planted(self.account, self.login, self.node.clock.now)

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
        self.db.call(show_something, self.org_id, self.account.event)
        items = [{"customItem": "Food", "customItemAnswer": FOOD}]
        body = {"phone": PHONE, "contactCustomItems": items, **DETAILS}
        self.register(OLD, FIRST, LAST, **body)
        self.register("bo@example.com", "Bo", "Other")
        self.register(OLD, FIRST, LAST)
        person_id = self.call(find_person, OLD).id
        (registration_id,) = self.ask(f"SELECT id FROM registrations WHERE person_id = {person_id}")
        self.call(add_note, registration_id, f"{FIRST} eats {FOOD}", actor="test")
        self.call(add_tag, registration_id, FOOD, actor="test")
        (ticket,) = self.db.call(list_tickets, self.org_id, registration_id)
        self.call(queue_ticket_mail, ticket.id)
        due = self.db.clock() + 86_400_000
        self.call(ask_for_payment, ticket.code, 500, "EUR", due_at=due, actor="test")
        self.plant_viewing(registration_id)
        self.plant_waiting()
        self.plant_messages()
        self.plant_replies()
        self.plant_lists()
        self.register(TWIN, "Zwilla", "Nachbarin")
        self.send(JobType.EMAIL, TWIN, "Dear Zwilla")
        self.run_workers(self.is_quiet)
        twin = self.call(find_person, TWIN)
        self.call(unite_people, person_id, twin.id, actor="test")
        self.call(change_address, person_id, NEW, actor="test")
        for first, last in (MAIDEN, (FIRST, LAST)):
            fields = {"company": "Xylofon GmbH Wien", "first_name": first, "last_name": last}
            self.call(correct_person, person_id, fields, actor="test")
        if self.is_candidate:
            self.call(add_learner, NewLearner("L-1", FIRST, LAST, NEW), actor="test")
        self.send(JobType.EMAIL, NEW, "News")
        self.run_workers(self.is_quiet)
        self.plant_echoes()

    def plant_viewing(self, registration_id: RegistrationId) -> None:
        (session_id,) = self.ask("SELECT session_id FROM session_media")
        asked = self.call(ask_question, registration_id, session_id, f"Is there {FOOD}?")
        self.call(answer_question, asked.id, f"Yes, {FIRST}", actor="test")
        event_id = self.account.event.id
        self.call(publish_question, event_id, asked.id, is_published=True, actor="test")
        self.call(vote_for_question, registration_id, session_id, asked.id, is_on=True)
        items = (Item("What else?"),)
        survey = self.call(create_survey, event_id, "Food", items, actor="test")
        self.call(answer_survey, registration_id, session_id, survey.id, {0: f"{FOOD} soup"})

    def plant_waiting(self) -> None:
        def plant(tx: Tx) -> tuple[Event, Event]:
            house = Builder.of(tx, self.account.organization)
            full, dinner = house.event("Full", capacity=1), house.event("Dinner")
            hall = house.ticket_type(dinner, "Hall")
            somebody = Contact(email=OLD, first_name=FIRST)
            campaign = house.campaign(dinner, hall, [])
            invite(tx, house.org_id, campaign.id, [somebody])
            default = house.default_type(full)
            bo = Guest(Contact(email="bo@example.com"), default.id)
            named: dict[str, Any] = {"door": Door.STAFF, "source": "test", "actor": "test"}
            grant_party(tx, house.org_id, full.id, somebody, [bo], **named)
            extras = Extras(submitted=Submitted(somebody, [Answer("Diet", FOOD)]))
            named = {"sti": FOOD, "extras": extras}
            join_list(tx, house.org_id, full.id, default.id, somebody, **named)
            return full, dinner

        self.db.call(plant)

    def plant_messages(self) -> None:
        self.send(JobType.EMAIL, OLD, f"Dear {FIRST} {LAST}")
        self.send(JobType.SMS, PHONE, f"Hi {FIRST}", options=JobOptions(
            callback_url="https://calls.example/in", has_sms_callbacks=True,
            reply_address="desk@example.com",
        ))  # fmt: skip
        later = {"scheduled_local": "2029-01-01T09:00:00"}
        self.send(JobType.EMAIL, OLD, f"Later, {FIRST}", **later)
        request = idempotent_request(f"job-for-{OLD}", "POST", f"/jobs/{OLD}", b"")
        owner = "user:1"

        def answer(tx: Tx) -> None:
            first_answer(tx, self.org_id, owner, request)
            keep_answer(tx, self.org_id, owner, request, f'{{"to":"{OLD}"}}')

        self.db.call(answer)
        code = CodeRequest(f"ref-{OLD}", JobType.SMS, PHONE, f"{FIRST}, your code is [[code]]")
        self.db.call(send_code, self.login, code, POLICY)
        self.run_workers(self.is_quiet)

    def plant_replies(self) -> None:
        for row in ROWS:
            self.node.execute(row.format(org_id=self.org_id))
        replies = [
            Reply(carrier="sim", sender=DIGITS, recipient=number, text=f"{FIRST} says yes",
                  at=self.db.clock(), key=number)
            for number in (*self.ask("SELECT number FROM conversations"), "999")
        ]  # fmt: skip
        self.db.call(receive_replies, replies)

    def plant_lists(self) -> None:
        entries = [
            Entry(
                reference=f"R {FOOD}",
                recipient=f"{FIRST} {LAST}",
                email=OLD,
                mobile=PHONE,
                phone=PHONE,
                fax=PHONE,
                custom={"CustomField1": FOOD},
            ),
            Entry(reference="2", recipient="Bo", email="bo@example.com"),
        ]
        list_id = self.call(begin_list, self.login.user_id, "Guests")
        self.call(add_entries, list_id, 1, entries)
        self.call(finish_list, list_id, 2, actor="test")
        staged = self.call(begin_list, self.login.user_id, "An import that never ended")
        self.call(add_entries, staged, 1, entries)
        self.call(add_opt_out, Medium.EMAIL, OLD, actor="test")
        self.call(suppress, OLD, Reason.COMPLAINT, notes=f"{OLD}: complaint (abuse)")

    def plant_echoes(self) -> None:
        for row in LATER:
            self.node.execute(row)
        for (table, column), rows in ECHOES.items():
            self.node.execute(f"UPDATE {table} SET {column} = '{TOLD_OF}' WHERE {rows}")
        texts = ", ".join(f"{name} = '{FIRST} {OLD}'" for name in TYPED)
        self.node.execute(
            f"UPDATE simulated_messages SET {texts}, facts = '{TOLD_OF}'"
            " WHERE id = (SELECT min(id) FROM simulated_messages)"
        )

    def keep_file(self, content: bytes) -> JobFile:
        digest = digest_of(content)
        for number, piece in cut(content):
            self.call(store_piece, digest, number, piece)
        self.call(finish_file, digest, len(content))
        return JobFile(f"{OLD}.txt", "text/plain", digest, len(content))

    def send(self, type_: JobType, to: str, text: str, **more: Any) -> None:
        file = self.keep_file(f"{text}: a paper about {OLD}".encode())
        files = (file,) if type_ is JobType.EMAIL else ()
        content = Content(subject=text, text=text, files=files)
        named: dict[str, Any] = {"name": f"To {to}", "is_deduped": True} | more
        alone = [NewRecipient(to, FOOD, f"{FIRST} {LAST}", {"Food": FOOD})]
        self.db.call(accept_job, self.login, NewJob(job_type=type_, content=content, **named),
                     alone, POLICY)  # fmt: skip
        both = [*alone, NewRecipient("bo@example.com" if "@" in to else "+61412340001")]
        more.setdefault("options", JobOptions(report_addresses=(OLD,)))
        everybody = new_job(type_, content=Content(subject="All", text="All"), **more)
        self.db.call(accept_job, self.login, everybody, both, POLICY)

    def is_quiet(self) -> bool:
        """Whether the workers have done all there is. It is asked in one statement: work becomes a
        row of another table while it is done."""
        left = (
            "jobs WHERE state NOT IN ('complete', 'closed', 'scheduled')",
            "ticket_mails",
            "waiting_entries WHERE state IN ('waiting', 'offered') AND told_at IS NULL",
            "people_search_due",
        )
        counts = " + ".join(f"(SELECT count(*) FROM {rows})" for rows in left)
        mails = "SELECT count(*) FROM jobs WHERE name LIKE 'Your ticket%'"
        return self.ask(f"SELECT {counts}") == [0] and self.ask(mails) != [0]

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
        noted = "SELECT count(*) FROM people_search_due"
        self.run_workers(lambda: self.ask(left) == self.ask(noted) == [0])

    def ask(self, question: str) -> list[Any]:
        return self.db.look(lambda tx: [row[0] for row in tx.connection.execute(question)])

    def dump(self) -> dict[tuple[str, str], str]:
        """All that stands in the database, by table and column."""
        names = {
            "sqlite": "SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c"
            " WHERE m.type = 'table'",
            "postgresql": "SELECT c.table_name, c.column_name FROM information_schema.columns c"
            " JOIN information_schema.tables t ON t.table_schema = c.table_schema"
            " AND t.table_name = c.table_name"
            " WHERE table_type = 'BASE TABLE' AND c.table_schema = current_schema()",
        }

        def read(tx: Any) -> dict[tuple[str, str], str]:
            found = {}
            for table, column in tx.connection.execute(names[tx.backend]).fetchall():
                rows = tx.connection.execute(f'SELECT "{column}" FROM {table}').fetchall()
                found[table, column] = "\n".join(_say(row[0]) for row in rows)
            return found

        return self.db.look(read)

    def list_texts(self) -> set[tuple[str, str]]:
        """The columns of text and bytes."""
        query = {
            "sqlite": "SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c"
            " WHERE m.type = 'table' AND c.type <> 'INTEGER'",
            "postgresql": "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND data_type IN ('text', 'bytea')",
        }[self.db.backend]
        rows = self.db.look(lambda tx: tx.connection.execute(query).fetchall())
        return {(table, column) for table, column in rows}

    def read_files(self) -> dict[str, bytes]:
        """What is on the disk: the database with its log, or a dump and the files of the server's
        database."""
        if self.db.backend == "sqlite":
            path = Path(self.node.settings.database_url.removeprefix("sqlite:///"))
            return {file.name: file.read_bytes() for file in path.parent.iterdir()}
        url = self.node.settings.database_url
        dump = subprocess.run([get_binaries() / "pg_dump", url], capture_output=True, check=True)
        self.node.execute("CHECKPOINT")
        ((folder, number),) = self.db.look(lambda tx: tx.connection.execute(_FOLDER).fetchall())
        named = self.db.look(lambda tx: dict(tx.connection.execute(_NAMES).fetchall()))
        files = Path(folder, "base", str(number)).iterdir()
        return {"dump": dump.stdout} | {
            f"{file.name} {named.get(file.name, '')}": file.read_bytes() for file in files
        }

    def find_secrets(self) -> dict[tuple[str, str], list[str]]:
        """The columns in which something of the person stands, with what does."""
        found = {
            place: [secret for secret in SECRETS if secret.casefold() in text.casefold()]
            for place, text in self.dump().items()
        }
        return {place: secrets for place, secrets in found.items() if secrets}


_FOLDER = """SELECT current_setting('data_directory'), oid FROM pg_database
    WHERE datname = current_database()"""
_NAMES = "SELECT pg_relation_filenode(oid)::text, relname FROM pg_class"


def find_in(files: dict[str, bytes]) -> dict[str, list[str]]:
    """The files in which something of the person stands, with what does."""
    found = {
        name: [secret for secret in SECRETS if secret.encode().lower() in content.lower()]
        for name, content in files.items()
    }
    return {name: secrets for name, secrets in found.items() if secrets}


def _say(cell: object) -> str:
    return bytes(cell).decode("latin-1") if isinstance(cell, bytes | memoryview) else str(cell)
