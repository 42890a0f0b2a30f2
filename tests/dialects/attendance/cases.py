"""Every documented request, and one that meets each error, by the name of its golden file.

A name begins with the status that is answered.
"""

from collections.abc import Callable

from tests.dialects.attendance.hall import SAMPLE, Hall, Request
from turnout.core.events.model import EventState
from turnout.core.invitations.invitees import InviteeFilter, list_invitees
from turnout.core.payments.settling import ask_for_payment, set_refuses_unpaid
from turnout.core.registrations.places import set_event_state

Case = Callable[[Hall], Request]
CASES: dict[str, Case] = {}
ATTENDEES = "/v1/event/attendees"
RECIPIENTS = "/v1/event/invitations/{campaign}/recipients"
ANYWHERE = "/v1/event/invitations/all/recipients"


def case(name: str, method: str, target: str, **options: object) -> None:
    CASES[name] = lambda hall: hall.ask(method, target, **options)  # type: ignore[arg-type]


def after(name: str, *before: tuple[str, str], then: tuple[str, str], **options: object) -> None:
    """A case behind other requests, which must be answered 200."""

    def build(hall: Hall) -> Request:
        for method, target in before:
            assert hall.ask(method, target).send(hall.node).status == 200
        return hall.ask(*then, **options)  # type: ignore[arg-type]

    CASES[name] = build


case("200-event", "GET", "/v1/event.json")
case("200-event-without-json", "GET", "/v1/event")
CASES["200-event-by-company-token"] = lambda hall: hall.ask(
    "GET", "/v1/event.json?event_id={closed}", hall.company_token
)
CASES["200-company"] = lambda hall: Request(
    "GET", "/v1/company.json", {"Authorization": f"company {hall.company_token} "}
)

case("200-attendees", "GET", f"{ATTENDEES}.json")
case("200-attendees-checked", "GET", f"{ATTENDEES}/checked.json")
case("200-attendees-unchecked", "GET", f"{ATTENDEES}/unchecked")
case("200-attendees-of-a-ticket-type", "GET", f"{ATTENDEES}.json?ticket_id={{vip}}")
case("200-attendees-since-then", "GET", f"{ATTENDEES}.json?since=2027-01-01T00:00:00-03:00")
case("200-attendees-since-never", "GET", f"{ATTENDEES}.json?since=2999-01-01")
case("200-attendees-page", "GET", f"{ATTENDEES}.json?per_page=2&page=1&since=2001-01-01")
case("200-attendees-last-page", "GET", f"{ATTENDEES}.json?per_page=2&page=2")
case("200-attendees-of-any-state", "GET", f"{ATTENDEES}.json?state=ALL")
case("200-attendees-of-any-state-page", "GET", f"{ATTENDEES}.json?state=all&per_page=2&page=2")
case("200-attendees-any-case", "GET", f"{ATTENDEES}/Checked.json?state=valid")


def _left(hall: Hall) -> Request:
    """What a device is told of somebody who cancelled while it was offline."""
    hall.node.clock.advance(3600)
    assert hall.ask("POST", f"{RECIPIENTS}/{{i_hal}}/decline.json").send(hall.node).status == 200
    return hall.ask("GET", f"{ATTENDEES}.json?state=all&since=2027-01-01T10:00:00Z")


CASES["200-attendees-cancelled-since"] = _left


def _called_off(hall: Hall) -> Request:
    """What a device is told when the event was cancelled while it was offline."""
    hall.node.clock.advance(3600)
    whose = (hall.org_id, hall.event_id, EventState.CANCELLED)
    hall.node.db.call(set_event_state, *whose, actor="test")
    return hall.ask("GET", f"{ATTENDEES}.json?state=all&per_page=2&since=2027-01-01T10:00:00Z")


CASES["200-attendees-event-cancelled-since"] = _called_off
case("422-attendees-any-state", "GET", f"{ATTENDEES}.json?state=late")
case("422-attendees-since", "GET", f"{ATTENDEES}.json?since=yesterday")
case("422-attendees-ticket-id", "GET", f"{ATTENDEES}.json?ticket_id=x")
case("422-attendees-per-page", "GET", f"{ATTENDEES}.json?per_page=1001")
case("404-attendees-state", "GET", f"{ATTENDEES}/late.json")

