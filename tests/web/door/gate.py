"""A demo's event, its signed codes, and phones at its door in a real browser."""

import io
import re
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image
from playwright.sync_api import Page, expect

from tests.cli.runner import Turnout
from tests.support.builder import WHEN
from turnout.core.checkin.gates import create_gate
from turnout.core.events.programme import create_event, create_ticket_type, list_ticket_types
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import EventId, GateId, OrgId, RegistrationId
from turnout.core.payments.settling import ask_for_payment, set_refuses_unpaid
from turnout.core.people.model import Contact
from turnout.core.registrations.changing import add_by_staff
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.parties import Guest, grant_party
from turnout.core.registrations.rules import Door
from turnout.core.tickets.signing import ensure_ticket_key, sign_ticket
from turnout.formats.qr import qr_png
from turnout.store import Tx

SIDE = 480
# Black and white as video has them.
DARK, LIGHT = 16, 235
# Types a text as a scanner does that is set to one keyboard, on a device that has another.
PRESS = """async ([text, scanner, device]) => {
  const { LAYOUTS, PLACES } = await import(document.body.dataset.keys);
  document.activeElement.blur();
  const press = (facts) => document.dispatchEvent(new KeyboardEvent("keydown", facts));
  for (const sign of text) {
    const shiftKey = !LAYOUTS[scanner][0].includes(sign);
    const place = LAYOUTS[scanner][Number(shiftKey)].indexOf(sign);
    press({ key: LAYOUTS[device][Number(shiftKey)][place], code: PLACES[place], shiftKey });
  }
  press({ key: "Enter", code: "Enter" });
}"""
TYPE = """([meant, typed]) => {
  document.activeElement.blur();
  const letter = (sign) => /\\d/.test(sign) ? "Digit" + sign : "Key" + sign;
  const codeOf = (sign) => sign === ":" ? "Semicolon" : letter(sign);
  for (const [place, sign] of [...meant].entries())
    document.dispatchEvent(new KeyboardEvent("keydown", { key: typed[place], code: codeOf(sign) }));
  document.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", code: "Enter" }));
}"""


# A phone that gets no answer within 2.5 s decides by itself: on a machine with much to do, a test
# of what the server says would be one of what the phone knows.
PATIENT = """{
  const real = AbortSignal.timeout.bind(AbortSignal);
  AbortSignal.timeout = (ms) => real(Math.max(ms, 60_000));
}"""


