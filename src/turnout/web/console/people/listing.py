"""The list of an event's registrations."""

from typing import Any, NamedTuple

from falcon.asgi import Request, Response

from turnout.core.events.model import Session, TicketType
from turnout.core.events.page_names import find_event_path
from turnout.core.events.programme import list_sessions, list_ticket_types
from turnout.core.ids import RegistrationId
from turnout.core.registrations.browsing import BrowsedRegistration, browse_page
from turnout.core.registrations.counting import (
    Count,
    StateCounts,
    count_browsed,
    count_states_of,
    read_counts,
)
from turnout.core.registrations.row_details import RowDetails, list_row_details
from turnout.core.registrations.saved_filters import SavedFilter, list_filters
from turnout.web.console.page import Console, ConsolePage, Visit
from turnout.web.console.people.query import (
    DETAILED,
    READ,
    Column,
    PeopleQuery,
    State,
    parse_people,
)
from turnout.web.console.people.receipts import (
    Receipt,
    find_receipt,
    read_secret,
    say_receipt,
)
from turnout.web.console.people.telling import say_list_done

LIST = "console/people/list.html"
PAGE = 50


class PeopleList(NamedTuple):
    """A page of the list, and what its filters can be; the next begins behind `after`, 0 = this is
    the last. `chips` are how many of each state the other filters leave, `counts` those of the
    event; `path` leads to the event's page."""

    query: PeopleQuery
    rows: list[BrowsedRegistration]
    after: RegistrationId
    counts: StateCounts
    chips: StateCounts
    total: Count
    types: list[TicketType]
    sessions: list[Session]
    sources: list[tuple[str, int]]
    tags: list[str]
    filters: list[SavedFilter]
    details: dict[RegistrationId, RowDetails]
    path: str


class PeoplePage(ConsolePage):
    """`/console/{event}/people`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The registrations. Raises Unauthenticated, Denied, Missing."""
        secret = read_secret(req)
        asked = parse_people(req)
        people, receipt = await self.console.read(req, "people.see", _read, asked, secret)
        query = people.query
        shown = show_people(self.console, people)
        done = say_receipt(receipt, secret, scope, query) if receipt else say_list_done(req)
        self.console.show(req, resp, LIST, **shown, done=done)


def _read(visit: Visit, query: PeopleQuery, secret: str) -> tuple[PeopleList, Receipt | None]:
    """The page, and what the visitor has just done with many."""
    receipt = find_receipt(visit, secret) if secret else None
    return read_people(visit, query), receipt


def show_people(console: Console, people: PeopleList) -> dict[str, Any]:
    """What the page of the list shows."""
    return {
        "people": people,
        "query": people.query,
        "columns": Column,
        "states": State,
        "address": console.base_url + people.path,
    }


def read_people(visit: Visit, query: PeopleQuery) -> PeopleList:
    """A page of registrations, as far as the user may ask for them."""
    tx, org_id, event_id = visit.tx, visit.org_id, visit.at.id
    query, may_read = query.permitted(visit), visit.may(READ)
    wanted = query.browsed(event_id)
    rows, after = browse_page(tx, org_id, wanted, query.order, after=query.behind, limit=PAGE)
    counts, sources, tags = read_counts(tx, org_id, event_id)
    is_whole = not query._replace(state=State.ANY).is_filtered
    return PeopleList(
        query,
        rows,
        after,
        counts,
        counts if is_whole else count_states_of(tx, org_id, wanted),
        count_browsed(tx, org_id, wanted) if query.is_filtered else counts.everyone,
        list_ticket_types(tx, org_id, event_id),
        list_sessions(tx, org_id, event_id) if may_read else [],
        sources if may_read else [],
        tags if may_read else [],
        list_filters(tx, org_id, event_id) if may_read else [],
        list_row_details(tx, org_id, (row.id for row in rows))
        if DETAILED & set(query.columns)
        else {},
        find_event_path(tx, org_id, visit.organization.slug, event_id),
    )
