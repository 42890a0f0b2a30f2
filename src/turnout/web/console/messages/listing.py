"""The list of jobs."""

from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.messaging.browsing import BrowsedJob, Stage, browse_jobs
from turnout.core.messaging.model import Channel, Purpose
from turnout.web.console.messages.query import JobsQuery, parse_jobs
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.forms import read_done

PAGE = 50


class JobList(NamedTuple):
    """A page of the list."""

    rows: list[BrowsedJob]
    has_more: bool


class MessagesPage(ConsolePage):
    """`/console/{scope}/messages`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The jobs, newest first. Raises Unauthenticated, Denied, Missing."""
        query = parse_jobs(req)
        jobs = await self.console.read(req, "messages.see", read_jobs, query)
        self.console.show(
            req,
            resp,
            "console/messages/list.html",
            jobs=jobs,
            query=query,
            base=f"/console/{scope}/messages",
            channels=Channel,
            stages=Stage,
            purposes=Purpose,
            done=read_done(req, frozenset({"cancelled"})),
        )


def read_jobs(visit: Visit, query: JobsQuery) -> JobList:
    """A page of jobs, of the event where the visit is at one."""
    wanted = query.wanted(visit.event.id if visit.event else None)
    rows = browse_jobs(
        visit.tx, visit.org_id, wanted, before=query.behind, limit=PAGE + 1, viewer=visit.viewer
    )
    return JobList(rows[:PAGE], len(rows) > PAGE)
