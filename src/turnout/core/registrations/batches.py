"""Deciding many submissions in few statements, those of them that are simple.

Theory. A submission is simple when there is room for it now, and granting has no rule that says
more of it (granting/together.py). What is not simple is decided alone (deciding.py). The order of
the queue stays: simple ones are decided together with those right behind them, up to the first
that is not. So who is decided in which way makes no difference but in time.

Rules.
- What the questions of the event judge is left alone, and so is a person of whom the batch has
  another submission before this one, or that was tried before.
- Whatever goes wrong takes back the whole batch; deciding one by one then says whose fault it was.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from turnout.core.ids import OrgId, PersonId
from turnout.core.people.merging import PersonKey, merge_people
from turnout.core.people.model import Contact
from turnout.core.registrations.deciding import SOURCE, Possible, list_wanted_sessions, sort_out
from turnout.core.registrations.granting.together import (
    Asked,
    Newcomer,
    grant_together,
    list_simple,
)
from turnout.core.registrations.joining import queue_ticket_mails
from turnout.core.registrations.model import WantedSession
from turnout.core.registrations.submissions import Outcome, Submission, TargetNoun
from turnout.core.text import email_key
from turnout.core.tickets.issuing import make_code
from turnout.store import Tx

_Target = tuple[OrgId, TargetNoun, int]


class Case(NamedTuple):
    """A submission, what is possible of it by event and number, and what failed at once."""

    submission: Submission
    person: PersonKey
    possible: list[Possible]
    failures: list[Outcome]

    def ask(self) -> list[Asked]:
        """What it asks for of each event; nothing where it is to be decided alone anyway."""
        if self.submission.submitted.answers and self._is_judged():
            return []
        return [
            Asked(self.person, event_id, [session for session, _ in group])
            for event_id, group in groupby(self.possible, key=lambda pair: pair.session.event_id)
        ]

    def _is_judged(self) -> bool:
        return any(session.has_questions for session, _ in self.possible)


def list_runs(tx: Tx, submissions: Sequence[Submission | None]) -> list[list[Case | None]]:
    """All of them in their order, in runs: some that are simple, or one that is to be decided alone
    (None). Nothing is locked."""
    cases = _sort_out_all(tx, submissions)
    asked = [case.ask() if case else [] for case in cases]
    simple = iter(list_simple(tx, asked))
    runs: list[list[Case | None]] = []
    for case, is_simple in zip(cases, simple, strict=True):
        if case is None or not is_simple:
            runs.append([None])
        elif runs and runs[-1][-1] is not None:
            runs[-1].append(case)
        else:
            runs.append([case])
    return runs


def _sort_out_all(tx: Tx, submissions: Sequence[Submission | None]) -> list[Case | None]:
    """The first submission of each person, sorted out."""
    wanted = _list_wanted(tx, [submission for submission in submissions if submission])
    seen: set[PersonKey] = set()
    cases: list[Case | None] = []
    for submission in submissions:
        person = _person(submission) if submission else None
        if submission is None or person is None or person in seen:
            cases.append(None)
            continue
        seen.add(person)
        cases.append(Case(submission, person, *sort_out(submission, wanted[_target(submission)])))
    return cases


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
    """A submission that was decided: its person, and one outcome an item."""

    submission: Submission
    person_id: PersonId
    outcomes: list[Outcome]


class _Part(NamedTuple):
    """What a case gets of one event, and the names that the registration and the ticket get."""

    case: Case
    group: list[Possible]
    uuid: str
    code: str


def decide_together(tx: Tx, cases: Sequence[Case]) -> list[Decided]:
    """Decide simple submissions, all or none of them. Raises NotTogetherError: roll back."""
    people, parts = _name_all(tx, cases)
    ids = merge_people(tx, people)
    newcomers = [_make_newcomer(part, ids[part.case.person]) for part in parts]
    tickets = grant_together(tx, newcomers, source=SOURCE)
    mailed = [
        (part.case.submission.org_id, ticket_id)
        for part, ticket_id in zip(parts, tickets, strict=True)
        if part.group[0].session.mails_tickets
    ]
    queue_ticket_mails(tx, mailed)
    return [Decided(case.submission, ids[case.person], _list_outcomes(case)) for case in cases]


def _name_all(
    tx: Tx, cases: Sequence[Case]
) -> tuple[dict[PersonKey, tuple[str, Contact]], list[_Part]]:
    """The people and what each gets, with names that are drawn in the order in which deciding one
    by one draws them."""
    people, parts = {}, []
    for case in cases:
        people[case.person] = tx.uuid(), case.submission.submitted.contact
        parts += [_Part(case, list(group), tx.uuid(), make_code(tx)) for group in _by_event(case)]
    return people, parts


def _make_newcomer(part: _Part, person_id: PersonId) -> Newcomer:
    return Newcomer(
        part.case.submission.org_id,
        part.group[0].session.event_id,
        person_id,
        part.case.submission.submitted,
        [session.id for session, _ in part.group],
        part.uuid,
        part.code,
    )


def _by_event(case: Case) -> Iterator[Iterator[Possible]]:
    return (group for _, group in groupby(case.possible, key=lambda pair: pair.session.event_id))


def _list_outcomes(case: Case) -> list[Outcome]:
    return [*case.failures, *(Outcome(item_id) for _, item_id in case.possible)]
