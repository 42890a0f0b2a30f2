"""An organization with an event on a real server, and the doors by which people come to it."""

import itertools
import time
from typing import Any, NamedTuple
from urllib.parse import urlencode

from tests.cli.runner import Turnout
from tests.support.builder import Builder
from tests.support.client import Answer
from tests.support.server import Server
from turnout.core.events.passwords import set_registration_password
from turnout.core.identity.model import CredentialKind
from turnout.core.identity.passwords import hash_password
from turnout.core.invitations.invitees import InviteeFilter, list_invitees
from turnout.core.waiting_list.entries import list_entries
from turnout.settings import Settings
from turnout.store import Database, Tx, open_database

PATIENCE_S = 30
PASSWORD = "open sesame 1"
FORM = "application/x-www-form-urlencoded"
_numbers = itertools.count(1)


class World(NamedTuple):
    """A server, its database, and a command line on the same."""

    server: Server
    db: Database
    run: Turnout


def open_world(server: Server, url: str) -> World:
    """The world of a server that runs on that database."""
    return World(server, open_database(Settings(database_url=url)), Turnout(url))


class Place:
    """An event of `capacity` with a session; a general ticket, and `dinners` and lunches by
    invitation, to which `invited` are asked."""

    def __init__(
        self,
        world: World,
        capacity: int | None = None,
        *,
        dinners: int | None = None,
        invited: tuple[str, ...] = (),
    ) -> None:
        self.world, self.server = world, world.server
        self.slug = f"place-{next(_numbers)}"
        made = world.db.call(_make, self.slug, capacity, dinners, invited)
        self.__dict__.update(made)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

    def ok(self, *arguments: Any) -> str:
        """A command about the organization: its words, and then its arguments."""
        return self.world.run.ok(*arguments)

    # -- doors -----------------------------------------------------------------------------

    def register(self, email: str, **contact: Any) -> tuple[str, str | None]:
        """The registration API: how the item ended, and what was said."""
        signed = self.server.ask("POST", "/v1.0/signin", headers={"APIKey": self.api_key})
        bearer = {"Authorization": f"Bearer {signed.json()['idToken']}"}
        sessions = [{"sessionPak": self.session_pak}]
        target = {"eventPak": self.pak, "sessions": sessions}
        body = {"registration": {"event": target, "contact": {"email": email} | contact}}
        queued = self.server.ask("PUT", "/v1.0/register", headers=bearer, json=body)
        assert queued.status == 200, queued
        [item] = queued.json()["registration"]["sessions"]
        path = f"/v1.0/registerstatus?queueId={item['queueId']}"
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            [check] = self.server.ask("GET", path, headers=bearer).json()["checkResults"]
            if check["status"] != "queued":
                return check["status"], check.get("message")
            time.sleep(0.05)
        raise AssertionError(f"still queued after {PATIENCE_S} s: {self.server.read_log()}")

    def send_form(self, email: str, answer: str = "register", **fields: Any) -> Answer:
        """The event's page."""
        form = {"email": email, "first_name": "Guest", "ticket": self.general, "answer": answer}
        return self.server.ask(
            "POST",
            f"/{self.slug}/{self.event_id}",
            headers={"Content-Type": FORM},
            body=urlencode(form | fields).encode(),
        )

    def regserver(self, email: str) -> str:
        """A program that knows the event's password."""
        query = urlencode({"ei": self.event_id, "pass": PASSWORD, "email": email, "fname": "P"})
        return self.server.ask("GET", f"/viewer/regserver.jsp?{query}").body.decode()

    def door(self, method: str, path: str, **request: Any) -> Answer:
        """The attendance API."""
        headers = {"Authorization": f"event {self.event_token}"} | request.pop("headers", {})
        return self.server.ask(method, f"/v1/event/{path}", headers=headers, **request)

    def answer(self, campaign: int, name: str, action: str) -> Answer:
        """What an invitee says, at the attendance API."""
        invitee = self.invitee(campaign, name)["id"]
        return self.door("POST", f"invitations/{campaign}/recipients/{invitee}/{action}.json")

    # -- what is seen ----------------------------------------------------------------------

    def attendees(self, query: str = "") -> dict[str, Any]:
        """Who comes, by address, as the attendance API tells it."""
        found = self.door("GET", f"attendees.json{query}").json()
        return {attendee["email"]: attendee for attendee in found}

    def code(self, email: str) -> str:
        """The code of somebody's first ticket."""
        code: str = self.attendees()[email]["tickets"][0]["code"]
        return code

    def invitee(self, campaign: int, name: str) -> Any:
        path = f"invitations/{campaign}/recipients.json?email={name}@example.com"
        [invitee] = self.door("GET", path).json()
        return invitee

    def waiting(self) -> list[tuple[str, str]]:
        found = self.world.db.call(list_entries, self.org_id, self.event_id, limit=99)
        return [(entry.email.partition("@")[0], entry.state.value) for entry in found]

    def number(self, email: str) -> str:
        """The number of somebody's registration."""
        listed = self.ok("registration", "list", self.slug, self.event_id, "--text", email)
        return listed.splitlines()[1].split()[0]


def _make(
    tx: Tx, slug: str, capacity: int | None, dinners: int | None, invited: tuple[str, ...]
) -> dict[str, Any]:
    house = Builder(tx, slug)
    event = house.event(capacity=capacity)
    session = house.session(event, "Talk")
    dinner = house.ticket_type(event, "Dinner", is_rsvp=True, capacity=dinners)
    lunch = house.ticket_type(event, "Lunch", is_rsvp=True)
    asked = house.people(*invited)
    set_registration_password(tx, house.org_id, event.id, hash_password(PASSWORD), actor="test")
    made = {
        "org_id": house.org_id,
        "event_id": event.id,
        "pak": event.pak,
        "session_pak": session.pak,
        "general": house.default_type(event).id,
        "dinner": dinner.id,
        "lunch": lunch.id,
        "to_dinner": house.campaign(event, dinner, asked).id,
        "to_lunch": house.campaign(event, lunch, asked).id,
        "api_key": house.credential(CredentialKind.API_KEY)[1],
        "event_token": house.credential(CredentialKind.EVENT_TOKEN, event_id=event.id)[1],
    }
    assert list_invitees(tx, house.org_id, event.id, InviteeFilter()) or not invited
    return made
