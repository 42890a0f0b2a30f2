"""The kinds of mails whose texts an organizer may change, and what each can say.

A text has merge fields, `%%first_name%%`. Those of the event are the same for everybody who gets
the mail; those of a person are filled in when it is sent. Links are fields, too.
"""

import enum
from typing import NamedTuple


class MailKind(enum.StrEnum):
    """Why a mail is written."""

    CONFIRMATION = "confirmation"
    WAITING = "waiting"
    OFFER = "offer"
    REMINDER = "reminder"
    CHANGED = "changed"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"
    CERTIFICATE = "certificate"
    REGISTRATION_CANCELLED = "registration_cancelled"
    REGISTRATION_CHANGED = "registration_changed"
    TRANSFERRED = "transferred"
    NO_PLACE = "no_place"
    HAS_PLACES = "has_places"
    NO_MORE = "no_more"


class KindRule(NamedTuple):
    """What mails of a kind can say beside COMMON, and the links that they cannot do without.
    `is_news`: it goes to a list of everybody who is registered. `is_to_stranger`: it goes to an
    address that somebody typed, perhaps not their own, and names nobody."""

    fields: tuple[str, ...]
    required: tuple[str, ...] = ()
    is_news: bool = False
    is_to_stranger: bool = False

    @property
    def greets(self) -> bool:
        """Whether it may greet somebody by name."""
        return not (self.is_news or self.is_to_stranger)


class MailText(NamedTuple):
    """A subject in one line, and a text in Markdown, both with merge fields."""

    subject: str
    body: str


COMMON = (
    *("greeting", "first_name", "last_name"),
    *("event", "event_date", "event_place", "directions", "event_online", "event_link"),
    *("organizer", "contact"),
)
MAIN_LINKS = (
    *("offer_link", "waiting_link", "ticket_link", "certificate_link"),
    *("event_online", "event_link", "my_link"),
)
"""Fields that hold an address, and become links; the most important first, of which a mail's HTML
makes a button."""

LINKS = frozenset(MAIN_LINKS)

MY_LINK = "my_link"
"""The guest's personal link. It is filled in while a mail is handed over (workers/delivery.py), so
nothing that is kept ever has it; below a text without it, it stands on a line of its own."""

WATCH_LINKS = "watch_links"
"""Some lines, each a title with its link."""

_TICKET = ("name", "ticket_type", "ticket_code", "ticket_link", WATCH_LINKS, MY_LINK)
_WANTED = ("name", "ticket_type", "price")
_NEWS = ("ticket_code", "ticket_link", "message", MY_LINK)
KINDS = {
    MailKind.CONFIRMATION: KindRule((*_TICKET, "ticket_use", "price", "payment"), ("ticket_link",)),
    MailKind.WAITING: KindRule((*_WANTED, "waiting_link"), ("waiting_link",)),
    MailKind.OFFER: KindRule((*_WANTED, "deadline", "offer_link"), ("offer_link",)),
    MailKind.REMINDER: KindRule(_TICKET),
    MailKind.CHANGED: KindRule(_NEWS, is_news=True),
    MailKind.POSTPONED: KindRule(_NEWS, is_news=True),
    MailKind.CANCELLED: KindRule(_NEWS, is_news=True),
    MailKind.CERTIFICATE: KindRule(("name", "certificate_link")),
    MailKind.REGISTRATION_CANCELLED: KindRule(("name", "guest", "message", MY_LINK)),
    MailKind.REGISTRATION_CHANGED: KindRule(("name", "guest", "changes", MY_LINK)),
    MailKind.TRANSFERRED: KindRule(("name", "guest", "ticket_code", MY_LINK)),
    MailKind.NO_PLACE: KindRule((), is_to_stranger=True),
    MailKind.HAS_PLACES: KindRule((), is_to_stranger=True),
    MailKind.NO_MORE: KindRule((), is_to_stranger=True),
}


def fields_of(kind: MailKind) -> tuple[str, ...]:
    """The names of all merge fields of a kind."""
    return (*COMMON, *KINDS[kind].fields)
