"""An organization with an event and two exams, what is done to its people, and what five APIs tell.

Verbs are called where `Doors` calls them, and for exams and the door over HTTP; all that is told
is read over HTTP, as an integrator would.
"""

import datetime
from typing import Any

from tests.core.exams.college import BILLING, DAY_MS, ZONE, guid
from tests.core.registrations.doors import REASONS, Doors
from tests.dialects.messaging.job_cases import deliver
from tests.dialects.messaging.people import HASH, PASSWORD, basic
from tests.support.builder import contact
from tests.support.node import START, LocalNode, key_pair
from tests.support.turns import run_schedules
from turnout.core.audience.permissions import grant_reporting
from turnout.core.checkin.walk_ins import add_walk_in
from turnout.core.erasure.erasing import erase_person
from turnout.core.erasure.uniting import unite_people
from turnout.core.events.model import EventState
from turnout.core.exams import leaving, lists, planning, results
from turnout.core.exams.learners import NewLearner, add_learner
from turnout.core.exams.lists import NewForm, NewVenue
from turnout.core.exams.model import Attendance, ExamKind, ExamRequest, ValueKind
from turnout.core.exams.rolls import list_candidates
from turnout.core.identity.credentials import issue_credential
from turnout.core.identity.model import CredentialKind
from turnout.core.identity.organizations import get_organization_of, set_rate_limit
from turnout.core.identity.signing import ensure_signing_key
from turnout.core.identity.users import create_user
from turnout.core.ids import OrgId, PersonId, RegistrationId
from turnout.core.invitations.invitees import confirm, decline
from turnout.core.messaging.model import Medium, Status
from turnout.core.messaging.opt_outs import add_opt_out
from turnout.core.messaging.outcomes import Rejected
from turnout.core.messaging.prices import Prices
from turnout.core.payments.settling import (
    OVERDUE,
    PaymentState,
    ask_for_payment,
    set_refuses_unpaid,
    settle,
)
from turnout.core.people.correcting import change_address, correct_person
from turnout.core.people.merging import find_person
from turnout.core.registrations.accepting import accept
from turnout.core.registrations.announcing import postpone_event
from turnout.core.registrations.booking import list_booked_sessions
from turnout.core.registrations.changing import (
    add_by_staff,
    book_session,
    leave_session,
)
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.joining import register_party
from turnout.core.registrations.listing import RegistrationFilter, list_registrations
from turnout.core.registrations.live_lists import resolve
from turnout.core.registrations.model import Submitted
from turnout.core.registrations.parties import Guest
from turnout.core.registrations.queue_items import list_items
from turnout.core.registrations.restoring import restore_registration
from turnout.core.registrations.submissions import Application, TargetNoun
from turnout.core.work.claims import turn
from turnout.errors import Missing
from turnout.store import Tx

LEARNERS = "ab"
EXAMS = 2
HOUR_MS = 3_600_000
MORNING = START + 9 * DAY_MS + 8 * HOUR_MS
WAY = "2027-01-{day}T09:00:00-08:00"


