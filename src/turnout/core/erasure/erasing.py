"""Erasing a person: at once where they are seen, and within the hour everywhere else.

Theory. Names and addresses that people see come from the person's own row and the registrations'
answers; the first transaction empties those, so the person is gone from every list, page, API and
report at once. It also leaves a row in `erasures` with the addresses (`marks`) by which the rest is
found. Then slices of rows follow, each a short read and a short write, table by table (places.py):
first the rows that are the person's by number, then those in whose texts the marks stand. The last
slice drops the marks. Then what was deleted leaves the disk (`Database.scrub`), and the row in
`erasures`, with numbers only, stays: a restored backup is told by it whom to erase again.

Rules.
- Every slice can be done again: it looks at where the erasure stands, in its own transaction.
- Nobody can tell the person of a place any more, so they leave waiting lists; what was offered to
  them goes to the next. Invitations that they have not answered end.
- Somebody who was erased and comes back is a new person; nothing leads to the former one.
- Registrations, tickets, scans, viewings and exam records stay without identity: seats and totals
  do not change. A message that is not sent yet is not sent.
- Somebody who sat exams keeps name and code there, and the answer says so.
"""

from typing import Any, NamedTuple

import msgspec

from turnout.core.audit.recording import record
from turnout.core.erasure.marks import Marks
from turnout.core.erasure.places import NAMES, NO_ANSWERS, PLACES, Fate, Place
from turnout.core.erasure.returning import remember_erased
from turnout.core.erasure.sql import sql
from turnout.core.identity.countries import find_country
from turnout.core.ids import JobId, OrgId, PersonId, RecipientId
from turnout.core.messaging.consents import hash_consent
from turnout.core.messaging.ending import RecipientEnding, end_recipients
from turnout.core.messaging.files import drop_file
from turnout.core.messaging.model import Medium, Status
from turnout.core.messaging.numbers import sought_addresses
from turnout.core.messaging.opt_outs import keep_hash
from turnout.core.messaging.suppression import keep_suppression_hash
from turnout.core.people.correcting import is_learner, lock_person
from turnout.core.people.finding import get_person
from turnout.core.people.searching import forget_searched
from turnout.core.registrations.model import Submitted
from turnout.core.registrations.offers import leave_list
from turnout.core.times import say_days
from turnout.store import Tx, to_json
from turnout.store.walking import Row, delete_row, read_page, set_columns

QUEUE = "erasure"
# Rows that are changed, and rows that are looked at, in one step.
SLICE = 50
SCAN = 2_000
SCANS = {"file_pieces": 20, "jobs": 200}  # of large rows
# What people see of somebody is in these: emptied at once.
SEEN = ("people", "learners", "registrations", "waiting_entries")
NOT_SENT = "Not sent: the recipient was erased."


class Kept(NamedTuple):
    """What stays with a name: which records, why, and until when."""

    what: str
    why: str
    until: str


class ErasedPerson(NamedTuple):
    """Whom a restored backup is to lose again."""

    org_id: OrgId
    person_id: PersonId
    uuid: str


class Erasure(NamedTuple):
    """Somebody who is being erased. `pass_number` counts the places twice: own rows, marked ones;
    `after` is the key of the last row that was looked at."""

    org_id: OrgId
    person_id: PersonId
    marks: Marks
    pass_number: int
    after: str
    counts: dict[str, int]

    @property
    def place(self) -> Place:
        """Where it stands."""
        return PLACES[self.pass_number % len(PLACES)]


class Step(NamedTuple):
    """A slice of rows that are the person's, and where the erasure stands behind it."""

    erasure: Erasure
    rows: list[Row]
    next_pass: int
    next_after: str


