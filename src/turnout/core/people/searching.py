"""Finding people by any part of what is known of them, among a million.

Theory. What is searched stands folded in rows of its own (`people_search_texts`): all of it as one
text, of which an index finds three letters or more (store/trigrams.py), and each name and the
address, of which an index finds the beginning. Triggers note each person who is new or changed
(`people_search_due`), and a worker writes the rows a moment later, as that costs more than the
registration itself; until then a search looks at those who are noted one by one. So it always finds
what is there. Where many are noted, or many are found, there is no list: the caller goes through
what they have in their order, and finds some soon.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from turnout.core.ids import OrgId, PersonId
from turnout.core.people.model import Contact, Person
from turnout.core.people.sql import sql
from turnout.core.text import search_key
from turnout.store import Tx, to_json, trigrams

SLICE = 100
# More than these are no list.
FOUND, NOTED = 1_000, 2_000
# An index of PostgreSQL takes no longer text.
LONGEST_KEY = 200
LONGEST_TEXT = 1_000
# Shorter runs of digits stand in half of all numbers.
SHORTEST_PHONE = 4
ALL, LAST_FIRST, FIRST_LAST, ADDRESS = 1, 2, 3, 4
_QUOTE = re.compile("['\"]")
BEHIND, ENDED = "\U0010ffff", "\x01"


class Sought(NamedTuple):
    """What was typed: words, and the digits of a phone, empty if it has other signs."""

    words: list[str]
    digits: str

    def is_in(self, contact: Contact) -> bool:
        """Whether all words, or the digits, are in what is known of somebody."""
        if self.is_part_of(contact.phone):
            return True
        said = search_key(
            f"{contact.first_name} {contact.last_name} {contact.company} {contact.email}"
        )
        return bool(self.words) and all(word in said for word in self.words)

    def is_part_of(self, phone: str) -> bool:
        """Whether enough digits were typed, and stand in a phone number in that order."""
        return len(self.digits) >= SHORTEST_PHONE and self.digits in _digits(phone)


def read_sought(text: str) -> Sought:
    """What a text asks for."""
    digits = _digits(text) if set(text) <= set("0123456789+-()/. ") else ""
    return Sought(search_key(text).split(), digits)


def find_people(tx: Tx, org_id: OrgId, text: str) -> list[Person] | None:
    """Everybody whose name, company, address or phone has each word of `text`, a word of three
    letters or more anywhere, shorter ones where a name or the address begins; None = more than a
    list has, or it is not known yet."""
    sought = read_sought(text)
    if not (sought.words or sought.digits):
        return []
    noted = sql.list_search_noted(tx, org_id=org_id, limit=NOTED + 1)
    if len(noted) > NOTED:
        return None
    found = _find_indexed(tx, org_id, sought)
    if len(found) > FOUND:
        return None
    ids = sorted({*found, *(row.person_id for row in noted)})
    rows = sql.list_people_chosen(tx, org_id=org_id, ids=to_json(ids))
    people = [Person(*row) for row in rows]
    return [person for person in people if sought.is_in(person.contact)]


def find_named(tx: Tx, org_id: OrgId, text: str, limit: int) -> list[Person]:
    """Up to `limit` people whose whole name, either way round, or whole address that is; those who
    are noted are left out."""
    key = " ".join(search_key(text).split())
    rows = sql.list_search_beginning(
        tx, org_id=org_id, begins=key, end=f"{key}{ENDED}", limit=limit
    )
    ids = sorted(row.person_id for row in rows)
    return [Person(*row) for row in sql.list_people_chosen(tx, org_id=org_id, ids=to_json(ids))]


def finds_parts(tx: Tx) -> bool:
    """Whether people are found by any part of what is known of them; else by how it begins."""
    return trigrams.is_ready(tx)


def has_due(tx: Tx) -> bool:
    """Whether somebody is noted. Only reads."""
    return sql.find_search_due(tx) is not None


def index_due(tx: Tx, limit: int = SLICE) -> bool:
    """Write what is searched of up to `limit` people who are noted; whether there may be more.
    Idempotent."""
    due = sql.take_search_due(tx, limit=limit)
    if due:
        keys = to_json(due)
        people = [
            (row.org_id, Person(row.id, row.uuid, row.contact, row.created_at, row.updated_at))
            for row in sql.list_people_due(tx, keys=keys)
        ]
        _replace(tx, keys, people)
        sql.forget_search_due(tx, keys=keys)
    return len(due) == limit


def forget_searched(tx: Tx, org_id: OrgId, person_id: PersonId) -> None:
    """Remove what is searched of somebody who is erased, and note them: a candidate keeps a name,
    and an erasure comes by twice, between which the name may have been indexed. The letters leave
    the disk when the index is compacted (store/trigrams.py)."""
    # Waits for the one who writes the rows.
    sql.note_searched(tx, org_id=org_id, person_id=person_id)
    _replace(tx, to_json([[org_id, person_id]]), [])


def _find_indexed(tx: Tx, org_id: OrgId, sought: Sought) -> list[PersonId]:
    words = [part for word in sought.words for part in _long_parts(word)]
    if len(sought.digits) >= SHORTEST_PHONE:
        words = [sought.digits]
    if words and trigrams.is_ready(tx):
        return [PersonId(number) for number in trigrams.find(tx, org_id, words, FOUND + 1)]
    begins = " ".join(sought.words)
    rows = sql.list_search_beginning(
        tx, org_id=org_id, begins=begins, end=begins + BEHIND, limit=FOUND + 1
    )
    return [row.person_id for row in rows]


def _long_parts(word: str) -> list[str]:
    """What the index can look for of a word, without its apostrophes and quotation marks: rows
    from before these were one have them as they were typed."""
    parts = [part for part in _QUOTE.split(word) if len(part) >= trigrams.SHORTEST]
    return parts or ([word] if len(word) >= trigrams.SHORTEST else [])


def _replace(tx: Tx, keys: str, people: Iterable[tuple[OrgId, Person]]) -> None:
    old = sql.list_search_texts(tx, keys=keys)
    sql.delete_search_texts(tx, keys=keys)
    new = [(org_id, person.id, *row) for org_id, person in people for row in _texts(person.contact)]
    sql.add_search_texts(tx, rows=to_json(new))
    trigrams.replace(
        tx, old, [(org_id, id_, text) for org_id, id_, kind, text in new if kind == ALL]
    )


def _texts(contact: Contact) -> list[tuple[int, str]]:
    first, last, email = contact.first_name, contact.last_name, contact.email
    if not (first or last or email or contact.phone or contact.company):
        return []
    parts = (f"{first} {last}", contact.company, email, _digits(contact.phone))
    keys = {
        LAST_FIRST: f"{last} {first}",
        FIRST_LAST: f"{first} {last}",
        ADDRESS: email,
    }
    found = [(ALL, search_key("\n".join(parts))[:LONGEST_TEXT])]
    found += [
        (kind, search_key(key.strip())[:LONGEST_KEY]) for kind, key in keys.items() if key.strip()
    ]
    return found


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))