class World(Doors):
    """The organization on a node. People are known by the letter of their address."""

    def __init__(
        self,
        node: LocalNode,
        capacity: int | None,
        types: list[int | None],
        sessions: list[int | None],
    ) -> None:
        super().__init__(node, capacity, types, sessions)
        self.db.call(ensure_signing_key, *key_pair())
        made: dict[str, Any] = self.db.call(_furnish, self.org_id, self.event_id)
        self.hall, self.learners, self.exam_uuids = made["hall"], made["learners"], made["exams"]
        self.exam_ids: list[int] = made["exam_ids"]
        self.secret, self.tokens = made["secret"], made["tokens"]
        self.login = f"au/story-{self.org_id}"
        # What a device at each door keeps, by the attendees' numbers, and when it last asked.
        self.kept: dict[int, dict[int, dict[str, Any]]] = {}
        self.asked_at: dict[int, int] = {}
        # The reporting session, and when it was begun.
        self.session: tuple[str, int] = ("", 0)

    def attempt(self, verb, *arguments, **named) -> str:
        try:
            return super().attempt(verb, *arguments, **named)
        except Missing as refusal:
            return refusal.code

    def person_id(self, letter: str) -> PersonId:
        found = self.call(find_person, f"{letter}@example.com")
        assert found, letter
        return found.id

    # -- verbs ------------------------------------------------------------------------------

    def add(self, letter: str, type_: int) -> str:
        named = {"ticket_type_id": self.type_ids[type_], "is_mailed": False}
        return self.attempt(add_by_staff, self.event_id, contact(letter), actor="test", **named)

    def walk_in(self, letter: str, type_: int) -> str:
        named = {"ticket_type_id": self.type_ids[type_], "device": "door"}
        return self.attempt(add_walk_in, self.event_id, contact(letter), actor="test", **named)

    def party(self, guests: list[tuple[str, int]]) -> str:
        own = [Guest(contact(letter), self.type_ids[type_]) for letter, type_ in guests]
        return self.attempt(register_party, self.event_id, own[0].contact, own, actor="test")

    def queue_items(self, letter: str, sessions: list[int]) -> list[tuple[int, str]]:
        """The registration API: every session's item, and how it ended."""
        paks = [self.session_paks[session] for session in sessions]
        wanted = Application(TargetNoun.EVENT, self.pak, paks, Submitted(contact(letter)))
        items = self.db.call(accept, self.caller, wanted)
        self.node.run_intake()
        ids = [item.id for item in items]
        found = self.db.call(list_items, self.caller, ids, limit=100).items
        return [(item.id, REASONS[item.code] if item.code else "") for item in found]

    def confirm_number(self, invitation: int) -> str:
        return self.attempt(confirm, invitation, actor="test")

    def decline_number(self, invitation: int) -> str:
        return self.attempt(decline, invitation, actor="test")

    def cancel_number(self, number: int) -> str:
        return self.attempt(cancel_registration, RegistrationId(number), actor="test")

    def restore(self, number: int) -> str:
        return self.attempt(restore_registration, RegistrationId(number), actor="test")

    def merge(self, kept: str, other: str) -> str:
        ids = (self.person_id(kept), self.person_id(other))
        return self.attempt(unite_people, *ids, actor="test")

    def change_address(self, letter: str, to: str) -> str:
        email = f"{to}@example.com"
        return self.attempt(change_address, self.person_id(letter), email, actor="test")

    def rename(self, letter: str, first: str) -> str:
        changes = {"first_name": first}
        return self.attempt(correct_person, self.person_id(letter), changes, actor="test")

    def erase(self, letter: str) -> str:
        return self.attempt(erase_person, self.person_id(letter), actor="test")

    def book_session(self, number: int, session: int) -> str:
        ids = (RegistrationId(number), self.session_ids[session])
        return self.attempt(book_session, *ids, actor="test")

    def leave_session(self, number: int, session: int) -> str:
        ids = (RegistrationId(number), self.session_ids[session])
        return self.attempt(leave_session, *ids, actor="test")

    def opt_out(self, letter: str) -> None:
        self.call(add_opt_out, Medium.EMAIL, f"{letter}@example.com", actor="test")

    def postpone(self, day: int) -> None:
        when = f"2027-06-{day:02}T09:00"
        self.call(postpone_event, self.event_id, when, is_quiet=True, actor="test")

    def ask_payment(self, code: str, due: int) -> str:
        return self.attempt(ask_for_payment, code, 1000, "EUR", due_at=due, actor="test")

    def settle(self, code: str, state: str) -> str:
        return self.attempt(settle, code, PaymentState(state), actor="test")

    def refuse_unpaid(self, *, is_refused: bool) -> None:
        self.call(set_refuses_unpaid, self.event_id, is_refused=is_refused, actor="test")

    def sweep(self) -> None:
        super().sweep()
        claimed = self.db.call(turn, OVERDUE, [], 99)
        self.db.call(turn, OVERDUE, claimed, 0)

    def check(self, code: str, action: str = "check", token: int = 0) -> int:
        path = f"/v1/event/attendees/code/{code}/{action}.json"
        return self._send("POST", path, self._door(token)).status

    # -- exams ------------------------------------------------------------------------------

    def seat(self, number: int) -> str:
        return guid(int(self.org_id) * 1000 + number)

    def book(self, number: int, letter: str, exam: int) -> bool:
        body = {
            "EventExamType": "Class",
            "EventExamFormat": "Online",
            "EventBillingCode": BILLING,
            "EventVenue": self.hall,
            "EventStart": WAY.format(day=10 + exam),
            "Learner": self.learners[letter],
            "Assessment": "W1",
        }
        return self._command(number, "register-lax", body).status == 200

    def move_seat(self, number: int, letter: str, exam: int) -> bool:
        body = {
            "Learner": self.learners[letter],
            "EventVenue": self.hall,
            "EventStart": WAY.format(day=10 + exam),
        }
        return self._command(number, "transfer-lax", body).status == 200

    def grade(self, number: int, grading: str) -> str:
        return self.attempt(results.record_grade, self.seat(number), grading, actor="test")

    def cancel_seat(self, number: int) -> None:
        assert self._command(number, "cancel", {"Reason": "ill"}).status == 200

    def delete_seat(self, number: int) -> None:
        path = f"/api/registrations/{self.seat(number)}"
        assert self._send("DELETE", path, self._bearer()).status == 200

    def attend(self, number: int, attendance: str) -> str:
        wanted = Attendance(attendance)
        return self.attempt(results.record_attendance, self.seat(number), wanted, actor="test")

    def cancel_exam(self, exam: int) -> None:
        event_id = self.exam_ids[exam]
        self.call(leaving.cancel_exam_by_staff, event_id, "flood", actor="test")

    # -- what is told -----------------------------------------------------------------------

    def list_booked(self) -> dict[int, set[int]]:
        """The sessions of each registration that booked one, as staff see them."""
        rows = self.call(list_registrations, RegistrationFilter(self.event_id), limit=100)
        found = {}
        for row in rows:
            booked = self.call(list_booked_sessions, row.id)
            found[int(row.id)] = {self.session_ids.index(session) for session in booked}
        return {number: sessions for number, sessions in found.items() if sessions}

    def attendees(self, event: int = 0, which: str = "") -> list[dict[str, Any]]:
        """The attendance API: of the event (0) or of an exam (1, 2)."""
        return self._read("GET", f"/v1/event/attendees{which}", self._door(event))

    def sync(self, event: int = 0) -> dict[str, tuple[int, str | None]]:
        """Whom a device lets in that asks for changes only: number and address by code."""
        which = "?state=all"
        if event in self.asked_at:
            asked = datetime.datetime.fromtimestamp(self.asked_at[event] / 1000, datetime.UTC)
            which += f"&since={asked.isoformat().replace('+00:00', 'Z')}"
        kept = self.kept.setdefault(event, {})
        kept |= {one["id"]: one for one in self.attendees(event, which)}
        self.asked_at[event] = self.node.clock.now
        return {
            ticket["code"]: (one["id"], one["email"])
            for one in kept.values()
            for ticket in one["tickets"]
            if ticket["state"] == "valid"
        }

    def list_invitees(self) -> dict[int, tuple[str, str]]:
        """Address and state of every invitation by its number."""
        path = "/v1/event/invitations/all/recipients.json"
        found = self._read("GET", path, self._door(0))
        return {one["id"]: (one["email"] or "", one["state"]) for one in found}

    def statuses(self, ids: list[int]) -> dict[int, tuple[str, int]]:
        """The registration API: status and contact of every item."""
        headers = {"Authorization": f"Bearer {self.node.client.run(self._sign())}"}
        found = {}
        for first in range(0, len(ids), 100):
            path = f"/v1.0/registerstatus?limit=100&queueId={','.join(map(str, ids[first:][:100]))}"
            for check in self._read("GET", path, headers)["checkResults"]:
                found[check["queueId"]] = (check["status"], check["contactId"])
        return found

    def list_grades(self, exam: int) -> dict[str, str]:
        """The roll of an exam, as staff print it: the registration's GUID, and how it went."""
        found = self.call(list_candidates, self.exam_ids[exam])
        return {candidate.uuid: candidate.grading for candidate in found}

    def sittings(self) -> dict[str, dict[str, Any]]:
        """The booking API's search, by the registration's GUID."""
        found = self._read("POST", "/api/registrations/search", self._bearer(), {})
        assert self._read("POST", "/api/registrations/count", self._bearer(), {}) == len(found)
        return {row["RegistrationIdentifier"]: row for row in found}

    def messaged(self, event_id: int) -> dict[str, bool]:
        """The messaging API: to whom a job to the event's list goes, and who is left out because
        they opted out."""
        headers = basic(self.login, PASSWORD)
        body = {
            "job_type": "email",
            "from_email": "events@example.com",
            "subject": "Hello",
            "text_message": "See you",
            "user_list_ids": f"event:{event_id}",
        }
        job_id = self._read("POST", "/api/v1/jobs", headers, body)["data"]
        while self.db.call(run_schedules, resolve, Prices("")):
            pass
        deliver(self.node, "email", Rejected(Status.FAILED, "Nobody is written to here."))
        job = self._read("GET", f"/api/v1/jobs/{job_id}", headers)["data"]
        rows = [(one["destination"], one["status"] == "OPTO") for one in job["reports"]]
        assert len(dict(rows)) == len(rows), f"somebody is written to twice: {rows}"
        return dict(rows)

    def audience(self, event_id: int) -> list[dict[str, Any]] | None:
        """The reporting API's audience of an event; None = the event is not reported."""
        session = self._log_in()
        path = f"/api/reporting/audience_reports/json?ver=2.0&{session}&ei={event_id}"
        answer = self._send("GET", path)
        if answer.status != 200:
            return None
        found: list[dict[str, Any]] = answer.json()["convey_api"]["result"]["success"][
            "attendee_list"
        ]["attendee"]
        return found

    def _log_in(self) -> str:
        """The session of a report, begun again after a quarter of an hour: passwords are slow."""
        session, began = self.session
        if not session or self.node.clock.now > began + 15 * 60_000:
            path = f"/api/login/json?username={self.login}&password={PASSWORD.replace(' ', '+')}"
            login = self._read("GET", path)["convey_api"]["result"]["success"]
            session = f"si={login['sessionid']['value']}&ui={login['userid']['value']}"
            self.session = session, self.node.clock.now
        return session

    # -- over HTTP --------------------------------------------------------------------------

    def _sign(self) -> Any:
        return self.node.tokens.sign(self.caller)

    def _door(self, event: int) -> dict[str, str]:
        return {"Authorization": f"event {self.tokens[event]}"}

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}

    def _command(self, number: int, name: str, body: Any) -> Any:
        path = f"/api/registrations/{self.seat(number)}/commands/{name}"
        return self._send("POST", path, self._bearer(), body)

    def _send(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: Any = None
    ) -> Any:
        return self.node.client.request(method, path, headers=headers, json=body)

    def _read(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: Any = None
    ) -> Any:
        answer = self._send(method, path, headers, body)
        assert answer.status == 200, (method, path, answer)
        return answer.json()