def erase_person(tx: Tx, org_id: OrgId, person_id: PersonId, *, actor: str) -> list[Kept]:
    """Erase somebody: nobody sees them from now on, and a worker removes the rest.

    Returns what stays with a name. The audit has the number alone. Raises Missing.
    """
    lock_person(tx, org_id, person_id)
    person = get_person(tx, org_id, person_id)
    marks = read_marks(tx, org_id, person_id)
    sql.add_erasure(
        tx,
        org_id=org_id,
        person_id=person_id,
        uuid=person.uuid,
        now=tx.now,
        marks=to_json(marks),
    )
    remember_erased(tx, org_id, marks)
    erasure = Erasure(org_id, person_id, marks, 0, "", {})
    for entry in sql.list_open_entries(tx, org_id=org_id, person_id=person_id):
        leave_list(tx, org_id, entry.id, actor=actor)
    sql.end_invitations(tx, org_id=org_id, person_id=person_id)
    for place in PLACES:
        if place.table in SEEN:
            for row in read_own(tx, org_id, person_id, place, marks, None, -1):
                _treat(tx, erasure, place, row)
    record(tx, org_id, actor, "erased", "person", person_id)
    tx.wake(QUEUE)
    return list_kept(tx, org_id, person_id)


def list_kept(tx: Tx, org_id: OrgId, person_id: PersonId) -> list[Kept]:
    """What stays of a person: records of exams with the name, and of payments without."""
    rules = sql.find_record_days(tx, org_id=org_id)
    exam_days, payment_days = rules or (None, None)
    kept = []
    if is_learner(tx, org_id, person_id):
        why = "the organization keeps the records of exams"
        until = _say_until(exam_days, "the last exam")
        kept.append(Kept("name and code in exam records", why, until))
    if sql.has_payments(tx, org_id=org_id, person_id=person_id):
        why = "the organization keeps the records of payments"
        until = _say_until(payment_days, "they were settled")
        kept.append(Kept("amounts and references of payments, without a name", why, until))
    return kept


def _say_until(days: int | None, what: str) -> str:
    return f"{say_days(days)} after {what}" if days else "the organization deletes those records"


def read_marks(tx: Tx, org_id: OrgId, person_id: PersonId) -> Marks:
    """All addresses and numbers that are known to be the person's."""
    rows = sql.list_addresses(tx, org_id=org_id, person_id=person_id)
    answers = [
        msgspec.json.decode(text, type=Submitted).contact
        for (text,) in sql.list_answers(tx, org_id=org_id, person_id=person_id)
    ]
    emails = [row.email for row in rows] + [contact.email for contact in answers]
    phones = [row.phone for row in rows] + [contact.phone for contact in answers]
    unique = (tuple(dict.fromkeys(filter(None, texts))) for texts in (emails, phones))
    return Marks(*unique)


def find_step(tx: Tx) -> Step | None:
    """The next slice of the oldest erasure that has some left. Only reads."""
    row = sql.find_open_erasure(tx)
    if row is None:
        return None
    erasure = Erasure(
        row.org_id,
        row.person_id,
        msgspec.json.decode(row.marks, type=Marks),
        row.place,
        row.after,
        msgspec.json.decode(row.counts),
    )
    place, marks = erasure.place, erasure.marks
    after = msgspec.json.decode(erasure.after) if erasure.after else None
    if erasure.pass_number < len(PLACES):
        limit = SLICE
        rows = found = read_own(tx, row.org_id, row.person_id, place, marks, after, limit)
    else:
        limit = SCANS.get(place.table, SCAN)
        rows = read_marked_page(tx, row.org_id, place, after, limit)
        found = [row for row in rows if is_marked(marks, row)]
    if len(found) > SLICE:
        found = found[:SLICE]
        return Step(erasure, found, erasure.pass_number, to_json(found[-1].key))
    if len(rows) == limit:
        return Step(erasure, found, erasure.pass_number, to_json(rows[-1].key))
    return Step(erasure, found, erasure.pass_number + 1, "")


def take_step(tx: Tx, step: Step) -> bool:
    """Remove the person from a slice, and note how far it has come; False if another worker did.
    The last step drops the marks."""
    erasure = step.erasure
    place = erasure.place
    counts = dict(erasure.counts)
    if step.rows:
        counts[place.table] = counts.get(place.table, 0) + len(step.rows)
    is_last = step.next_pass == 2 * len(PLACES)
    moved = sql.move_erasure(
        tx,
        org_id=erasure.org_id,
        person_id=erasure.person_id,
        from_place=erasure.pass_number,
        from_after=erasure.after,
        place=step.next_pass,
        after=step.next_after,
        counts=to_json(counts),
        marks="" if is_last else to_json(erasure.marks),
        done_at=tx.now if is_last else None,
    )
    if not moved:
        return False
    for row in step.rows:
        _treat(tx, erasure, place, row)
    return True


