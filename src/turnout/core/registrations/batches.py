"""Deciding many submissions in few statements, those of them that are simple.

Theory. A submission is simple when there is room for it now, and granting has no rule that says
more of it (granting/together.py). What is not simple is decided alone (deciding.py). The order of
the queue stays: simple ones are decided together with those right behind them, up to the first
that is not. So who is decided in which way makes no difference but in time.

Rules.
- An answer that its question does not take is left alone, and so is a person of whom the batch has
  another submission before this one, or that was tried before.
- Whatever goes wrong takes back the whole batch; deciding one by one then says whose fault it was.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import msgspec

from turnout.core.ids import EventId, OrgId, PersonId
from turnout.core.people.merging import PersonKey, merge_people
from turnout.core.people.model import Contact
from turnout.core.questions.model import Answer
from turnout.core.questions.reading import AnswerJudge, note_answers
from turnout.core.registrations.deciding import (
    FULL,
    SOURCE,
    Possible,
    list_wanted_sessions,
    sort_out,
)
from turnout.core.registrations.granting.together import (
    Asked,
    FullSession,
    Newcomer,
    Share,
    grant_together,
    list_simple,
    take_places_together,
)
from turnout.core.registrations.joining import queue_ticket_mails
from turnout.core.registrations.model import Submitted, WantedSession
from turnout.core.registrations.submissions import Outcome, Submission, TargetNoun
from turnout.core.text import email_key
from turnout.core.tickets.issuing import make_code
from turnout.errors import Invalid
from turnout.store import Tx

_Target = tuple[OrgId, TargetNoun, int]


class Case(NamedTuple):
    """A submission, what is possible of it by event and number, and what failed at once. `kept` is
    what is kept of it at the events that ask something."""

    submission: Submission
    person: PersonKey
    possible: list[Possible]
    failures: list[Outcome]
    kept: dict[EventId, Submitted]

    def ask(self) -> list[Asked]:
        """What it asks for of each event."""
        return [
            Asked(self.person, event_id, [session for session, _ in group])
            for event_id, group in groupby(self.possible, key=lambda pair: pair.session.event_id)
        ]


class Simple(NamedTuple):
    """A case that is decided with others, and what it gets."""

    case: Case
    shares: list[Share]

    @property
    def gets_any(self) -> bool:
        return any(share.session_ids for share in self.shares)

    def list_full(self) -> list[FullSession]:
        """The sessions that it is refused."""
        org_id = self.case.submission.org_id
        return [
            FullSession(org_id, share.event_id, id_)
            for share in self.shares
            for id_ in share.full_ids
        ]

    def list_outcomes(self) -> list[Outcome]:
        """One an item."""
        full = {full.id for full in self.list_full()}
        ends = [
            Outcome(item_id, FULL if session.id in full else None)
            for session, item_id in self.case.possible
        ]
        return [*self.case.failures, *ends]


def list_runs(tx: Tx, submissions: Sequence[Submission | None]) -> list[list[Simple | None]]:
    """All of them in their order, in runs: some that are simple, or one that is to be decided alone
    (None). Nothing is locked."""
    cases = _sort_out_all(tx, submissions)
    shares = list_simple(tx, [case.ask() if case else None for case in cases])
    runs: list[list[Simple | None]] = []
    for case, share in zip(cases, shares, strict=True):
        if case is None or share is None:
            runs.append([None])
        elif runs and runs[-1][-1] is not None:
            runs[-1].append(Simple(case, share))
        else:
            runs.append([Simple(case, share)])
    return runs


def _sort_out_all(tx: Tx, submissions: Sequence[Submission | None]) -> list[Case | None]:
    """The first submission of each person, sorted out."""
    wanted = _list_wanted(tx, [submission for submission in submissions if submission])
    judge = AnswerJudge(tx)
    seen: set[PersonKey] = set()
    cases: list[Case | None] = []
    for submission in submissions:
        person = _person(submission) if submission else None
        if submission is None or person is None or person in seen:
            cases.append(None)
            continue
        seen.add(person)
        possible, failures = sort_out(submission, wanted[_target(submission)])
        kept = _judge(judge, submission, possible)
        cases.append(None if kept is None else Case(submission, person, possible, failures, kept))
    return cases


def _judge(
    judge: AnswerJudge, submission: Submission, possible: Sequence[Possible]
) -> dict[EventId, Submitted] | None:
    """What is kept of the submission at each event that asks something; None where one of them
    does not take an answer."""
    submitted = submission.submitted
    if not submitted.answers:
        return {}
    asking = dict.fromkeys(session.event_id for session, _ in possible if session.has_questions)
    try:
        return {
            event_id: msgspec.structs.replace(
                submitted, answers=judge.judge(submission.org_id, event_id, submitted.answers)
            )
            for event_id in asking
        }
    except Invalid:
        return None


def _person(submission: Submission) -> PersonKey:
    return submission.org_id, email_key(submission.submitted.contact.email)


def _target(submission: Submission) -> _Target:
    return submission.org_id, submission.noun, submission.target_id


def _list_wanted(
    tx: Tx, submissions: Sequence[Submission]
) -> dict[_Target, dict[str, WantedSession]]:
    """The sessions that are asked for, by target and pak."""
    paks: dict[_Target, dict[str, None]] = {}
    for submission in submissions:
        named = dict.fromkeys(item.pak for item in submission.items)
        paks.setdefault(_target(submission), {}).update(named)
    return {
        (org_id, noun, target_id): {
            session.pak: session
            for session in list_wanted_sessions(tx, org_id, list(named), noun, target_id)
        }
        for (org_id, noun, target_id), named in paks.items()
    }


class Decided(NamedTuple):
    """A submission that was decided: its person, None where nothing succeeded, and one outcome an
    item."""

    submission: Submission
    person_id: PersonId | None
    outcomes: list[Outcome]


class _Part(NamedTuple):
    """What a case gets of one event, and the names that the registration and the ticket get."""

    case: Case
    share: Share
    uuid: str
    code: str


class DecidedTogether(NamedTuple):
    """Submissions that were decided; all that they get was written, and `take` takes the places."""

    submissions: list[Decided]
    newcomers: list[Newcomer]
    full: list[FullSession]

    def take(self, tx: Tx) -> None:
        """Take the places: last, since others want them. Raises NotTogetherError: roll back."""
        take_places_together(tx, self.newcomers, self.full)


def decide_together(tx: Tx, simple: Sequence[Simple]) -> DecidedTogether:
    """Decide simple submissions, all or none of them; their places are to be taken in the same
    transaction. Raises NotTogetherError: roll back."""
    people, parts = _name_all(tx, simple)
    ids = merge_people(tx, people) if people else {}
    _note_answers(tx, [one.case for one in simple if one.gets_any])
    newcomers = [_make_newcomer(part, ids[part.case.person]) for part in parts]
    tickets = grant_together(tx, newcomers, source=SOURCE)
    mailed = {
        session.event_id
        for one in simple
        for session, _ in one.case.possible
        if session.mails_tickets
    }
    wanted = [
        (part.case.submission.org_id, ticket_id)
        for part, ticket_id in zip(parts, tickets, strict=True)
        if part.share.event_id in mailed
    ]
    queue_ticket_mails(tx, wanted)
    decided = [
        Decided(one.case.submission, ids.get(one.case.person), one.list_outcomes())
        for one in simple
    ]
    full = [session for one in simple for session in one.list_full()]
    return DecidedTogether(decided, newcomers, full)


def _name_all(
    tx: Tx, simple: Sequence[Simple]
) -> tuple[dict[PersonKey, tuple[str, Contact]], list[_Part]]:
    """The people and what each gets, with names that are drawn in the order in which deciding one
    by one draws them: it names the person of a submission that has nothing but full sessions, too,
    before it takes that back."""
    people, parts = {}, []
    for case, shares in simple:
        if not case.possible:
            continue
        uuid = tx.uuid()
        got = [share for share in shares if share.session_ids]
        if got:
            people[case.person] = uuid, case.submission.submitted.contact
        parts += [_Part(case, share, tx.uuid(), make_code(tx)) for share in got]
    return people, parts


def _note_answers(tx: Tx, cases: Sequence[Case]) -> None:
    """Note what was answered at each event."""
    kept: dict[tuple[OrgId, EventId], dict[str, Answer]] = {}
    for case in cases:
        for event_id, submitted in case.kept.items():
            answers = {answer.question: answer for answer in submitted.answers}
            kept.setdefault((case.submission.org_id, event_id), {}).update(answers)
    for (org_id, event_id), answers in sorted(kept.items()):
        note_answers(tx, org_id, event_id, answers.values())


def _make_newcomer(part: _Part, person_id: PersonId) -> Newcomer:
    submission, share = part.case.submission, part.share
    return Newcomer(
        submission.org_id,
        share.event_id,
        share.ticket_type_id,
        person_id,
        part.case.kept.get(share.event_id, submission.submitted),
        share.session_ids,
        part.uuid,
        part.code,
    )
