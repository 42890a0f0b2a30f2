"""To whom a message goes: a live list of an event, those that a filter of its registrations leaves,
or an uploaded list."""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple
from urllib.parse import quote, unquote

from turnout.core.events.programme import get_event, list_events
from turnout.core.ids import NO_REGISTRATION, EventId, ListId
from turnout.core.messaging.list_changes import get_list
from turnout.core.messaging.lists import (
    LIVE_LIST,
    UserList,
    is_list,
    is_number,
    list_entries,
    list_lists,
)
from turnout.core.messaging.model import Channel, NewRecipient, Person
from turnout.core.messaging.starting import reach
from turnout.core.questions.reading import list_questions
from turnout.core.registrations.browsing import browse_registrations
from turnout.core.registrations.listing import PAGE
from turnout.core.registrations.live_lists import list_chosen, resolve
from turnout.core.registrations.walking import Order
from turnout.web.console.page import Visit
from turnout.web.console.people.query import PeopleQuery
from turnout.web.console.words import say

FILTER = "filter"
LIVE = ("", ":checked", ":unchecked", ":pending", ":no-shows")
EVENTS_SHOWN = 200
# So many a filter may leave.
LIMIT = 5_000


class Audience(NamedTuple):
    """What was chosen: a list by its name, or `filter` with the query of the registrations.
    `question` and `answer` narrow a live list to those who answered that."""

    to: str
    query: PeopleQuery
    question: str = ""
    answer: str = ""

    @property
    def is_filter(self) -> bool:
        return self.to == FILTER

    @property
    def list_id(self) -> str:
        """The list's name for a job; empty for a filter."""
        if self.is_filter or not self.to:
            return ""
        if self.question and self.answer and LIVE_LIST.fullmatch(self.to):
            return f"{self.to}?{quote(self.question, safe='')}={quote(self.answer, safe='')}"
        return self.to


class Choices(NamedTuple):
    """What can be chosen: (value, words), and the event's questions."""

    options: list[tuple[str, str]]
    questions: list[str]


def list_choices(visit: Visit, query: PeopleQuery) -> Choices:
    """The audiences that the user may write to from here."""
    options: list[tuple[str, str]] = []
    if visit.event:
        if query.is_filtered:
            options.append((FILTER, say("console.compose.to.filter").unescape()))
        for which in LIVE:
            words = say("console.compose.live." + (which.lstrip(":") or "all"))
            options.append((f"event:{visit.event.id}{which}", words.unescape()))
    else:
        for event in list_events(visit.tx, visit.org_id, limit=EVENTS_SHOWN):
            if not visit.user.sees(event.id):
                continue
            words = say("console.compose.to.event", event=event.title)
            options.append((f"event:{event.id}", words.unescape()))
    for one in list_own_lists(visit):
        words = say("console.compose.to.list", name=one.name, count=f"{one.entries:,}")
        options.append((str(one.id), words.unescape()))
    event_id = visit.event.id if visit.event else None
    asked = list_questions(visit.tx, visit.org_id, event_id) if event_id else []
    return Choices(options, [question.name for question in asked])


def list_own_lists(visit: Visit) -> list[UserList]:
    """The uploaded lists that the user may write to: all of the organization's, or the user's own
    for somebody who sees some events only. Newest first."""
    found = list_lists(visit.tx, visit.org_id)[::-1]
    if visit.user.may("messages.send"):
        return found
    return [one for one in found if one.user_id == visit.user.user_id]


def is_open(visit: Visit, audience: Audience) -> bool:
    """Whether the user may write to it from here."""
    if audience.is_filter:
        return visit.event is not None
    if is_number(audience.to):
        if not is_list(visit.tx, visit.org_id, audience.to):
            return False
        found = get_list(visit.tx, visit.org_id, ListId(int(audience.to)))
        return found.id in {one.id for one in list_own_lists(visit)}
    match = LIVE_LIST.fullmatch(audience.to)
    if match is None or not is_list(visit.tx, visit.org_id, audience.to):
        return False
    event_id = EventId(int(match[1]))
    if visit.event:
        return visit.event.id == event_id
    return visit.user.may("messages.send") and visit.user.sees(event_id)