def list_uncleaned(tx: Tx) -> list[tuple[OrgId, PersonId]]:
    """Erasures that are done, but may still be on the disk."""
    return [(row.org_id, row.person_id) for row in sql.list_uncleaned(tx)]


def mark_cleaned(tx: Tx, erased: list[tuple[OrgId, PersonId]]) -> None:
    """Note that what these left is no longer on the disk."""
    for org_id, person_id in erased:
        sql.mark_cleaned(tx, org_id=org_id, person_id=person_id, now=tx.now)


def list_erased(tx: Tx) -> list[ErasedPerson]:
    """Everybody who was ever erased, of all organizations."""
    return [ErasedPerson(*row) for row in sql.list_erased(tx)]


def erase_again(tx: Tx, org_id: OrgId, person_id: PersonId, uuid: str, *, actor: str) -> bool:
    """Erase somebody who was erased in a former database, where this one has them; whether it does.
    Idempotent."""
    if sql.find_uuid(tx, org_id=org_id, id=person_id) != uuid:
        return False
    erase_person(tx, org_id, person_id, actor=actor)
    return True


# -- rows ----------------------------------------------------------------------------------


def read_own(
    tx: Tx, org_id: OrgId, person_id: PersonId, place: Place, marks: Marks, after: Any, limit: int
) -> list[Row]:
    """Rows of a place that are the person's by number, or by address where an index knows it."""
    named: dict[str, Any] = {"org_id": org_id}
    if place.own:
        named["person_id"] = person_id
        condition = place.own
    else:
        sought = (
            sought_addresses(marks.emails, marks.phones, find_country(tx, org_id))
            if place.address
            else []
        )
        if not sought:
            return []
        named |= {f"address_{number}": address for number, address in enumerate(sought)}
        condition = place.address.format(", ".join(f":{name}" for name in list(named)[1:]))
    condition = f"org_id = :org_id AND {condition}"
    return _read(tx, place, condition, named, after, limit if limit > 0 else 10_000)


def read_marked_page(tx: Tx, org_id: OrgId, place: Place, after: Any, limit: int) -> list[Row]:
    """The next rows of a place in which marks may stand."""
    if not place.is_searched:
        return []
    condition = "org_id = :org_id" if place.has_org else "1 = 1"
    return _read(tx, place, condition, {"org_id": org_id} if place.has_org else {}, after, limit)


def is_marked(marks: Marks, row: Row) -> bool:
    """Whether one of the marks stands in the row."""
    return any(map(marks.are_in, (*row.key, *row.values.values())))


def _read(
    tx: Tx, place: Place, condition: str, named: dict[str, Any], after: Any, limit: int
) -> list[Row]:
    columns = (*place.texts, *place.facts)
    return read_page(tx, place.table, place.whole_key, columns, condition, named, after, limit)


def _treat(tx: Tx, erasure: Erasure, place: Place, row: Row) -> None:
    """Delete, empty or redact one row, and what hangs on it."""
    key = dict(zip(place.whole_key, row.key, strict=True))
    if special := _SPECIAL.get(place.table):
        special(tx, erasure, key, row)
    elif place.fate is Fate.DELETE:
        delete_row(tx, place.table, key)
    elif place.fate is Fate.BLANK:
        set_columns(tx, place.table, key, place.texts)
    else:
        _redact(tx, erasure, place.table, key, row)


def _redact(tx: Tx, erasure: Erasure, table: str, key: dict[str, Any], row: Row) -> None:
    changes = {
        name: erasure.marks.redact(text)
        for name, text in row.values.items()
        if isinstance(text, str) and erasure.marks.are_in(text)
    }
    if changes:
        set_columns(tx, table, key, changes)


def _treat_person(tx: Tx, erasure: Erasure, key: dict[str, Any], _: Row) -> None:
    blank = dict(_PLACE["people"].texts)
    if is_learner(tx, erasure.org_id, PersonId(key["id"])):
        for name in NAMES:
            del blank[name]
    set_columns(tx, "people", key, blank)
    forget_searched(tx, erasure.org_id, PersonId(key["id"]))


