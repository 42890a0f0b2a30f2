"""Coming to the watch page without the personal link: an e-mail address and a code sent to it.

The answer is the same whether or not the address is registered: nobody learns who is.
"""

from turnout.core.audience.links import find_registered, make_token
from turnout.core.audience.sql import sql
from turnout.core.events.programme import get_event
from turnout.core.messaging.model import JobType
from turnout.core.text import email_key, is_email
from turnout.core.verification.codes import (
    PLACE,
    CodeRequest,
    check_own_code,
    send_own_code,
)
from turnout.errors import Invalid, Unauthenticated, Unavailable
from turnout.store import Tx


def send_entry_code(
    tx: Tx, org_id: int, event_id: int, email: str, code: str | None = None
) -> None:
    """Mail a code to the address, if it is registered for the event. `code` is for tests.

    Raises Invalid for an address that is none, Limited after too many codes to it, Unavailable
    where the organization has no user in whose name mails go out.
    """
    if not is_email(email):
        raise Invalid("contact.email", "Type your e-mail address, such as ada@example.com.")
    if find_registered(tx, org_id, event_id, email) is None:
        return
    sender = sql.find_sender(tx, org_id=org_id)
    if sender is None:
        raise Unavailable("watch.sender", "No code can be sent now. Open your personal link.")
    title = get_event(tx, org_id, event_id).title
    template = f"Your code to watch {title} is {PLACE}"
    ref = _client_ref(event_id, email)
    send_own_code(
        tx, org_id, sender, CodeRequest(ref, JobType.EMAIL, email.strip(), template), code
    )


def enter(tx: Tx, org_id: int, event_id: int, email: str, code: str) -> str | Unauthenticated:
    """The token of who entered a code that was sent to the address, or why there is none: a value,
    so that the try is counted."""
    registration_id = find_registered(tx, org_id, event_id, email) if is_email(email) else None
    if registration_id is None or not check_own_code(
        tx, org_id, _client_ref(event_id, email), code
    ):
        return Unauthenticated("watch.code", "That is not the code, or it is too old.")
    return make_token(tx, org_id, registration_id)


def _client_ref(event_id: int, email: str) -> str:
    return f"watch:{event_id}:{email_key(email)}"
