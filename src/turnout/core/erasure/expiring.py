"""Removing those whose time is over: the work behind the rules in retention.py.

Theory. An organization with a rule has a run a day. A run walks through seven phases, each by
rising numbers, a bounded stretch in each transaction, and notes in its row how far it has come and
what it removed; so it goes on where it was after any crash, and doing a stretch again removes
nothing more.
- People who took part only in what is over for longer than the rules say are erased as by hand
  (erasing.py); one who takes part in anything else is kept. Whom no event knows goes when nothing
  changed for as long as the organization's rule says.
- Registrations of such events whose people stay lose answers, notes, tags, questions and surveys.
- What was submitted for such events loses its answers.
- Names and accommodations in records of exams go for those who were erased, when the rule for exams
  says so; records of payments likewise.
- Jobs that ended longer ago than messages are kept lose what they say, and to whom (emptying.py).
- Lists of recipients that were neither changed nor written to for as long as people are kept lose
  their entries; the empty list stays.
Each is looked at again once it is locked: somebody may just have registered for something else.
"""

from collections.abc import Callable
from itertools import accumulate
from typing import Any, NamedTuple

import msgspec

from turnout.core.audit.recording import record
from turnout.core.erasure.emptying import RECIPIENTS, empty_job
from turnout.core.erasure.erasing import erase_person
from turnout.core.erasure.places import NO_ANSWERS
from turnout.core.erasure.retention import DAY_MS, WHOLE_ORGANIZATION
from turnout.core.erasure.sql import sql
from turnout.core.ids import JobId, ListId, OrgId, PersonId, RegistrationId, TicketId
from turnout.store import Tx, to_json

STRETCH = 500
AT_ONCE = 20
ENTRIES = 1_000
ACTOR = "retention"
NEVER = 1 << 53
KINDS = ("people", "registrations", "submissions", "exam records", "payments", "jobs", "lists")


class Run(NamedTuple):
    """Where a run of an organization stands. `is_new`: its row is still to be made."""

    org_id: OrgId
    began_at: int
    phase: int
    after: int
    counts: dict[str, int]
    is_new: bool = False


class Stretch(NamedTuple):
    """What a phase looks at next: those up to `until`, and which of them are over."""

    until: int
    ids: list[int]
    is_last: bool


class _Now(NamedTuple):
    """By when things are over: at `now`, by rules that start by `starts_by`."""

    now: int
    starts_by: int


def find_run(tx: Tx) -> Run | None:
    """The run that is at work, or the next that is due. Only reads."""
    if row := sql.find_open_run(tx):
        return Run(row.org_id, row.began_at, row.phase, row.after, msgspec.json.decode(row.counts))
    org_id = sql.find_due_organization(tx, now=tx.now, since=tx.now - DAY_MS)
    return None if org_id is None else Run(org_id, tx.now, 0, 0, {}, is_new=True)


def take_stretch(tx: Tx, run: Run) -> None:
    """Do the next stretch of a run, and note it. Does nothing where another worker did it."""
    named: dict[str, Any] = {"org_id": run.org_id, "began_at": run.began_at}
    if run.is_new:
        sql.begin_run(tx, **named, since=tx.now - DAY_MS)
    stand = to_json(run.counts)
    if not sql.hold_run(tx, **named, phase=run.phase, after=run.after, counts=stand):
        return
    kind = KINDS[run.phase]
    stretch = _FIND[run.phase](tx, run.org_id, run.after, _Now(tx.now, tx.now))
    done = [id_ for id_ in stretch.ids if _TAKE[run.phase](tx, run.org_id, id_)]
    counts = run.counts | {kind: run.counts.get(kind, 0) + len(done)}
    phase = run.phase + stretch.is_last
    after = 0 if stretch.is_last else stretch.until
    ended_at = tx.now if phase == len(KINDS) else None
    sql.note_run(tx, **named, phase=phase, after=after, counts=to_json(counts), ended_at=ended_at)
    if ended_at is not None:
        facts = {name.replace(" ", "_"): count for name, count in counts.items()}
        record(tx, run.org_id, ACTOR, "ran", "retention", WHOLE_ORGANIZATION, **facts)