CODE = f"{ATTENDEES}/code"
case("200-attendee", "GET", f"{CODE}/{{ann}}.json")
case("200-attendee-without-v1", "GET", "/event/attendees/code/{ann}.json")
case("200-attendee-cancelled", "GET", f"{CODE}/{{cid}}.json")
case("200-attendee-signed", "GET", f"{CODE}/{{signed}}.json")
case("404-attendee-forged", "GET", f"{CODE}/{{forged}}.json")
case("200-check-signed", "POST", f"{CODE}/{{signed}}/check.json", body={"at": SAMPLE})
case("404-check-forged", "POST", f"{CODE}/{{forged}}/check.json")
case("200-ticket-keys", "GET", "/v1/event/ticket_keys.json")
case("404-attendee", "GET", f"{CODE}/NOSUCH.json")
CASES["404-attendee-of-another-event"] = lambda hall: hall.ask(
    "GET", f"{CODE}/{{ann}}.json?event_id={{closed}}", hall.company_token
)

case("200-check", "POST", f"{CODE}/{{ann}}/check.json", body=f"at={SAMPLE}")
case("200-check-as-the-texts-curl", "POST", f"{CODE}/{{ann}}.json", body=f"at={SAMPLE}")
case("200-check-json", "POST", f"{CODE}/{{ann}}/check", body={"at": SAMPLE})
case("200-check-query", "POST", f"{CODE}/{{ann}}/check.json?at=2027-04-16T11:27:05Z")
case("200-check-now", "POST", f"{CODE}/{{ann}}/check.json")
case("406-check-again", "POST", f"{CODE}/{{bob}}/check.json", body=f"at={SAMPLE}")
case("406-check-cancelled", "POST", f"{CODE}/{{cid}}/check.json")
case("406-check-at-another-gate", "POST", f"{CODE}/{{ann}}/check.json?gate={{gate}}")
case("404-check", "POST", f"{CODE}/NOSUCH/check.json")
case("404-check-gate", "POST", f"{CODE}/{{ann}}/check.json?gate=77")
case("422-check-at", "POST", f"{CODE}/{{ann}}/check.json", body="at=noon")
case("422-check-at-far", "POST", f"{CODE}/{{ann}}/check.json", body="at=9999-12-31T23:59:59-14:00")
case("422-check-at-json", "POST", f"{CODE}/{{ann}}/check.json", body={"at": 7})
case("422-check-gate", "POST", f"{CODE}/{{ann}}/check.json?gate=x")
FORM, TEXT = "application/x-www-form-urlencoded", "text/plain"
LATE = b'{"at": "late"}'
case("422-check-at-query", "POST", f"{CODE}/{{ann}}/check.json?at=noon")
case(
    "422-check-at-json-as-form", "POST", f"{CODE}/{{ann}}/check.json", body=LATE, Content_Type=FORM
)
case(
    "422-check-at-json-as-text", "POST", f"{CODE}/{{ann}}/check.json", body=LATE, Content_Type=TEXT
)
case("422-check-gate-form", "POST", f"{CODE}/{{ann}}/check.json", body="gate=north")
case("422-check-gate-json", "POST", f"{CODE}/{{ann}}/check.json", body={"gate": [1]})
case("422-check-event-id", "POST", f"{CODE}/{{ann}}/check.json?event_id=x")
case("422-check-event-id-json", "POST", f"{CODE}/{{ann}}/check.json", body={"event_id": True})
CASES["406-check-at-another-gate-json"] = lambda hall: hall.ask(
    "POST", f"{CODE}/{{ann}}/check.json", body={"gate": hall.gate_id}
)
CASES["200-check-event-id-form"] = lambda hall: hall.ask(
    "POST", f"{CODE}/{{ann}}/check.json", hall.company_token, body=f"event_id={hall.event_id}"
)
CASES["404-check-event-id-form"] = lambda hall: hall.ask(
    "POST", f"{CODE}/{{ann}}/check.json", hall.company_token, body="event_id=77"
)