def _treat_recipient(tx: Tx, erasure: Erasure, key: dict[str, Any], row: Row) -> None:
    """A message to the person is emptied, and ended if it was not sent yet; so is a mail of the
    product to staff alone which tells of them (a reply that was forwarded). Another one that tells
    of them loses its text once it was sent."""
    org_id, job_id, id_ = erasure.org_id, JobId(key["job_id"]), RecipientId(key["id"])
    marks = erasure.marks
    is_theirs = marks.are_in(row.values["destination"]) or marks.are_in(row.values["address"])
    if not (is_theirs or sql.is_notice(tx, org_id=org_id, id=job_id)):
        if row.values["done_at"] is None:
            _redact(tx, erasure, "recipients", key, row)
        else:
            changes = {"fields": "{}", "notes": marks.redact(row.values["notes"])}
            set_columns(tx, "recipients", key, changes)
        return
    ending = RecipientEnding(org_id, job_id, id_, Status.FAILED, NOT_SENT, is_unsent=True)
    if row.values["done_at"] is None:
        end_recipients(tx, [ending])
    set_columns(tx, "recipients", key, _PLACE["recipients"].texts)
    sql.blank_personal_job(tx, org_id=org_id, id=job_id)
    for (digest,) in sql.list_personal_files(tx, org_id=org_id, job_id=job_id):
        sql.forget_job_files(tx, org_id=org_id, job_id=job_id, digest=digest)
        drop_file(tx, org_id, digest)


def _treat_callback(tx: Tx, erasure: Erasure, key: dict[str, Any], row: Row) -> None:
    """What an integrator was or is told of a message to the person is deleted; of another, only
    their address is taken out."""
    named: dict[str, Any] = {"org_id": erasure.org_id, "id": key["id"]}
    if sql.is_of_erased(tx, **named):
        sql.delete_callback_attempts(tx, **named)
        delete_row(tx, "callbacks", key)
    else:
        _redact(tx, erasure, "callbacks", key, row)


def _treat_list_entry(tx: Tx, erasure: Erasure, key: dict[str, Any], _: Row) -> None:
    delete_row(tx, "list_entries", key)
    sql.shorten_list(tx, org_id=erasure.org_id, id=key["list_id"])


def _treat_opt_out(tx: Tx, erasure: Erasure, key: dict[str, Any], _: Row) -> None:
    """The refusal outlives the person: as a keyed hash, which only the same address meets."""
    delete_row(tx, "opt_outs", key)
    keep_hash(tx, erasure.org_id, Medium(key["medium"]), key["address"])


def _treat_suppression(tx: Tx, erasure: Erasure, key: dict[str, Any], row: Row) -> None:
    """That mail to the address comes back outlives the person, as an opt-out does."""
    delete_row(tx, "suppressions", key)
    keep_suppression_hash(tx, erasure.org_id, key["address"], row.values["reason"])


def _treat_consent(tx: Tx, erasure: Erasure, key: dict[str, Any], _: Row) -> None:
    hash_consent(tx, erasure.org_id, key)  # proof stays


def _treat_piece(tx: Tx, erasure: Erasure, key: dict[str, Any], _: Row) -> None:
    sql.forget_file(tx, org_id=erasure.org_id, digest=key["digest"])
    drop_file(tx, erasure.org_id, key["digest"])


_PLACE = {place.table: place for place in PLACES}
_SPECIAL = {
    "people": _treat_person,
    "people_search_texts": lambda *_: None,  # gone with the person, but for a learner's name
    # What these are found and sorted by follows the name, which somebody who sat exams keeps.
    "learners": lambda tx, _, key, __: set_columns(tx, "learners", key, {"email_key": ""}),
    "registrations": lambda tx, _, key, __: set_columns(
        tx, "registrations", key, {"answers": NO_ANSWERS, "sti": ""}
    ),
    "recipients": _treat_recipient,
    "callbacks": _treat_callback,
    "list_entries": _treat_list_entry,
    "opt_outs": _treat_opt_out,
    "suppressions": _treat_suppression,
    "consents": _treat_consent,
    "file_pieces": _treat_piece,
}
