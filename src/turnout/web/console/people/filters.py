"""Filters of the list that the team saved by name: chips above it."""

from http import HTTPStatus

from falcon.asgi import Request, Response

from turnout.core.registrations.saved_filters import remove_filter, save_filter
from turnout.web.console.events.going import attempt
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.console.people.listing import LIST, read_people, show_people
from turnout.web.console.people.query import PeopleQuery, parse_people
from turnout.web.documents import NO_STORE

PERMISSION = "people.change"


class FiltersPage(ConsolePage):
    """`/console/{event}/people/filters?…`: the query is that of the list."""

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Save the list's filter, or forget one. Raises Missing, Denied."""
        form, query = await self.console.take(req), parse_people(req)
        ask = (self.console, req, form, PERMISSION)
        name = form.value("name")
        if form.value("do") == "remove":
            done = await attempt(*ask, forget, name)
        else:
            done = await attempt(*ask, keep, name, query)
        if done is None:
            people = await self.console.read(req, PERMISSION, read_people, query)
            shown = show_people(self.console, people)
            self.console.refuse(req, resp, LIST, form, **shown)
            return
        resp.status = HTTPStatus.SEE_OTHER
        resp.set_header("Cache-Control", NO_STORE)
        resp.location = f"/console/{scope}/people{query.link()}&done={done}"


def keep(visit: Visit, name: str, query: PeopleQuery) -> str:
    """Save a filter. Raises Invalid, Conflict."""
    text, by = query.kept, visit.user.actor
    save_filter(visit.tx, visit.org_id, visit.at.id, name, text, actor=by)
    return "filter_saved"


def forget(visit: Visit, name: str) -> str:
    """Forget a filter. Raises Missing."""
    remove_filter(visit.tx, visit.org_id, visit.at.id, name, actor=visit.user.actor)
    return "filter_removed"
