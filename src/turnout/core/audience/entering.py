"""Coming to the watch page without the personal link: an e-mail address and a code sent to it.

Nobody learns from the page who is registered. The same is done for every address: a code is stored,
a mail goes out, and the same limits hold; only the mail tells whether there is anything to watch.

A code is good for as long as mails to its address are bounded (core/registrations/form_limits.py).
So strangers who ask for the last mail that may go out leave its owner with a code to enter.
"""

from turnout.catalogue.translations import ENGLISH, label
from turnout.core.audience.links import find_registered, make_token
from turnout.core.events.programme import get_event
from turnout.core.ids import EventId, OrgId
from turnout.core.messaging.model import JobType
from turnout.core.text import email_key, is_email
from turnout.core.verification.codes import (
    PLACE,
    CodeRequest,
    Purpose,
    check_own_code,
    has_own_code,
    send_own_code,
)
from turnout.errors import Invalid, Limited, Unauthenticated
from turnout.store import Tx

GOOD_MIN = 60


def send_entry_code(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    email: str,
    code: str | None = None,
    *,
    language: str = ENGLISH,
) -> None:
    """Mail a code to the address, or that it is not registered for the event, in the language of
    the page. The code ends those that were sent to the address before. `code` is for tests.

    Raises Invalid for an address that is none.
    """
    if not is_email(email):
        raise Invalid("contact.email_typed")
    title = get_event(tx, org_id, event_id).title
    text = (
        label(language, "watch_mail.code", event=title, code=PLACE)
        if find_registered(tx, org_id, event_id, email) is not None
        else label(language, "watch_mail.stranger", event=title)
    )
    whom = (_client_ref(event_id, email), JobType.EMAIL, email.strip())
    asked = CodeRequest(*whom, text, label(language, "mail.code.subject"), language=language)
    send_own_code(tx, org_id, Purpose.WATCH, asked, code)


def has_entry_code(tx: Tx, org_id: OrgId, event_id: EventId, email: str) -> bool:
    """Whether a code that was sent to the address can still be entered."""
    return has_own_code(tx, org_id, Purpose.WATCH, _client_ref(event_id, email), GOOD_MIN)


def enter(
    tx: Tx, org_id: OrgId, event_id: EventId, email: str, code: str, source: str
) -> str | Unauthenticated | Limited:
    """The token of who entered a code that was sent to the address, or why there is none: a value,
    so that the try is counted. `source` is the client's address."""
    ref = _client_ref(event_id, email)
    is_right = check_own_code(tx, org_id, Purpose.WATCH, ref, code, source, GOOD_MIN)
    if isinstance(is_right, Limited):
        return is_right
    registration_id = find_registered(tx, org_id, event_id, email) if is_email(email) else None
    if registration_id is None or not is_right:
        return Unauthenticated("watch.code")
    return make_token(tx, org_id, registration_id)


def _client_ref(event_id: EventId, email: str) -> str:
    return f"{event_id}:{email_key(email)}"
