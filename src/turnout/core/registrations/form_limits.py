"""How often strangers may send the forms of an event's pages, and the code that proves an address.

Theory. A form writes to the person it names, so the mails to one address are bounded, three an
hour. That holds back mails, never a registration: a ticket's mail waits for an hour that has room,
and a reminder beyond it is left out, since the same words were just sent or are on the page. Only
codes are refused, by a count of their own.

A form may also hold a place, so the forms of one place (an IPv4 address, or an IPv6 network of 64
bits) to one event are bounded too: so widely that a venue or a school behind one address registers
its people. Once they come faster than people type, the page asks for a code that it mails to the
address; nothing is held before it is entered. What the code proved is signed into the form for an
hour, for that address and event: a form that is refused then, as its session is full by now, is
sent again without another code.

The codes to watch have counts of their own, and no stranger may use them up for the owner of an
address: they bound mails, never the entering of a code. One place gets fewer mails out than all
places together; who is over a limit is told to enter the code that was mailed, which is good for
as long as the limit holds. Only where none is left to enter is there a refusal. A code that was
entered clears the counts of its address.

Counts are rows, added in the transaction of the effect: they hold over restarts and nodes, and what
is rolled back was not counted.
"""

import hashlib
import secrets
from typing import NamedTuple

from turnout.catalogue.translations import ENGLISH, label
from turnout.core.events.model import Event
from turnout.core.identity.link_keys import (
    ensure_link_key,
    find_link_keys,
    is_link_signed,
    sign_link,
)
from turnout.core.ids import NO_EVENT, EventId, OrgId
from turnout.core.messaging.model import JobType
from turnout.core.text import email_key
from turnout.core.verification.codes import (
    PLACE,
    CodeRequest,
    Purpose,
    check_own_code,
    send_own_code,
)
from turnout.core.windows import counting
from turnout.core.windows.counting import WindowKey
from turnout.errors import Failure, Invalid, Limited
from turnout.store import Tx

KIND = "forms"
MINUTE_MS = 60_000
PLACE_WINDOW_MS = 5 * MINUTE_MS
MAILS_LIMIT, MAILS_WINDOW_MS = 3, 60 * MINUTE_MS
LONGEST_PROOF = 100
CODES_WINDOW_MS = 60 * MINUTE_MS
# Mails with a code to watch, in an hour: from one place to one address for one event, and for all
# events; to one address for one event from everywhere. In this order: a place that is over its own
# limit uses nothing of what is everybody's.
CODE_LIMITS = (("watch from here", 2), ("watch of place", 6), ("watch", 3))


class FormLimits(NamedTuple):
    """Forms to one event from one place: in five minutes, and in a minute without a code."""

    per_place: int = 600
    before_code: int = 50


class Sender(NamedTuple):
    """From which place (`place_of`) somebody sends a form to an event, and in whose name."""

    org_id: OrgId
    event_id: EventId
    place: str
    email: str


# So long an address is proved, for so many forms.
PROVED_MS, PROVED_LIMIT = 60 * MINUTE_MS, 20


class Proof(NamedTuple):
    """What a form shows to prove its address: the name of the request for a code, and the code."""

    name: str
    code: str


def admit_registration(tx: Tx, sender: Sender, limits: FormLimits) -> bool:
    """Count a form that registers; whether a code must be asked for before it holds anything.
    Raises Limited, with the seconds to wait, for its place alone: who registers for a series sends
    many."""
    tx.about("events", sender.event_id)  # or it would hold up its neighbours' count
    if not _count(tx, sender, "place", limits.per_place, PLACE_WINDOW_MS):
        raise _refusal(tx, sender, "place", PLACE_WINDOW_MS, "form.many_forms")
    return not _count(tx, sender, "minute", limits.before_code, MINUTE_MS)


def book_mail(tx: Tx, org_id: OrgId, email: str) -> int:
    """Count a mail that must go out to the address; returns when it may, in epoch ms: now for three
    an hour, and the next hours for what is more."""
    key = _key(Sender(org_id, NO_EVENT, "", email), "mail")
    return counting.book(tx, key, MAILS_LIMIT, MAILS_WINDOW_MS)


def may_remind(tx: Tx, org_id: OrgId, email: str) -> bool:
    """Count a mail to the address that may be left out; whether this hour has room for it."""
    sender = Sender(org_id, NO_EVENT, "", email)
    return _count(tx, sender, "mail", MAILS_LIMIT, MAILS_WINDOW_MS)


