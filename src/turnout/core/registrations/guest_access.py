"""Who may act as the guest of a registration: one rule for every verb of guests.py.

Theory. The holder of a personal link (tickets/guest_links.py) is its guest. An event may ask more:
with `confirms_links`, a browser that opens a link for the first time must also enter a code that is
mailed to the guest's present address. What hands a registration or its data to somebody
else (the verbs that take a `Proof`) always asks for such a code.

A code is for one `Deed`, which its mail names, and good for no other: a guest who is
talked into reading a code out gives away what its mail says, and no more.

Codes are mailed to the present address alone, five an hour for a registration, and wrong tries are
counted by the registration and where they come from (verification/codes.py). A refused code is
returned as a value, so that its try stays counted.
"""

import enum
from typing import NamedTuple

from turnout.catalogue.translations import label
from turnout.core.events.showing import EventView, get_shown_event
from turnout.core.identity.link_keys import (
    ensure_link_key,
    find_link_keys,
    is_link_signed,
    sign_link,
)
from turnout.core.ids import OrgId, RegistrationId
from turnout.core.mails.languages import choose_language, preferred_languages
from turnout.core.messaging.model import JobType
from turnout.core.registrations import booking
from turnout.core.registrations.model import Registration
from turnout.core.registrations.telling import find_mail_address
from turnout.core.tickets.guest_links import read_guest_token
from turnout.core.verification.codes import (
    PLACE,
    CodeRequest,
    Purpose,
    check_own_code,
    find_own_lock,
    send_own_code,
)
from turnout.core.windows import counting
from turnout.core.windows.counting import WindowKey
from turnout.errors import Conflict, Denied, Failure, Invalid, Limited
from turnout.store import Tx

KIND = "guest codes"
CODES_LIMIT, CODES_WINDOW_MS = 5, 3_600_000


class Deed(enum.StrEnum):
    """What a mailed code is for; DATA = a copy, or the request to erase it."""

    OPEN = "open"
    TRANSFER = "transfer"
    ADDRESS = "address"
    DATA = "data"


# What a mail calls it: as the page does.
_NAMES = {
    Deed.OPEN: "my.confirm",
    Deed.TRANSFER: "my.transfer",
    Deed.ADDRESS: "my.address",
    Deed.DATA: "my.data_more",
}


class Access(NamedTuple):
    """What somebody shows to act as a guest: the token of their link, and what their browser was
    given when it proved addresses, with dots between, empty = nothing."""

    token: str
    browser: str = ""


class Proof(NamedTuple):
    """A code that was mailed to the present address, entered at `place` (`place_of`)."""

    code: str
    place: str


class Guest(NamedTuple):
    """Whose link it is; `is_known`: the browser may see and do what the link is for."""

    org_id: OrgId
    registration_id: RegistrationId
    shown: EventView
    is_known: bool

    @property
    def actor(self) -> str:
        """Who is named in the audit."""
        return f"guest:{self.registration_id}"


def find_guest(tx: Tx, access: Access) -> Guest:
    """Whose link it is. Only reads. Raises Missing for a link that was never made or has ended."""
    org_id, registration_id = read_guest_token(tx, access.token)
    registration = booking.get_registration(tx, org_id, registration_id)
    shown = get_shown_event(tx, org_id, registration.event_id)
    is_known = not shown.details.confirms_links or _is_own_browser(
        find_link_keys(tx), org_id, registration_id, access.browser
    )
    return Guest(org_id, registration_id, shown, is_known)


def admit(tx: Tx, access: Access) -> tuple[Guest, Registration]:
    """The guest, and their registration, held against concurrent changes: what every verb of a
    guest begins with. Raises Missing, Denied for a browser that has to prove the address first."""
    guest = find_guest(tx, access)
    if not guest.is_known:
        raise Denied("guest.browser")
    registration = booking.lock_registration(tx, guest.org_id, guest.registration_id)
    # A link may have ended while we waited.
    read_guest_token(tx, access.token)
    return guest, registration


def ask_guest_code(
    tx: Tx, access: Access, deed: Deed, code: str | None = None, place: str = ""
) -> Limited | None:
    """Mail a code for that deed to the guest's present address; it ends those before. `code` is for
    tests. Returns Limited after five in an hour, and where the code would be refused from that
    `place`, as too many wrong ones were typed. Raises Missing, Conflict without an address."""
    guest = find_guest(tx, access)
    org_id, registration_id = guest.org_id, guest.registration_id
    registration = booking.lock_registration(tx, org_id, registration_id)
    address = find_mail_address(tx, org_id, registration)
    if not address:
        raise Conflict("registration.no_address", registration_id=registration_id)
    ref = _ref(registration_id, deed)
    if place and (lock := find_own_lock(tx, org_id, Purpose.WATCH, ref, place)):
        return lock
    key = WindowKey(org_id, KIND, str(registration_id))
    if not counting.count(tx, key, CODES_LIMIT, CODES_WINDOW_MS):
        return Limited("guest.many_codes", retry_after=counting.wait_s(tx, key, CODES_WINDOW_MS))
    send_guest_code(tx, guest, address, deed, ref, code)
    return None


def send_guest_code(
    tx: Tx, guest: Guest, address: str, deed: Deed, ref: str, code: str | None = None
) -> None:
    """Mail a code for `ref` to an address, in the guest's language, with what it is for. The caller
    bounds how often."""
    org_id, shown = guest.org_id, guest.shown
    registration = booking.get_registration(tx, org_id, guest.registration_id)
    own = booking.find_language(tx, org_id, registration.event_id, registration.person_id)
    language = choose_language(preferred_languages(tx, org_id, shown, own))
    facts = {"event": shown.event.title, "place": PLACE, "deed": label(language, _NAMES[deed])}
    text = label(language, "mail.guest_code.text", **facts)
    subject = label(language, "mail.guest_code.subject")
    asked = CodeRequest(ref, JobType.EMAIL, address, text, subject, language=language)
    send_own_code(tx, org_id, Purpose.WATCH, asked, code)


def check_guest_code(tx: Tx, guest: Guest, deed: Deed, proof: Proof) -> Failure | None:
    """Use a code up that was mailed to the present address for that deed. Returns the refusal of a
    wrong one."""
    return check_code_of(tx, guest.org_id, _ref(guest.registration_id, deed), proof)


def check_code_of(tx: Tx, org_id: OrgId, ref: str, proof: Proof) -> Failure | None:
    """`check_guest_code` for what was sent for `ref`."""
    checked = check_own_code(tx, org_id, Purpose.WATCH, ref, proof.code, proof.place)
    if isinstance(checked, Limited):
        return checked
    return None if checked else Invalid("form.code")


def prove_browser(tx: Tx, access: Access, proof: Proof) -> str | Failure:
    """What a browser keeps that has proved the address, or the refusal of its code. Raises
    Missing."""
    guest = find_guest(tx, access)
    if refusal := check_guest_code(tx, guest, Deed.OPEN, proof):
        return refusal
    return sign_link(ensure_link_key(tx), _browser(guest.org_id, guest.registration_id))


def _is_own_browser(
    keys: tuple[str, ...], org_id: OrgId, registration_id: RegistrationId, browser: str
) -> bool:
    text = _browser(org_id, registration_id)
    return any(is_link_signed(keys, text, shown) for shown in browser.split(".") if shown)


def _browser(org_id: OrgId, registration_id: RegistrationId) -> str:
    return f"guest browser:{org_id}:{registration_id}"


def _ref(registration_id: RegistrationId, deed: Deed) -> str:
    # Names of codes to watch begin with a number, those of forms with "form:".
    return f"guest:{deed}:{registration_id}"
