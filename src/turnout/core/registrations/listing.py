"""Finding registrations: by what is in columns in SQL, by what people typed in Python.

Text that people typed is compared folded, in any case and script, which neither database does
alike. So a page is read by its columns and then held against the text.
"""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from turnout.core.events.programme import get_event, list_sessions, list_ticket_types
from turnout.core.ids import (
    NO_EVENT,
    NO_REGISTRATION,
    EventId,
    OrgId,
    RegistrationId,
    SessionId,
    TicketTypeId,
)
from turnout.core.questions.model import Answer
from turnout.core.registrations.model import RegistrationState, Submitted
from turnout.core.registrations.sql import sql
from turnout.core.text import fold, search_key
from turnout.errors import Missing
from turnout.store import Tx

PAGE = 500
_decoder = msgspec.json.Decoder(Submitted)


class RegistrationFilter(NamedTuple):
    """Which registrations are asked for; empty, 0 and None = any. Texts match a part, in any case:
    `text` of name, address, company or ticket code, `answer` of what was answered to `question` (to
    any, if that is empty). Made from `since` on and before `until` (epoch ms). `payment`
    is how one of the tickets' payments stands: open, paid, waived or refunded."""

    event_id: EventId = NO_EVENT
    text: str = ""
    state: RegistrationState | None = None
    ticket_type_id: TicketTypeId = TicketTypeId(0)
    session_id: SessionId = SessionId(0)
    question: str = ""
    answer: str = ""
    is_checked_in: bool | None = None
    source: str = ""
    since: int = 0
    until: int = 0
    tag: str = ""
    payment: str = ""


class ListedRegistration(NamedTuple):
    """A registration as lists show it, with its newest valid ticket, else its newest. Instants in
    epoch ms."""

    id: RegistrationId
    event_id: EventId
    email: str
    first_name: str
    last_name: str
    company: str
    state: RegistrationState
    source: str
    is_candidate: bool
    answers: list[Answer]
    created_at: int
    type_name: str
    code: str
    checked_in_at: int | None

    @property
    def name(self) -> str:
        """First and last name."""
        return " ".join(filter(None, (self.first_name, self.last_name)))


def check_filter(tx: Tx, org_id: OrgId, wanted: RegistrationFilter) -> None:
    """Raise Missing for an event that is not there, and for a ticket type or session that is not
    one of it: a list of nobody would look like an answer."""
    get_event(tx, org_id, wanted.event_id)
    if wanted.ticket_type_id:
        types = list_ticket_types(tx, org_id, wanted.event_id)
        if wanted.ticket_type_id not in {kind.id for kind in types}:
            known = [f"{kind.id} {kind.name}" for kind in types]
            raise Missing("filter.ticket_type", number=wanted.ticket_type_id, known=known)
    if wanted.session_id:
        sessions = list_sessions(tx, org_id, wanted.event_id)
        if wanted.session_id not in {session.id for session in sessions}:
            known = [f"{session.id} {session.title}" for session in sessions]
            raise Missing("filter.session", number=wanted.session_id, known=known)


def list_registrations(
    tx: Tx,
    org_id: OrgId,
    wanted: RegistrationFilter,
    *,
    after: RegistrationId = NO_REGISTRATION,
    limit: int,
) -> list[ListedRegistration]:
    """Up to `limit` registrations by number, from the one behind `after`."""
    found: list[ListedRegistration] = []
    for registration in _scan(tx, org_id, wanted, after):
        if _fits(registration, wanted):
            found.append(registration)
            if len(found) == limit:
                break
    return found


def count_matching(tx: Tx, org_id: OrgId, wanted: RegistrationFilter) -> int:
    """How many registrations are asked for."""
    return sum(_fits(found, wanted) for found in _scan(tx, org_id, wanted, NO_REGISTRATION))


def _scan(
    tx: Tx, org_id: OrgId, wanted: RegistrationFilter, after: RegistrationId
) -> Iterator[ListedRegistration]:
    """Everything that fits by its columns."""
    checked = {None: "", True: "yes", False: "no"}[wanted.is_checked_in]
    while True:
        rows = sql.list_matching(
            tx,
            org_id=org_id,
            event_id=wanted.event_id,
            state=wanted.state.value if wanted.state else "",
            ticket_type_id=wanted.ticket_type_id,
            session_id=wanted.session_id,
            checked=checked,
            source=wanted.source,
            since=wanted.since,
            until=wanted.until,
            tag_key=fold(wanted.tag.strip()),
            payment=wanted.payment,
            after=after,
            limit=PAGE,
        )
        for row in rows:
            yield ListedRegistration(
                row.id,
                row.event_id,
                row.email,
                row.first_name,
                row.last_name,
                row.company,
                RegistrationState(row.state),
                row.source,
                bool(row.sitting),
                _decoder.decode(row.answers).answers,
                row.created_at,
                row.type_name or "",
                row.code or "",
                row.checked_in_at,
            )
        if len(rows) < PAGE:
            return
        after = rows[-1].id


def _fits(found: ListedRegistration, wanted: RegistrationFilter) -> bool:
    return _has_text(found, search_key(wanted.text.strip())) and _has_answer(found, wanted)


def _has_text(found: ListedRegistration, text: str) -> bool:
    return not text or text in search_key(
        f"{found.name}\n{found.email}\n{found.company}\n{found.code}"
    )


def _has_answer(found: ListedRegistration, wanted: RegistrationFilter) -> bool:
    question, answer = fold(wanted.question.strip()), fold(wanted.answer.strip())
    if not (question or answer):
        return True
    return any(
        question in fold(given.question) and answer in fold(given.answer) for given in found.answers
    )