def preview_retention(tx: Tx, org_id: OrgId) -> dict[str, int]:
    """How many of each kind would go if all rules had started. Reads all of the organization."""
    return {kind: _count(tx, org_id, find) for kind, find in zip(KINDS, _PREVIEW, strict=True)}


def _count(tx: Tx, org_id: OrgId, find: "_Find") -> int:
    after, total, is_last = 0, 0, False
    while not is_last:
        stretch = find(tx, org_id, after, _Now(tx.now, NEVER))
        after, is_last = stretch.until, stretch.is_last
        total += len(stretch.ids)
    return total


# -- the phases -----------------------------------------------------------------------------


def _find_people(tx: Tx, org_id: OrgId, after: int, over: _Now) -> Stretch:
    until, is_last = _bound(sql.bound_people(tx, org_id=org_id, after=after, limit=STRETCH), after)
    rows = sql.list_over_people(tx, org_id=org_id, after=after, until=until, **over._asdict())
    return _cut([row.id for row in rows], until, is_last)


def _find_registrations(tx: Tx, org_id: OrgId, after: int, over: _Now) -> Stretch:
    bound = sql.bound_registrations(tx, org_id=org_id, after=after, limit=STRETCH)
    until, is_last = _bound(bound, after)
    named: dict[str, Any] = {"after": after, "until": until, "none": NO_ANSWERS}
    rows = sql.list_over_registrations(tx, org_id=org_id, **named, **over._asdict())
    return _cut([row.id for row in rows], until, is_last)


def _find_submissions(tx: Tx, org_id: OrgId, after: int, over: _Now) -> Stretch:
    bound = sql.bound_submissions(tx, org_id=org_id, after=after, limit=STRETCH)
    until, is_last = _bound(bound, after)
    named: dict[str, Any] = {"after": after, "until": until, "none": NO_ANSWERS}
    rows = sql.list_over_submissions(tx, org_id=org_id, **named, **over._asdict())
    return _cut([row.id for row in rows], until, is_last)


def _find_learners(tx: Tx, org_id: OrgId, after: int, over: _Now) -> Stretch:
    rows = sql.list_over_learners(tx, org_id=org_id, after=after, limit=AT_ONCE, **over._asdict())
    return _cut([row.person_id for row in rows], after, is_last=True)


def _find_payments(tx: Tx, org_id: OrgId, after: int, over: _Now) -> Stretch:
    rows = sql.list_over_payments(tx, org_id=org_id, after=after, limit=AT_ONCE, **over._asdict())
    return _cut([row.ticket_id for row in rows], after, is_last=True)


def _find_jobs(tx: Tx, org_id: OrgId, after: int, over: _Now) -> Stretch:
    """Jobs with up to RECIPIENTS recipients together; one with more is found until it is done."""
    stretch, totals = _list_jobs(tx, org_id, after, over)
    fit = sum(total <= RECIPIENTS for total in accumulate(totals[:AT_ONCE]))
    if fit == len(stretch.ids):
        return stretch
    ids = stretch.ids[: max(1, fit)]
    return Stretch(ids[-1] if fit else after, ids, is_last=False)


def _preview_jobs(tx: Tx, org_id: OrgId, after: int, over: _Now) -> Stretch:
    return _list_jobs(tx, org_id, after, over)[0]


def _list_jobs(tx: Tx, org_id: OrgId, after: int, over: _Now) -> tuple[Stretch, list[int]]:
    bound = sql.bound_jobs(tx, org_id=org_id, after=after, limit=STRETCH)
    until, is_last = _bound(bound, after)
    rows = sql.list_over_jobs(tx, org_id=org_id, after=after, until=until, **over._asdict())
    return Stretch(until, [row.id for row in rows], is_last), [row.total for row in rows]


