"""How many registrations of an event there are: exactly as long as that is soon done, else about.

Of a large event those of a filter are counted by its index as long as they are few. Of the others
some are looked at, from everywhere in the event, and the rest is taken to be like them.
"""

from collections import Counter
from itertools import islice
from typing import NamedTuple

import msgspec

from turnout.core.ids import EventId, OrgId, RegistrationId
from turnout.core.registrations.browsing import browse_page
from turnout.core.registrations.sql import sql
from turnout.core.registrations.walking import Browsed, is_narrowed, list_newest, name_filters
from turnout.store import Tx, to_json

# An event of so many is counted; of a larger one so many stretches of so many are looked at.
COUNTED = 20_000
STRETCHES, STRETCH = 40, 25
FEW = 2_000

_ids = msgspec.json.Decoder(list[RegistrationId])


class StateCounts(NamedTuple):
    """How many registrations of an event there are: registered, of these checked in, cancelled."""

    confirmed: int
    checked_in: int
    cancelled: int
    is_about: bool = False

    @property
    def expected(self) -> int:
        """Registered and not checked in."""
        return self.confirmed - self.checked_in

    @property
    def everyone(self) -> "Count":
        """All there are."""
        return Count(self.confirmed + self.cancelled, self.is_about)


class Count(NamedTuple):
    """A number; `is_about`: it was estimated, and has two figures that say something."""

    total: int
    is_about: bool = False


class Counts(NamedTuple):
    """What the list of an event's registrations says of all of it: how many are in each state,
    where they came from, the most frequent first, and which tags they have."""

    states: StateCounts
    sources: list[tuple[str, int]]
    tags: list[str]


class Counted(NamedTuple):
    """Registrations of an event from everywhere in it, and of about how many they are."""

    total: int
    ids: list[RegistrationId]


def read_counts(tx: Tx, org_id: OrgId, event_id: EventId) -> Counts:
    """The counts of an event. Of a large one rare sources may be missing, and the tags are those of
    all events."""
    if not _is_large(tx, org_id, event_id):
        sources = sql.list_sources(tx, org_id=org_id, event_id=event_id)
        return Counts(
            StateCounts(*sql.count_states(tx, org_id=org_id, event_id=event_id)),
            [(row.source, row.total) for row in sources],
            [row.tag for row in sql.list_event_tags(tx, org_id=org_id, event_id=event_id)],
        )
    sample = _take_sample(tx, org_id, event_id)
    tags = [row.tag for row in sql.list_tags_in_use(tx, org_id=org_id)]
    return Counts(*_sum_kinds(tx, org_id, sample), tags)


def count_browsed(tx: Tx, org_id: OrgId, wanted: Browsed) -> Count:
    """How many registrations are asked for."""
    if wanted.text.strip():
        page = browse_page(tx, org_id, wanted, limit=COUNTED)
        return Count(len(page.rows), bool(page.after))
    if not _is_large(tx, org_id, wanted.event_id):
        return Count(sql.count_browsed(tx, **name_filters(org_id, wanted)) or 0)
    if is_narrowed(wanted):
        few = list(islice(list_newest(tx, org_id, wanted), FEW + 1))
        if len(few) <= FEW:
            return Count(_count_among(tx, org_id, wanted, few))
    sample = _take_sample(tx, org_id, wanted.event_id)
    return Count(_extend(sample, _count_among(tx, org_id, wanted, sample.ids)), True)


def count_states_of(tx: Tx, org_id: OrgId, wanted: Browsed) -> StateCounts:
    """How many registrations there are in each state, of those that the other filters leave."""
    states = (("confirmed", True), ("confirmed", False), ("cancelled", None))
    checked_in, expected, cancelled = (
        count_browsed(tx, org_id, wanted._replace(state=state, is_checked_in=is_in))
        for state, is_in in states
    )
    return StateCounts(
        checked_in.total + expected.total,
        checked_in.total,
        cancelled.total,
        checked_in.is_about or expected.is_about or cancelled.is_about,
    )


def _sum_kinds(tx: Tx, org_id: OrgId, sample: Counted) -> tuple[StateCounts, list[tuple[str, int]]]:
    states: Counter[tuple[str, int]] = Counter()
    sources: Counter[str] = Counter()
    for source, state, is_in, total in sql.count_kinds(tx, org_id=org_id, ids=to_json(sample.ids)):
        states[state, is_in] += total
        if state == "confirmed":
            sources[source] += total
    confirmed = states["confirmed", 0] + states["confirmed", 1]
    found = StateCounts(
        _extend(sample, confirmed),
        _extend(sample, states["confirmed", 1]),
        _extend(sample, sum(states.values()) - confirmed),
        is_about=True,
    )
    return (
        found,
        [(source, _extend(sample, count)) for source, count in sources.most_common()],
    )


def _is_large(tx: Tx, org_id: OrgId, event_id: EventId) -> bool:
    return (sql.count_some(tx, org_id=org_id, event_id=event_id, limit=COUNTED + 1) or 0) > COUNTED


def _count_among(tx: Tx, org_id: OrgId, wanted: Browsed, ids: list[RegistrationId]) -> int:
    return sql.count_chosen(tx, **name_filters(org_id, wanted), ids=to_json(ids)) or 0


def _take_sample(tx: Tx, org_id: OrgId, event_id: EventId) -> Counted:
    """Stretches of numbers, evenly spread from the first registration of the event to its last."""
    first, last = sql.find_span(tx, org_id=org_id, event_id=event_id)
    width = max(1, (last - first) // STRETCHES)
    starts = to_json(list(range(first, last + 1, width)))
    ids: list[RegistrationId] = []
    total = 0.0
    for start, listed in sql.list_stretches(
        tx, org_id=org_id, event_id=event_id, starts=starts, limit=STRETCH
    ):
        found = [id_ for id_ in _ids.decode(listed) if id_ < start + width]
        ids += found
        seen = found[-1] + 1 - start if len(found) == STRETCH else width
        total += len(found) * width / seen
    return Counted(round(total), ids)


def _extend(sample: Counted, count: int) -> int:
    """So many of all as there are in the sample, with two figures."""
    total = round(sample.total * count / max(1, len(sample.ids)))
    return int(float(f"{total:.1e}"))
