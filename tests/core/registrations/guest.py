"""A guest of the office's event, with their personal link, and a code that they enter."""

from typing import Any

from tests.core.registrations.office import Office
from turnout.core.events.describing import EventChange, change_event
from turnout.core.ids import RegistrationId
from turnout.core.registrations.guest_access import Access, Deed, Proof, ask_guest_code
from turnout.core.tickets.guest_links import make_guest_tokens

CODE = "123456"
HERE = "203.0.113.7"
RIGHT = Proof(CODE, HERE)


class LinkedGuest:
    """Somebody who is registered and has their mail."""

    def __init__(self, office: Office, name: str = "ann", **more: Any) -> None:
        self.office = office
        self.id: RegistrationId = office.add(name, **more)
        self.access = Access(self.mail())

    def mail(self) -> str:
        """The token of a new mail."""
        return self.office.call(make_guest_tokens, [self.id])[self.id]

    def act(self, verb: Any, *arguments: Any, **named: Any) -> Any:
        return self.office.db.call(verb, self.access, *arguments, **named)

    def prove(self, deed: Deed = Deed.TRANSFER) -> Proof:
        """Have a code for that mailed to the present address, and enter it."""
        assert self.act(ask_guest_code, deed, CODE) is None
        return RIGHT


def choose(office: Office, **change: Any) -> None:
    """Choose for the office's event."""
    office.act(change_event, office.event_id, EventChange(**change))