def write_video(path: Path, picture: bytes) -> None:
    """A film of one picture, as Chromium's fake camera takes it (Y4M)."""
    grey = (
        Image.open(io.BytesIO(picture)).convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    )
    plane = grey.point(lambda shade: DARK + shade * (LIGHT - DARK) // 255).tobytes()
    frame = b"FRAME\n" + plane + b"\x80" * (SIDE * SIDE // 2)
    path.write_bytes(b"YUV4MPEG2 W%d H%d F10:1 Ip A1:1 C420\n" % (SIDE, SIDE) + frame * 3)


class Gate:
    """A demo's event, its signed codes, and phones."""

    def __init__(self, server) -> None:
        self.url = server.url
        self.run = Turnout(f"sqlite:///{server.folder / 'turnout.db'}")
        self.event = server.demo["attendance"]["eventId"]
        self.codes = list(server.demo["attendance"]["ticketCodes"])

    def signed(self, code: str) -> str:
        with self.run.database() as db:
            return str(db.call(_sign, code))

    def picture(self, code: str) -> bytes:
        """The picture that the mail of a ticket has attached."""
        return qr_png(self.signed(code))

    def pair(self, page: Page, name: str, role: str = "steward") -> None:
        said = self.run.ok("door", "pair", "rail-forum", self.event, "--role", role)
        page.context.add_init_script(PATIENT)
        page.goto(self.url + re.findall(r"/door/pair/[\w-]+", said)[0])
        page.fill("#name", name)
        page.click("button.lamp")
        page.click("a.lamp")
        expect(page.locator("#banner")).to_contain_text("Up to date", timeout=20_000)


def _sign(tx, code: str) -> str:
    query = (
        "SELECT t.org_id, r.event_id, t.ticket_type_id FROM tickets t"
        " JOIN registrations r ON r.id = t.registration_id WHERE t.code = ?"
    )
    ((org_id, event_id, type_id),) = tx.connection.execute(query, [code]).fetchall()
    return sign_ticket(ensure_ticket_key(tx, org_id), event_id, code, type_id)


class Hall:
    """An event of its own in the demo, with as many guests as wanted; `texts` are their codes as
    they are printed."""

    def __init__(self, server: Any, guests: int) -> None:
        self.url = server.url
        self.run = Turnout(f"sqlite:///{server.folder / 'turnout.db'}")
        with self.run.database() as db:
            made = db.call(_make_hall, guests)
        self.org_id, self.event_id, self.codes, self.texts = made

    def plan_verdicts(self) -> "Plan":
        """Tickets that are answered in every way, at a gate with an exit."""
        with self.run.database() as db:
            return db.call(_plan, self.org_id, self.event_id, self.codes, self.texts)

    def pair(
        self,
        page: Page,
        name: str,
        role: str = "steward",
        gate: int | None = None,
        says: str = "Up to date",
    ) -> None:
        self.bind(page, name, role, gate)
        expect(page.locator("#banner")).to_contain_text(says, timeout=60_000)

    def bind(self, page: Page, name: str, role: str, gate: int | None = None) -> None:
        """Pair a phone in any language, and open the page that scans."""
        at = ["--gate", str(gate)] if gate else []
        said = self.run.ok("door", "pair", "rail-forum", str(self.event_id), "--role", role, *at)
        page.context.add_init_script(PATIENT)
        page.goto(self.url + re.findall(r"/door/pair/[\w-]+", said)[0])
        page.fill("#name", name)
        page.click("button.lamp")
        page.click("a.lamp")

    def ask(self, query: str) -> list[Any]:
        """Rows of the database."""
        with self.run.database() as db:
            return db.call(lambda tx: tx.connection.execute(query).fetchall())


class Plan(NamedTuple):
    """Codes as they are printed, each with the look, word and reason of its answer; one of a party
    of three; and the gate at which it is so."""

    gate: GateId
    expected: list[tuple[str, str, str, str]]
    party: str


def _plan(tx: Tx, org_id: OrgId, event_id: EventId, codes: list[str], texts: list[str]) -> Plan:
    where = (tx, org_id, event_id)
    usual = next(one.id for one in list_ticket_types(*where) if one.is_default)
    dinner, late = (create_ticket_type(*where, name, actor="t").id for name in ("Dinner", "Late"))
    patron = create_ticket_type(
        tx, org_id, event_id, "Patron", price_minor=4500, currency="EUR", capacity=1, actor="t"
    ).id
    main = create_gate(*where, "Main", [usual, patron], [], has_exit=True, actor="t").id
    create_gate(*where, "South", [dinner], [], actor="t")
    create_gate(*where, "North", [late], [], day=WHEN.starts_local[:10], actor="t")
    for code, kind in ((codes[1], dinner), (codes[2], late)):
        query = "UPDATE tickets SET ticket_type_id = ? WHERE org_id = ? AND code = ?"
        tx.connection.execute(query, [kind, org_id, code])
    cancel_ticket = "SELECT registration_id FROM tickets WHERE org_id = ? AND code = ?"
    ((number,),) = tx.connection.execute(cancel_ticket, [org_id, codes[3]]).fetchall()
    cancel_registration(tx, org_id, RegistrationId(number), actor="guest")
    due_at = tx.now + 86_400_000
    ask_for_payment(tx, org_id, codes[4], 1050, "EUR", due_at=due_at, actor="t")
    set_refuses_unpaid(*where, is_refused=True, actor="t")
    other = create_event(tx, org_id, "Gala", WHEN, actor="t").id
    contact = Contact(email=f"gala{other}@example.com")
    gala = add_by_staff(tx, org_id, other, contact, is_mailed=False, is_complete=False, actor="t")
    key = ensure_ticket_key(tx, org_id)
    guests = [Guest(Contact(email="", first_name=name), usual) for name in ("Ann", "Bo", "Cy")]
    host = Contact(email=f"host{event_id}@example.com")
    party = grant_party(*where, host, guests, door=Door.STAFF, source="t", actor="t").tickets[0]
    forged = texts[5][:-4] + ("AAAA" if not texts[5].endswith("AAAA") else "BBBB")
    expected = [
        (texts[0], "admitted", "Come in", ""),
        (codes[0], "again", "Already checked in", "by Main"),
        (texts[1], "elsewhere", "Other gate", "South"),
        (texts[2], "elsewhere", "Other day", "North"),
        (texts[3], "cancelled", "Cancelled", "by the guest"),
        (texts[4], "unpaid", "Not paid", "10.50"),
        (
            sign_ticket(key, other, gala.ticket.code, gala.ticket.ticket_type_id),
            *("elsewhere", "Other event", "Gala"),
        ),
        (forged, "cancelled", "Forged", "Its signature is wrong"),
        ("HTTPS://MENU.EXAMPLE/", "unknown", "Not a ticket", "HTTPS://MENU"),
    ]
    text = sign_ticket(key, event_id, party.ticket.code, party.ticket.ticket_type_id)
    return Plan(main, expected, text)


def _make_hall(tx: Tx, guests: int) -> tuple[OrgId, EventId, list[str], list[str]]:
    org_id = get_organization(tx, "rail-forum").org_id
    title = f"Hall {guests}"
    event_id = create_event(tx, org_id, title, WHEN, actor="t").id
    key = ensure_ticket_key(tx, org_id)
    tickets = []
    for number in range(guests):
        email = f"hall{event_id}-{number}@example.com"
        contact = Contact(email=email, first_name="Guest", last_name=f"No {number}")
        where = (tx, org_id, event_id, contact)
        tickets.append(add_by_staff(*where, is_mailed=False, is_complete=False, actor="t").ticket)
    texts = [sign_ticket(key, event_id, one.code, one.ticket_type_id) for one in tickets]
    return org_id, event_id, [one.code for one in tickets], texts
