"""An event with attendees of every kind, an invitation, and tokens of both kinds."""

import json
from typing import Any

from tests.dialects.messaging.people import Request as Request
from tests.support.builder import Builder
from tests.support.node import LocalNode
from turnout.core.checkin.gates import create_gate
from turnout.core.checkin.scans import Scan, check_in
from turnout.core.events.model import EventDetails, EventState, VenueDetails, span
from turnout.core.events.programme import (
    create_venue,
    list_ticket_types,
)
from turnout.core.identity.model import CredentialKind, Principal
from turnout.core.ids import CampaignId, EventId, GateId, OrgId
from turnout.core.invitations.invitees import InviteeFilter, confirm, decline, invite, list_invitees
from turnout.core.people.model import Contact
from turnout.core.registrations.accepting import accept
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.intake import process
from turnout.core.registrations.model import Submitted
from turnout.core.registrations.places import set_event_state
from turnout.core.registrations.submissions import Application, TargetNoun
from turnout.core.tickets.signing import TicketKey, sign_ticket
from turnout.core.tickets.sql import sql
from turnout.store import Tx

ZONE = "America/Santiago"
SAMPLE = "2027-04-16T08:27:05-03:00"


class Hall:
    """The event; `codes` of the tickets by first name: ann, bob (checked), cid (cancelled)."""

    def __init__(self, node: LocalNode) -> None:
        self.node = node
        made: dict[str, Any] = node.db.call(_make)
        self.org_id: OrgId = made["org_id"]
        self.event_id: EventId = made["event_id"]
        self.closed_id: int = made["closed_id"]
        self.caller: Principal = made["caller"]
        self.event_token: str = made["event_token"]
        self.company_token: str = made["company_token"]
        self.campaign_id: CampaignId = made["campaign_id"]
        self.vip_id: int = made["vip_id"]
        self.gate_id: GateId = made["gate_id"]
        for contact in PEOPLE:
            submitted = Submitted(contact, [])
            application = Application(TargetNoun.EVENT, made["pak"], [made["session"]], submitted)
            node.db.call(accept, self.caller, application)
        while node.db.call(process, 16).done:
            pass
        node.clock.advance(1)
        self.codes = self._read_codes()
        node.db.call(self._finish)
        self.signed = sign_ticket(KEY, self.event_id, self.codes["ann"], made["type_id"])
        self.invitees = {
            invitee.first_name.lower(): invitee.id
            for invitee in node.db.call(list_invitees, self.org_id, self.event_id, InviteeFilter())
        }

    def ask(
        self, method: str, target: str, token: str = "", *, body: Any = None, **headers: str
    ) -> Request:
        """A request with the event's token, or another; names in the target are put in."""
        given = {"Authorization": f"event {token or self.event_token}"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        encoded = b""
        if isinstance(body, bytes):
            encoded = body
        elif isinstance(body, str):
            encoded = body.encode()
            given.setdefault("Content-Type", "application/x-www-form-urlencoded")
        elif body is not None:
            encoded = json.dumps(body).encode()
            given.setdefault("Content-Type", "application/json")
        names = self.codes | {
            "event": self.event_id,
            "closed": self.closed_id,
            "campaign": self.campaign_id,
            "vip": self.vip_id,
            "gate": self.gate_id,
            "signed": self.signed,
            "forged": f"{self.signed[:-20]}{'A' * 20}",
            **{f"i_{name}": number for name, number in self.invitees.items()},
        }
        return Request(method, target.format(**names), given, encoded)

    def _read_codes(self) -> dict[str, str]:
        def read(tx: Tx) -> dict[str, str]:
            rows = tx.connection.execute(
                "SELECT p.first_name, t.code FROM tickets t JOIN registrations r "
                "ON r.org_id = t.org_id AND r.id = t.registration_id "
                "JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id "
                f"WHERE t.org_id = {self.org_id}"
            ).fetchall()
            return {name.lower(): code for name, code in rows}

        return self.node.db.call(read)

    def _finish(self, tx: Tx) -> None:
        sql.add_ticket_key(
            tx,
            org_id=self.org_id,
            kid=KEY.kid,
            private_key=KEY.private_key,
            public_key=KEY.public_key,
            now=tx.now,
        )
        check_in(tx, self.org_id, self.event_id, Scan(code=self.codes["bob"], at=tx.now - 60_000))
        number = tx.connection.execute(
            "SELECT registration_id FROM tickets WHERE code = "
            f"'{self.codes['cid']}' AND org_id = {self.org_id}"
        ).fetchone()[0]
        cancel_registration(tx, self.org_id, number, actor="test")
        invited = [Contact(email=f"{name}@guests.example.com", first_name=name, last_name="Guest")
                   for name in ("Gil", "Hal", "Ida", "Jon")]  # fmt: skip
        invite(tx, self.org_id, self.campaign_id, invited)
        found = list_invitees(tx, self.org_id, self.event_id, InviteeFilter())
        numbers = {invitee.first_name: invitee.id for invitee in found}
        confirm(tx, self.org_id, numbers["Hal"], actor="test")
        decline(tx, self.org_id, numbers["Ida"], actor="test")


# Always the same one, for the golden files.
KEY = TicketKey(
    "VCZCI3",
    "mTFrFCzm_EgXNcTLj3Lgb-VOVJSu9BzQ7HpDRAqCXhQ",
    "ztLxEUW6plZYYhPj80_nDBiSaKsD_2fA50F3m7I2lhI",
    0,
    None,
)
PEOPLE = (
    Contact(
        email="ann@example.com",
        first_name="Ann",
        last_name="Lee",
        company="Welcu",
        job_title="CTO",
        phone="+56 2 1234",
    ),
    Contact(email="bob@example.com", first_name="Bob", last_name="Öz"),
    Contact(email="cid@example.com", first_name="Cid", last_name="Paz"),
)


def _make(tx: Tx) -> dict[str, Any]:
    house = Builder(tx, "webpro", "Webprendedor", timezone=ZONE)
    org_id = house.org_id
    user = house.user("au/web", name="Eva Web", email="eva@example.com")
    venue = create_venue(
        tx,
        org_id,
        "Teatro NESCAFÉ de las Artes",
        timezone=ZONE,
        address="Manuel Montt 032",
        city="Providencia",
        country_code="CL",
        details=VenueDetails(-33.4285940111406, -70.6207394599915),
        actor="test",
    )
    when = span("2027-04-16T09:00", "2027-04-17T18:00", ZONE)
    details = EventDetails(description="Webprendedor reunirá a los emprendedores.", locale="es")
    event = house.event("Webprendedor Santiago", when, venue_id=venue.id, details=details)
    session = house.session(event, "Conferencia", when)
    vip = house.ticket_type(event, "Invitación", currency="CLP", capacity=2, is_rsvp=True)
    house.ticket_type(event, "Empresa", price_minor=10_000, currency="CLP")
    gate = create_gate(tx, org_id, event.id, "VIP", [vip.id], [], actor="test")
    closed = house.event("Evento en borrador", when, state=EventState.DRAFT)
    other = house.event("Cancelado", when)
    set_event_state(tx, org_id, other.id, EventState.CANCELLED, actor="test")
    assert len(list_ticket_types(tx, org_id, event.id)) == 3
    campaign = house.campaign(
        event,
        vip,
        [],
        name="2027 clients",
        subject="Invitation for Webprendedor",
        sender_email="rsvp@example.com",
        sender_name="Welcu Inc.",
        body="Dear %%recipient%%, come: %%link%%",
        user_id=user.id,
    )
    caller, _ = house.credential(CredentialKind.API_KEY)
    _, event_token = house.credential(CredentialKind.EVENT_TOKEN, name="door", event_id=event.id)
    _, company_token = house.credential(CredentialKind.COMPANY_TOKEN, name="company")
    return {
        "org_id": org_id,
        "event_id": event.id,
        "closed_id": closed.id,
        "pak": event.pak,
        "session": session.pak,
        "vip_id": vip.id,
        "type_id": list_ticket_types(tx, org_id, event.id)[0].id,
        "gate_id": gate.id,
        "campaign_id": campaign.id,
        "caller": caller,
        "event_token": event_token,
        "company_token": company_token,
    }