def _furnish(tx: Tx, org_id: OrgId, event_id: int) -> dict[str, Any]:
    """Learners, two exams, and credentials for all five APIs."""
    set_rate_limit(tx, get_organization_of(tx, org_id).slug, 0, actor="test")
    number = int(org_id) * 1000
    room = NewVenue("Hall", ZONE, room="Hall 1", seats=20, uuid=guid(number + 900))
    hall = lists.set_venue(tx, org_id, room, actor="test").uuid
    lists.add_value(tx, org_id, ValueKind.BILLING_CODE, BILLING, actor="test")
    form = NewForm("W1", 1, "Welder", "Welder Level 1", time_limit=120, uuid=guid(number + 901))
    lists.add_form(tx, org_id, form, actor="test")
    learners = {}
    for letter in LEARNERS:
        new = NewLearner(f"L-{letter}", letter.title(), "Guest", f"{letter}@example.com")
        learners[letter] = add_learner(tx, org_id, new, actor="test").uuid
    exams = [_make_exam(tx, org_id, hall, guid(number + 950 + n), n) for n in range(EXAMS)]
    user = create_user(
        tx,
        org_id,
        f"au/story-{org_id}",
        name="Jo",
        email="jo@example.org",
        password_hash=HASH,
        actor="test",
    )
    grant_reporting(tx, org_id, user.id, None, actor="test")
    tokens = [
        issue_credential(
            tx, org_id, CredentialKind.EVENT_TOKEN, "door", event_id=id_, actor="test"
        )[1]
        for id_ in (event_id, *(exam.event_id for exam in exams))
    ]
    kind = CredentialKind.DEVELOPER_SECRET
    return {
        "hall": hall,
        "learners": learners,
        "exams": [exam.uuid for exam in exams],
        "exam_ids": [exam.event_id for exam in exams],
        "secret": issue_credential(tx, org_id, kind, "test", actor="test")[1],
        "tokens": tokens,
    }


def _make_exam(tx: Tx, org_id: OrgId, hall: str, uuid: str, number: int) -> Any:
    wanted = ExamRequest(
        venue=hall,
        starts_at=MORNING + number * DAY_MS,
        exam_type="Class",
        exam_format="Online",
        billing_code=BILLING,
    )
    return planning.make_exam(
        tx,
        org_id,
        wanted,
        uuid=uuid,
        kind=ExamKind.CLASS,
        title=f"Exam {number}",
        state=EventState.OPEN,
        actor="test",
    )
