"""What the forms of a guest's pages do: each is one verb, named by the button that was pressed."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from turnout.core.erasure.guests import ask_for_erasure
from turnout.core.ids import SessionId
from turnout.core.people.model import Contact
from turnout.core.registrations.guest_access import Access, Deed, Proof, ask_guest_code, find_guest
from turnout.core.registrations.guests import (
    NAMES,
    ask_new_address,
    cancel_own,
    change_own_address,
    change_own_answers,
    change_own_details,
    choose_own_sessions,
    renew_own_link,
    resend_own,
    set_own_language,
    transfer_own,
)
from turnout.errors import Failure, Invalid
from turnout.store import Tx
from turnout.web.event_forms import check_fields, check_named
from turnout.web.my.reading import read_mine
from turnout.web.questions import read_answers

LONGEST_CODE = 40
MAIN = ""
SESSION = "session-"


class Sent(NamedTuple):
    """A form that was sent: what it says, from which place, and when (epoch ms)."""

    access: Access
    given: Mapping[str, str]
    place: str
    now: int

    @property
    def proof(self) -> Proof:
        return Proof(self.given.get("code", "")[:LONGEST_CODE], self.place)


Verb = Callable[[Tx, Sent], Failure | str | None]


class Action(NamedTuple):
    """A button: the page that it stands on, what it does, and the label of what was done. It ends
    the link (`is_last`): then what was done is said at once, as the page has no address any more. A
    text that the verb returns is handed on to the next step of the same page."""

    part: str
    verb: Verb
    done: str
    is_last: bool = False


def _details(tx: Tx, sent: Sent) -> None:
    mine = read_mine(tx, sent.access)
    names = {name: sent.given[name] for name in NAMES if name in sent.given}
    # What is known of a last name keeps its field.
    has_one_name = mine.shown.details.has_one_name and "last_name" not in names
    check_fields(names, list(names), has_one_name=has_one_name)
    if "first_name" in names:
        check_named(names, has_one_name=has_one_name)
    if names:
        change_own_details(tx, sent.access, names)
    type_id = mine.registration.ticket_type_id
    if any(question.is_asked_with(type_id) for question in mine.questions):
        entered = read_answers(mine.questions, sent.given, type_id, sent.now)
        if entered.wrong:
            raise Invalid("form.answers")
        change_own_answers(tx, sent.access, entered.answers)


def _sessions(tx: Tx, sent: Sent) -> None:
    wanted = {
        SessionId(int(name.removeprefix(SESSION)))
        for name in sent.given
        if name.startswith(SESSION) and name.removeprefix(SESSION).isdecimal() and len(name) < 24
    }
    choose_own_sessions(tx, sent.access, wanted)


def _transfer(tx: Tx, sent: Sent) -> Failure | None:
    given = {name: sent.given.get(name, "") for name in ("email", *NAMES)}
    has_one_name = read_mine(tx, sent.access).shown.details.has_one_name
    check_fields(given, list(given), has_one_name=has_one_name)
    check_named(given, has_one_name=has_one_name)
    contact = Contact(**given)
    ticket, spoken = sent.given.get("ticket", ""), sent.given.get("language", "")
    return transfer_own(tx, sent.access, ticket, contact, sent.proof, spoken)


def _address(tx: Tx, sent: Sent) -> Failure | str | None:
    email = sent.given.get("email", "")
    check_fields({"email": email}, ["email"])
    if step := sent.given.get("step", ""):
        return change_own_address(tx, sent.access, email, step, sent.proof)
    return ask_new_address(tx, sent.access, email, sent.proof)


ACTIONS: Mapping[str, Action] = {
    "resend": Action(MAIN, lambda tx, sent: resend_own(tx, sent.access), "my.resent"),
    "language": Action(
        MAIN,
        lambda tx, sent: set_own_language(tx, sent.access, sent.given.get("language", "")),
        "my.done",
    ),
    "details": Action("answers", _details, "my.done"),
    "sessions": Action("sessions", _sessions, "my.done"),
    "cancel": Action("cancel", lambda tx, sent: cancel_own(tx, sent.access), "my.cancelled_text"),
    "transfer": Action("transfer", _transfer, "my.transfer_done", is_last=True),
    "address": Action("address", _address, "my.address_done", is_last=True),
    "renew": Action(
        "renew", lambda tx, sent: renew_own_link(tx, sent.access), "my.link_renewed", is_last=True
    ),
    "erase": Action(
        "data", lambda tx, sent: ask_for_erasure(tx, sent.access, sent.proof), "my.data_erased"
    ),
}
PARTS = frozenset({"answers", "sessions", "cancel", "transfer", "address", "renew", "data"})
# The pages that ask for a mailed code, and what it is for.
DEEDS = {"transfer": Deed.TRANSFER, "address": Deed.ADDRESS, "data": Deed.DATA}
# Buttons of several pages, which do nothing themselves.
MAIL_CODE, OPEN = "code", "open"
# Copies of what is known: for programs, and to read.
EXPORT, COPY = "export", "copy"


def mail_code(tx: Tx, access: Access, part: str, place: str) -> Failure | None:
    """Mail a code to the guest's present address for what that page does, or say why not; one that
    opens the link to a browser that has to prove the address."""
    deed = DEEDS.get(part, Deed.OPEN) if find_guest(tx, access).is_known else Deed.OPEN
    return ask_guest_code(tx, access, deed, place=place)
