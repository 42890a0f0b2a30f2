"""An event with sessions that can be watched, and people who are registered for it."""

import itertools
from dataclasses import dataclass
from typing import Any

from turnout.core.audience.media import set_media
from turnout.core.audience.model import MediaKind
from turnout.core.events.model import Event, Session, span
from turnout.core.events.programme import create_event, create_session, list_ticket_types
from turnout.core.ids import EventId, OrgId, RegistrationId
from turnout.core.people.merging import merge_person
from turnout.core.people.model import Contact
from turnout.core.questions.model import Answer
from turnout.core.registrations.granting import Wish, grant
from turnout.core.registrations.model import Submitted
from turnout.core.registrations.rules import Door
from turnout.store import Database, Tx

WHEN = span("2027-01-04T15:00", "2027-01-04T16:00", "Europe/Berlin")
LIVE_FROM, LIVE_UNTIL = WHEN.starts_at, WHEN.ends_at
MINUTE = 60_000

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Cinema:
    """`talk` is live and later on demand, `show` a recording that is shown as if live, and only
    then; `silent` cannot be watched."""

    db: Database
    org_id: OrgId
    event: Event
    talk: Session
    show: Session
    silent: Session

    def register(
        self,
        email: str = "",
        *,
        sti: str = "",
        answers: tuple[tuple[str, str], ...] = (),
        **facts: Any,
    ) -> RegistrationId:
        """The number of a new registration."""
        email = email or f"viewer{next(_numbers)}@example.com"
        contact = Contact(email=email, **facts)
        return self.db.call(_register, self.org_id, self.event.id, contact, sti, answers)


def open_cinema(db: Database, org_id: OrgId) -> Cinema:
    return Cinema(db, org_id, *db.call(_make, org_id))


def show_something(tx: Tx, org_id: OrgId, event: Event) -> Session:
    """A session that makes the event a webcast."""
    session = create_session(tx, org_id, event.id, "Webcast", WHEN, actor="test")
    url = "https://media.example.com/webcast.m3u8"
    set_media(tx, org_id, session.id, MediaKind.HLS, url, actor="test")
    return session


def _make(tx: Tx, org_id: OrgId) -> tuple[Event, Session, Session, Session]:
    event = create_event(tx, org_id, "Premiere", WHEN, actor="test")
    talk, show, silent = (
        create_session(tx, org_id, event.id, title, WHEN, actor="test")
        for title in ("Talk", "Show", "Silent")
    )
    url = "https://media.example.com/talk.m3u8"
    set_media(tx, org_id, talk.id, MediaKind.HLS, url, actor="test")
    set_media(
        tx,
        org_id,
        show.id,
        MediaKind.MP4,
        "/show.mp4",
        is_simulated=True,
        is_on_demand=False,
        actor="test",
    )
    return event, talk, show, silent


def _register(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    contact: Contact,
    sti: str,
    answers: tuple[tuple[str, str], ...],
) -> RegistrationId:
    person = merge_person(tx, org_id, contact)
    ticket_type = list_ticket_types(tx, org_id, event_id)[0]
    submitted = Submitted(contact, [Answer(*answer) for answer in answers])
    wish = Wish(
        Door.QUEUE,
        event_id,
        person.id,
        ticket_type.id,
        source="test",
        submitted=submitted,
        sti=sti,
    )
    return grant(tx, org_id, wish).registration_id