def find_event(visit: Visit, audience: Audience) -> EventId | None:
    """The event whose registrations the audience is of; None = it is an uploaded list."""
    if audience.is_filter:
        return visit.event.id if visit.event else None
    match = LIVE_LIST.fullmatch(audience.to)
    return EventId(int(match[1])) if match else None


def name_list(visit: Visit, list_id: str) -> str:
    """What people call a list to which a job goes; its own name where it is gone."""
    if is_number(list_id):
        known = {str(one.id): one.name for one in list_lists(visit.tx, visit.org_id)}
        return known.get(list_id, list_id)
    match = LIVE_LIST.fullmatch(list_id)
    if match is None or not is_list(visit.tx, visit.org_id, list_id):
        return list_id
    event = get_event(visit.tx, visit.org_id, EventId(int(match[1])))
    words = say("console.compose.live." + (match[2] or "all"))
    answer = f", {unquote(match[3]).replace('=', ': ', 1)}" if match[3] else ""
    return f"{event.title}: {words}{answer}"


def list_filtered(visit: Visit, query: PeopleQuery, channel: Channel) -> list[NewRecipient]:
    """Those that a filter leaves and who are registered, up to the limit."""
    return [reach(channel, person) for person in _list_people(visit, query)]


def count_unfiltered(visit: Visit, query: PeopleQuery) -> int:
    """How many a filter leaves who are registered and have neither address nor phone."""
    wanted, after, left = query.permitted(visit).browsed(visit.at.id), NO_REGISTRATION, 0
    for _ in range(LIMIT // PAGE):
        page = browse_registrations(
            visit.tx, visit.org_id, wanted, Order.OLDEST, after=after, limit=PAGE
        )
        left += sum(one.state == "confirmed" and not (one.email or one.phone) for one in page)
        if len(page) < PAGE:
            break
        after = page[-1].id
    return left


def find_one(
    visit: Visit, audience: Audience, channel: Channel, number: int
) -> NewRecipient | None:
    """One of the audience, counted from 1; None where there are not so many."""
    return next(islice(_list_reached(visit, audience, channel), max(1, number) - 1, None), None)


def list_first(
    visit: Visit, audience: Audience, channel: Channel, limit: int
) -> list[NewRecipient]:
    """Those with whom an audience begins."""
    return list(islice(_list_reached(visit, audience, channel), limit))


def _list_reached(visit: Visit, audience: Audience, channel: Channel) -> Iterator[NewRecipient]:
    """The audience in its order, read as it is asked for."""
    if audience.is_filter:
        yield from (reach(channel, one) for one in _list_people(visit, audience.query))
        return
    cursor, is_first = "", True
    while cursor or is_first:
        people, cursor = _page(visit, audience.list_id, cursor)
        yield from (reach(channel, one) for one in people)
        is_first = False


def _page(visit: Visit, list_id: str, cursor: str) -> tuple[list[Person], str]:
    tx, org_id = visit.tx, visit.org_id
    if is_number(list_id):
        return list_entries(tx, org_id, ListId(int(list_id)), cursor, PAGE)
    return resolve(tx, org_id, list_id, cursor, PAGE)


def _list_people(visit: Visit, query: PeopleQuery) -> Iterator[Person]:
    """Those that a filter leaves and who are registered, up to the limit, read as they are asked
    for."""
    wanted, after = query.permitted(visit).browsed(visit.at.id), NO_REGISTRATION
    for _ in range(LIMIT // PAGE):
        page = browse_registrations(
            visit.tx, visit.org_id, wanted, Order.OLDEST, after=after, limit=PAGE
        )
        chosen = [registration.id for registration in page]
        yield from list_chosen(visit.tx, visit.org_id, visit.at.id, chosen)
        if len(page) < PAGE:
            return
        after = page[-1].id