SCANNER = {"X_Device": "door-1", "X_Nonce": "scan-1"}


def scanned(name: str, target: str, **headers: str) -> None:
    """A case behind a scan of Ann's code with a nonce."""

    def build(hall: Hall) -> Request:
        first = hall.ask("POST", f"{CODE}/{{ann}}/check.json", **SCANNER)
        assert first.send(hall.node).status == 200
        return hall.ask("POST", target, **(SCANNER | headers))

    CASES[name] = build


scanned("200-check-nonce-again", f"{CODE}/{{ann}}/check.json")
scanned("406-check-nonce-of-another-device", f"{CODE}/{{ann}}/check.json", X_Device="door-2")
scanned("422-check-nonce-of-another-code", f"{CODE}/{{bob}}/check.json")
scanned("422-check-nonce-of-no-code", f"{CODE}/NOSUCH/check.json")
scanned("422-uncheck-nonce-of-a-check", f"{CODE}/{{ann}}/uncheck.json")
case(
    "422-check-nonce-without-device",
    "POST",
    f"{CODE}/{{ann}}/check.json",
    X_Nonce="scan-1",
)
after(
    "200-uncheck",
    then=("POST", f"{CODE}/{{bob}}/uncheck.json"),
)
after(
    "200-check-after-uncheck",
    ("POST", f"{CODE}/{{bob}}/uncheck.json"),
    then=("POST", f"{CODE}/{{bob}}/check.json"),
)


def _checked_again(hall: Hall) -> Request:
    """A scan is uploaded again after somebody took the check back."""
    for action, nonce in (("check", "scan-1"), ("uncheck", "scan-2")):
        named = SCANNER | {"X_Nonce": nonce}
        first = hall.ask("POST", f"{CODE}/{{ann}}/{action}.json", **named)
        assert first.send(hall.node).status == 200
    return hall.ask("POST", f"{CODE}/{{ann}}/check.json", **SCANNER)


CASES["200-check-nonce-again-after-uncheck"] = _checked_again
case("404-check-text-behind-signature", "POST", f"{CODE}/{{signed}}:x/check.json")
case("404-uncheck", "POST", f"{CODE}/NOSUCH/uncheck.json")
case("405-check", "GET", f"{CODE}/{{ann}}/check.json")


def _cancelled(hall: Hall) -> Request:
    hall.node.db.call(
        set_event_state, hall.org_id, hall.event_id, EventState.CANCELLED, actor="test"
    )
    return hall.ask("POST", f"{CODE}/{{ann}}/check.json")


CASES["406-check-cancelled-event"] = _cancelled


def _unpaid(hall: Hall) -> Request:
    db, by = hall.node.db, {"actor": "test"}
    due_at = db.clock() + 86_400_000
    db.call(ask_for_payment, hall.org_id, hall.codes["ann"], 1000, "CLP", due_at=due_at, **by)
    db.call(set_refuses_unpaid, hall.org_id, hall.event_id, is_refused=True, **by)
    return hall.ask("POST", f"{CODE}/{{ann}}/check.json")


CASES["406-check-unpaid"] = _unpaid

