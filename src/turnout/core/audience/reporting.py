"""Reports: who registered, watched, asked and answered; one statement, row by row."""

from collections.abc import Generator
from typing import Any

import msgspec

from turnout.core.audience.model import Mode, Question, Registrant, ReportFilter, Viewing
from turnout.core.audience.sql import sql
from turnout.core.registrations.model import Submitted
from turnout.store import Tx

EVER = 2**62
_submitted = msgspec.json.Decoder(Submitted)
_viewings = msgspec.json.Decoder(list[tuple[int, str, int, int]])
_pairs = msgspec.json.Decoder(list[tuple[str, str]])


def stream_registrants(
    tx: Tx, org_id: int, event_id: int, wanted: ReportFilter
) -> Generator[tuple[Any, ...], None, None]:
    """A row for each registrant by rising number; for `db.stream`, and `read_registrant`."""
    yield from sql.list_registrants.iterate(tx, org_id=org_id, event_id=event_id, **_named(wanted))


def read_registrant(row: tuple[Any, ...]) -> Registrant:
    """A registrant from a row."""
    answers, viewings, questions, survey = row[10:]
    watched = [
        Viewing(session_id, Mode(mode), starts_at, ends_at)
        for session_id, mode, starts_at, ends_at in _viewings.decode(viewings)
    ]
    facts = (
        sorted(watched, key=lambda each: (each.starts_at, each.session_id)),
        [Question(each.question, each.answer) for each in _submitted.decode(answers).answers],
        [Question(*each) for each in _pairs.decode(questions)],
        [Question(*each) for each in _pairs.decode(survey)],
    )
    return Registrant._make((*row[:10], *facts))


def list_custom_questions(tx: Tx, org_id: int, event_id: int) -> list[str]:
    """What was asked in the event's registrations, in the order in which it was first answered."""
    rows = sql.list_custom_questions(tx, org_id=org_id, event_id=event_id)
    return [question for (question,) in rows]


def _named(wanted: ReportFilter) -> dict[str, Any]:
    is_dated = wanted.from_at is not None or wanted.until_at is not None
    is_restricted = is_dated and (wanted.by_registration or wanted.by_viewing)
    has_modes = wanted.live or wanted.on_demand or wanted.simlive or wanted.no_shows
    return {
        "is_dated": int(is_restricted),
        "from_at": -EVER if wanted.from_at is None else wanted.from_at,
        "until_at": EVER if wanted.until_at is None else wanted.until_at,
        "by_registration": int(wanted.by_registration),
        "by_viewing": int(wanted.by_viewing),
        "tags": _list(wanted.tags),
        "only_domains": _list(wanted.only_domains),
        "not_domains": _list(wanted.not_domains),
        "asked": int(wanted.asked),
        "answered": int(wanted.answered),
        "has_modes": int(has_modes),
        "live": int(wanted.live),
        "on_demand": int(wanted.on_demand),
        "simlive": int(wanted.simlive),
        "no_shows": int(wanted.no_shows),
    }


def _list(values: tuple[str, ...]) -> str:
    return msgspec.json.encode(values).decode() if values else ""