def ask_for_code(
    tx: Tx, sender: Sender, event: Event, code: str | None = None, *, language: str = ENGLISH
) -> str:
    """Mail a code to the address, in the language of the page; returns the name of this request,
    which the next form shows with the code. `code` is for tests. Raises Limited after three an hour
    to the address."""
    if not _count(tx, sender, "code", MAILS_LIMIT, MAILS_WINDOW_MS):
        raise _refusal(tx, sender, "code", MAILS_WINDOW_MS, "form.many_codes")
    name = secrets.token_urlsafe(16)
    text = label(language, "mail.code.text", event=event.title, place=PLACE)
    subject = label(language, "mail.code.subject")
    ref = _client_ref(sender, name)
    whom = (JobType.EMAIL, sender.email.strip())
    asked = CodeRequest(ref, *whom, text, subject, language=language)
    send_own_code(tx, sender.org_id, Purpose.WATCH, asked, code)
    return name


def check_proof(tx: Tx, sender: Sender, proof: Proof) -> Failure | None:
    """Use a code up that was mailed to the address. Returns the refusal of a wrong one: a value, so
    that the try stays counted."""
    if not 0 < len(proof.name) <= LONGEST_PROOF:
        return _wrong_code()
    ref = _client_ref(sender, proof.name)
    checked = check_own_code(tx, sender.org_id, Purpose.WATCH, ref, proof.code, sender.place)
    if isinstance(checked, Limited):
        return checked
    return None if checked else _wrong_code()


def prove_address(tx: Tx, sender: Sender, proof: Proof) -> str | Failure:
    """What the form shows from now on instead of a code, or the refusal of a wrong one."""
    if refusal := check_proof(tx, sender, proof):
        return refusal
    until = tx.now + PROVED_MS
    return f"{until}-{sign_link(ensure_link_key(tx), _proved(sender, until))}"


def is_address_proved(tx: Tx, sender: Sender, shown: str) -> bool:
    """Whether the form shows that its address was proved for its event, in the last hour."""
    until, _, signature = shown.partition("-")
    if not (until.isascii() and until.isdigit() and len(until) < 16 and tx.now < int(until)):
        return False
    is_ours = is_link_signed(find_link_keys(tx), _proved(sender, int(until)), signature)
    return is_ours and _count(tx, sender, "proved", PROVED_LIMIT, PROVED_MS)


def admit_code(tx: Tx, sender: Sender, limits: FormLimits) -> bool:
    """Count a request for a code to watch; whether it may be mailed. Raises Limited, with the
    seconds to wait, where a place sends too many of these forms."""
    if not _count(tx, sender, "watch form", limits.per_place, PLACE_WINDOW_MS):
        raise _refusal(tx, sender, "watch form", PLACE_WINDOW_MS, "form.many_forms")
    return all(_count(tx, sender, kind, limit, CODES_WINDOW_MS) for kind, limit in CODE_LIMITS)


def refuse_code(tx: Tx, sender: Sender) -> Limited:
    """The refusal of a request that `admit_code` did not admit, with the seconds to wait."""
    keys = [_key(sender, kind) for kind, _ in CODE_LIMITS]
    wait_s = max(counting.wait_s(tx, key, CODES_WINDOW_MS) for key in keys)
    return Limited("form.many_codes", retry_after=wait_s)


def clear_codes(tx: Tx, sender: Sender) -> None:
    """Somebody entered the code that was mailed: the address is theirs, and they may ask again."""
    for kind, _ in CODE_LIMITS:
        counting.clear(tx, _key(sender, kind))


def _count(tx: Tx, sender: Sender, kind: str, limit: int, window_ms: int) -> bool:
    return counting.count(tx, _key(sender, kind), limit, window_ms)


def _refusal(tx: Tx, sender: Sender, kind: str, window_ms: int, code: str) -> Limited:
    return Limited(code, retry_after=counting.wait_s(tx, _key(sender, kind), window_ms))


def _key(sender: Sender, kind: str) -> WindowKey:
    """What is counted, as a digest: nobody reads addresses out of the table."""
    email = email_key(sender.email)
    by_kind = {
        "mail": email,
        "code": email,
        "proved": f"{sender.event_id}:{email}",
        "watch": f"{sender.event_id}:{email}",
        "watch of place": f"{sender.place}:{email}",
        "watch from here": f"{sender.event_id}:{sender.place}:{email}",
    }
    text = f"{kind}:{by_kind.get(kind, f'{sender.event_id}:{sender.place}')}"
    name = hashlib.sha256(f"{sender.org_id}:{text}".encode()).hexdigest()
    return WindowKey(sender.org_id, KIND, name)


def _proved(sender: Sender, until: int) -> str:
    whose = f"{sender.org_id}:{sender.event_id}:{email_key(sender.email)}"
    return f"form proved:{whose}:{until}"


def _client_ref(sender: Sender, name: str) -> str:
    # Names of codes to watch begin with a number.
    return f"form:{sender.event_id}:{email_key(sender.email)}:{name}"


def _wrong_code() -> Invalid:
    return Invalid("form.code")