case("200-invitations", "GET", "/v1/event/invitations.json")
case("200-recipients", "GET", f"{RECIPIENTS}.json")
case("200-recipients-of-all", "GET", f"{ANYWHERE}.json")
case("200-recipients-confirmed", "GET", f"{ANYWHERE}.json?state=confirmed")
case("200-recipients-by-name", "GET", f"{ANYWHERE}.json?first_name=GIL&last_name=guest")
case("200-recipients-by-email", "GET", f"{ANYWHERE}.json?email=Jon@Guests.example.com")
case("200-recipients-nobody", "GET", f"{ANYWHERE}.json?email=jon")
case("404-recipients", "GET", "/v1/event/invitations/77/recipients.json")
case("404-recipients-of-nothing", "GET", "/v1/event/invitations/x/recipients.json")
case("422-recipients-state", "GET", f"{ANYWHERE}.json?state=perhaps")
case("200-confirm", "POST", f"{RECIPIENTS}/{{i_gil}}/confirm.json")
case("200-confirm-of-all", "POST", f"{ANYWHERE}/{{i_gil}}/confirm")
case("200-confirm-again", "POST", f"{RECIPIENTS}/{{i_hal}}/confirm.json")
case("200-confirm-after-declining", "POST", f"{RECIPIENTS}/{{i_ida}}/confirm.json")
case("200-decline", "POST", f"{RECIPIENTS}/{{i_gil}}/decline.json")
case("200-decline-after-confirming", "POST", f"{RECIPIENTS}/{{i_hal}}/decline.json")
case("200-decline-again", "POST", f"{RECIPIENTS}/{{i_ida}}/decline.json")
after(
    "406-confirm-when-nothing-is-left",
    ("POST", f"{RECIPIENTS}/{{i_gil}}/confirm.json"),
    then=("POST", f"{RECIPIENTS}/{{i_jon}}/confirm.json"),
)


def _declined_inside(hall: Hall) -> Request:
    """Somebody declines who came in already."""
    found = hall.node.db.call(list_invitees, hall.org_id, hall.event_id, InviteeFilter())
    [code] = [invitee.ticket_code for invitee in found if invitee.first_name == "Hal"]
    answer = hall.ask("POST", f"{CODE}/{code}/check.json").send(hall.node)
    assert answer.status == 200
    return hall.ask("POST", f"{RECIPIENTS}/{{i_hal}}/decline.json")


CASES["406-decline-checked-in"] = _declined_inside
case("404-action", "POST", f"{RECIPIENTS}/{{i_gil}}/ponder.json")
case("404-recipient", "POST", f"{RECIPIENTS}/777/confirm.json")
case("404-recipient-number", "POST", f"{RECIPIENTS}/x/confirm.json")
case("405-confirm", "GET", f"{RECIPIENTS}/{{i_gil}}/confirm.json")


def _over(hall: Hall) -> Request:
    hall.node.execute(f"UPDATE events SET ends_at = 1 WHERE id = {hall.event_id}")
    return hall.ask("POST", f"{RECIPIENTS}/{{i_gil}}/confirm.json")


CASES["406-confirm-after-the-event"] = _over


def _in_state(state: EventState) -> Case:
    """Confirming while the event is in that state."""

    def build(hall: Hall) -> Request:
        hall.node.db.call(set_event_state, hall.org_id, hall.event_id, state, actor="test")
        return hall.ask("POST", f"{RECIPIENTS}/{{i_gil}}/confirm.json")

    return build


CASES["406-confirm-closed-event"] = _in_state(EventState.CLOSED)
CASES["406-confirm-draft-event"] = _in_state(EventState.DRAFT)
CASES["406-confirm-cancelled-event"] = _in_state(EventState.CANCELLED)
CASES["401-no-token"] = lambda _hall: Request("GET", "/v1/event.json")
case("401-wrong-token", "GET", "/v1/event.json", token="x" * 40)
case("401-empty-token", "GET", "/v1/event.json", token=" ")
CASES["401-company-with-an-event-token"] = lambda hall: Request(
    "GET", "/v1/company.json", {"Authorization": f"company {hall.event_token}"}
)
CASES["401-event-as-company"] = lambda hall: hall.ask("GET", "/v1/company.json")
CASES["422-company-token-without-event"] = lambda hall: hall.ask(
    "GET", "/v1/event.json", hall.company_token
)
CASES["404-event-of-another-company"] = lambda hall: hall.ask(
    "GET", "/v1/event.json?event_id=77", hall.company_token
)
CASES["422-event-id-that-is-none"] = lambda hall: hall.ask(
    "GET", "/v1/event.json?event_id=x", hall.company_token
)
case("404-unknown-path", "GET", "/v1/nothing.json")