def _find_lists(tx: Tx, org_id: OrgId, after: int, over: _Now) -> Stretch:
    """The first list that still has entries: it is found until it has none."""
    rows = sql.list_over_lists(tx, org_id=org_id, after=after, limit=1, **over._asdict())
    return Stretch(after, [row.id for row in rows], is_last=not rows)


def _preview_lists(tx: Tx, org_id: OrgId, after: int, over: _Now) -> Stretch:
    rows = sql.list_over_lists(tx, org_id=org_id, after=after, limit=STRETCH, **over._asdict())
    ids = [row.id for row in rows]
    return Stretch(max(ids, default=ListId(after)), list(ids), is_last=len(ids) < STRETCH)


def _bound(until: int | None, after: int) -> tuple[int, bool]:
    return (after, True) if until is None else (until, False)


def _cut(ids: list[int], until: int, is_last: bool) -> Stretch:
    """At most AT_ONCE of what was found; a full stretch is not the last."""
    if len(ids) < AT_ONCE:
        return Stretch(until, ids, is_last)
    return Stretch(ids[AT_ONCE - 1], ids[:AT_ONCE], is_last=False)


def _take_person(tx: Tx, org_id: OrgId, id_: int) -> bool:
    person_id = PersonId(id_)
    sql.hold_person(tx, org_id=org_id, id=person_id)
    over = _Now(tx.now, tx.now)._asdict()
    if not sql.list_over_people(tx, org_id=org_id, after=id_ - 1, until=id_, **over):
        return False
    erase_person(tx, org_id, person_id, actor=ACTOR)
    return True


def _take_registration(tx: Tx, org_id: OrgId, id_: int) -> bool:
    named: dict[str, Any] = {"org_id": org_id, "registration_id": RegistrationId(id_)}
    sql.blank_answers(tx, **named, none=NO_ANSWERS)
    for delete in (sql.delete_notes, sql.delete_tags, sql.delete_survey_answers):
        delete(tx, **named)
    sql.blank_questions(tx, **named)
    return True


def _take_submission(tx: Tx, org_id: OrgId, id_: int) -> bool:
    sql.blank_submission(tx, org_id=org_id, id=id_, none=NO_ANSWERS)
    return True


def _take_learner(tx: Tx, org_id: OrgId, id_: int) -> bool:
    person_id = PersonId(id_)
    sql.blank_learner(tx, org_id=org_id, person_id=person_id, code=f"erased-{id_}")
    sql.blank_names(tx, org_id=org_id, id=person_id)
    sql.delete_accommodations(tx, org_id=org_id, person_id=person_id)
    sql.blank_exam_changes(tx, org_id=org_id, person_id=person_id)
    return True


def _take_payment(tx: Tx, org_id: OrgId, id_: int) -> bool:
    return bool(sql.delete_payment(tx, org_id=org_id, ticket_id=TicketId(id_)))


def _take_job(tx: Tx, org_id: OrgId, id_: int) -> bool:
    return empty_job(tx, org_id, JobId(id_))


def _take_list(tx: Tx, org_id: OrgId, id_: int) -> bool:
    if sql.empty_list(tx, org_id=org_id, list_id=ListId(id_), limit=ENTRIES) == ENTRIES:
        return False
    sql.note_emptied_list(tx, org_id=org_id, id=ListId(id_))
    return True


_Find = Callable[[Tx, OrgId, int, _Now], Stretch]
_FIND: tuple[_Find, ...] = (
    _find_people,
    _find_registrations,
    _find_submissions,
    _find_learners,
    _find_payments,
    _find_jobs,
    _find_lists,
)
# Of jobs and lists a look finds all in its stretch, a run only what one transaction empties.
_PREVIEW = (*_FIND[:-2], _preview_jobs, _preview_lists)
_TAKE: tuple[Callable[[Tx, OrgId, int], bool], ...] = (
    _take_person,
    _take_registration,
    _take_submission,
    _take_learner,
    _take_payment,
    _take_job,
    _take_list,
)
