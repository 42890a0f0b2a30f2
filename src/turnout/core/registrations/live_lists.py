"""Lists that are looked up when a job starts: `event:ID`, and those of it who did this or that.

`event:ID` are all who are registered; `:checked` who came through the door, `:unchecked` who did
not (yet), `:no-shows` the same once the event is over, `:pending` who were invited and have not
answered.

`event:ID?Diet=vegan` are those of a list who answered that, name and answer written as in a URL and
in any case; of several choices it is one.

Each has the fields Title, FirstName, LastName, Company, Event, TicketCode, TicketUrl (the ticket's
page) and TicketQrUrl (its code as a picture); the last three are of the newest ticket. What was
answered is a field by the name of its question, but for the signs that a field's name cannot have.

What people typed of themselves goes out in the organization's name, so it is made neutral first.
"""

import re
from collections.abc import Collection, Sequence
from typing import Protocol
from urllib.parse import unquote

import msgspec

from turnout.core.ids import EventId, OrgId, RegistrationId
from turnout.core.messaging.lists import LIVE_LIST, OWN_LIST
from turnout.core.messaging.model import Person
from turnout.core.neutral import neutralize
from turnout.core.questions.judging import parts_of, question_key
from turnout.core.questions.model import Answer
from turnout.core.registrations.model import Submitted
from turnout.core.registrations.sql import sql
from turnout.core.site.address import find_address
from turnout.core.text import fold
from turnout.core.tickets.mails import TICKET
from turnout.store import Tx

# What merge fields (messaging/merging.py) cannot have in their names.
_NO_FIELD = re.compile(r"[^\w .\-]")
LONGEST_FIELD, LONGEST_ANSWER = 100, 500
FIELDS = (
    *("Title", "FirstName", "LastName", "Company", "Event"),
    *("TicketCode", "TicketUrl", "TicketQrUrl"),
)
"""What is known of everybody on a live list, beside what they answered."""
_SLICE = 500
_decoder = msgspec.json.Decoder(Submitted)
_NUMBER = re.compile(r"[+\d ()./\-]{0,40}", re.ASCII)


def resolve(
    tx: Tx, org_id: OrgId, list_id: str, cursor: str, limit: int
) -> tuple[list[Person], str]:
    """A page of a live list, by rising number, and where to go on: empty at its end."""
    if own := OWN_LIST.fullmatch(list_id):
        number, which, answer, language = own[1], "", "", own[2]
    elif match := LIVE_LIST.fullmatch(list_id):
        number, which, answer, language = match[1], match[2] or "", match[3] or "", None
    else:
        return [], ""
    event_id = EventId(int(number))
    ends_at = sql.find_event_end(tx, org_id=org_id, id=event_id)
    if ends_at is None or (which == "no-shows" and ends_at > tx.now):
        return [], ""
    after = int(cursor) if cursor else 0
    rows: Sequence[_Listed]
    if which == "pending":
        rows = sql.list_pending(tx, org_id=org_id, event_id=event_id, after=after, limit=limit)
    else:
        state = {"no-shows": "unchecked"}.get(which, which)
        rows = sql.list_registered(
            tx,
            org_id=org_id,
            event_id=event_id,
            after=after,
            limit=limit,
            which=state,
            language=language,
        )
    tickets = f"{find_address(tx) or ''}{TICKET}{org_id}-"
    wanted = _read_filter(answer)
    people = [
        _read_person(row, answers, tickets)
        for row in rows
        if _has_answer(answers := _decoder.decode(row.answers).answers, wanted)
    ]
    return people, str(rows[-1].id) if len(rows) == limit else ""


def count_unreachable(tx: Tx, org_id: OrgId, list_id: str) -> int:
    """How many are not on a live list of registrations since they have neither address nor phone; 0
    for any other list."""
    match = LIVE_LIST.fullmatch(list_id)
    if match is None or match[2] == "pending":
        return 0
    which = {"no-shows": "unchecked", None: ""}.get(match[2], match[2])
    event_id, wanted = EventId(int(match[1])), _read_filter(match[3] or "")
    ends_at = sql.find_event_end(tx, org_id=org_id, id=event_id)
    if ends_at is None or (match[2] == "no-shows" and ends_at > tx.now):
        return 0
    left = sql.list_unreachable(tx, org_id=org_id, event_id=event_id, which=which)
    return sum(_has_answer(_decoder.decode(row.answers).answers, wanted) for row in left)


def list_chosen(
    tx: Tx, org_id: OrgId, event_id: EventId, chosen: Collection[RegistrationId]
) -> list[Person]:
    """Those of an event's registrations who are registered, by rising number, as a live list has
    them."""
    if not chosen:
        return []
    wanted, last = {str(number) for number in chosen}, max(chosen)
    cursor = str(min(chosen) - 1)
    found: list[Person] = []
    while cursor and int(cursor) < last:
        people, cursor = resolve(tx, org_id, f"event:{event_id}", cursor, _SLICE)
        found += [person for person in people if person.reference in wanted]
    return found


def field_of(question: str) -> str:
    """The merge field of a question's answers, by the question's name; empty = it has none."""
    return _NO_FIELD.sub("", question).strip()[:LONGEST_FIELD].strip()


class _Listed(Protocol):
    """What both lists say of somebody."""

    @property
    def id(self) -> int: ...
    @property
    def title(self) -> str: ...
    @property
    def first_name(self) -> str: ...
    @property
    def last_name(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def phone(self) -> str: ...
    @property
    def company(self) -> str: ...
    @property
    def event_title(self) -> str: ...
    @property
    def code(self) -> str | None: ...
    @property
    def answers(self) -> str: ...


def _read_filter(text: str) -> tuple[str, str] | None:
    """The question's key and the folded answer of a list's name."""
    if not text:
        return None
    name, _, answer = text.partition("=")
    return question_key(unquote(name)), fold(unquote(answer).strip())


def _has_answer(answers: Sequence[Answer], wanted: tuple[str, str] | None) -> bool:
    if wanted is None:
        return True
    name, text = wanted
    return any(
        question_key(given.question) == name
        and text in (fold(given.answer), *map(fold, parts_of(given.answer)))
        for given in answers
    )


def _read_person(row: _Listed, answers: Sequence[Answer], tickets: str) -> Person:
    """`tickets` is what the addresses of ticket pages begin with."""
    url = f"{tickets}{row.code}" if row.code else ""
    answered = {
        name: neutralize(given.answer, LONGEST_ANSWER)
        for given in answers
        if (name := field_of(given.question))
    }
    fields = answered | {
        "Title": neutralize(row.title),
        "FirstName": neutralize(row.first_name),
        "LastName": neutralize(row.last_name),
        "Company": neutralize(row.company),
        "Event": row.event_title,
        "TicketCode": row.code or "",
        "TicketUrl": url,
        "TicketQrUrl": f"{url}/ticket.png" if url else "",
    }
    name = neutralize(" ".join(filter(None, (row.first_name, row.last_name)))) or row.email
    phone = row.phone if _NUMBER.fullmatch(row.phone) else neutralize(row.phone)
    return Person(str(row.id), name, row.email, "", phone, phone, fields)
