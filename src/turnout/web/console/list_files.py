"""Lists that are a file, too: who waits, who is invited, what was written back, and messages.

A file has what the list of the same address has, on all of its pages. One that names people is in
the log with how many it has; guests are for those who may export people. own_files.py has those of
the organization itself.
"""

from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

from falcon.asgi import Request, Response

from turnout.core.audit.recording import record
from turnout.core.ids import ReplyId
from turnout.core.invitations.invitees import InviteeFilter, list_invitees
from turnout.core.messaging.browsing import browse_jobs
from turnout.core.messaging.reading_replies import NEWEST, ReplyLine, list_replies
from turnout.core.times import wall_clock
from turnout.core.waiting_list.entries import list_entries
from turnout.errors import Missing
from turnout.formats.spreadsheets import to_csv
from turnout.http.routing import without_head
from turnout.web.console.events.answering import get_own
from turnout.web.console.messages.own import require_organization
from turnout.web.console.messages.query import JobsQuery, parse_jobs
from turnout.web.console.messages.replies import RepliesQuery, parse_replies
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.console.people.files import name_file

EXPORT = "people.export"
MOST = 100_000
STRETCH = 1_000
MICROS = 1_000_000
Row = tuple[str, ...]


class Listed(NamedTuple):
    """What a file has, its heading first, and what it is an export of in the log."""

    rows: list[Row]
    noun: str
    noun_id: int
    what: str


class ListCsv(ConsolePage):
    """A list as a file: `find` reads it as the address asks."""

    name: ClassVar[str]
    permission: ClassVar[str] = EXPORT
    is_personal: ClassVar[bool] = True
    find: ClassVar[Callable[..., Listed]]

    def read(self, req: Request, **_places: str) -> tuple[Any, ...]:
        """What `find` is given of the address."""
        return ()

    @without_head
    async def on_get(self, req: Request, resp: Response, scope: str, **places: str) -> None:
        """The file, which is in the log first. Raises Unauthenticated, Denied, Missing."""
        find = type(self).find
        asked = self.read(req, **places)
        found = await self.console.read(req, self.permission, find, *asked)
        if self.is_personal:
            await self.console.trace(req, self.permission, _note, found)
        resp.content_type = "text/csv; charset=utf-8"
        name_file(resp, f"{self.name}-{scope}.csv")
        resp.data = to_csv(found.rows)


def _note(visit: Visit, found: Listed) -> None:
    facts = {"what": found.what, "count": len(found.rows) - 1}
    by = visit.user.actor
    record(visit.tx, visit.org_id, by, "exported", found.noun, found.noun_id, **facts)


# -- of an event ---------------------------------------------------------------------------


def list_waiting(visit: Visit, is_all: bool) -> Listed:
    """Who waits, in the order of the list, or everybody who ever did."""
    event_id, zone = visit.at.id, visit.at.timezone
    found = list_entries(visit.tx, visit.org_id, event_id, is_all=is_all, limit=MOST)
    heading = (
        *("Email", "First name", "Last name", "Ticket", "Since", "State"),
        *("Offer holds until", "Priority"),
    )
    rows = [
        (
            *(one.email, one.first_name, one.last_name, one.type_name),
            *(wall_clock(one.created_at, zone), one.state.value),
            *(_clock(one.deadline_at, zone), str(one.priority)),
        )
        for one in found
    ]
    return Listed([heading, *rows], "event", event_id, "waiting list")


class WaitingCsv(ListCsv):
    """`/console/{event}/waiting.csv`."""

    name, find = "waiting", list_waiting

    def read(self, req: Request, **_places: str) -> tuple[bool]:
        return (req.get_param("all", default="") == "1",)


def list_invited(visit: Visit, campaign: str) -> Listed:
    """Who is invited, and what they said. Raises Missing."""
    known, zone = get_own(visit, campaign), visit.at.timezone
    wanted = InviteeFilter(campaign_id=known.id)
    found = list_invitees(visit.tx, visit.org_id, visit.at.id, wanted)
    heading = (
        *("Email", "First name", "Last name", "Answer", "Ticket", "Written to"),
        *("Reminders", "Last reminded"),
    )
    rows = [
        (
            *(one.email, one.first_name, one.last_name, one.state, one.ticket_code or ""),
            *(_clock(one.sent_at, zone), str(one.reminders), _clock(one.reminded_at, zone)),
        )
        for one in found
    ]
    return Listed([heading, *rows], "campaign", known.id, "invited people")


class InvitedCsv(ListCsv):
    """`/console/{event}/invitations/{campaign}/people.csv`."""

    name, find = "invited", list_invited

    def read(self, req: Request, campaign: str = "", **_places: str) -> tuple[str]:
        return (campaign,)


# -- messages ------------------------------------------------------------------------------


def list_jobs(visit: Visit, query: JobsQuery) -> Listed:
    """The messages of a list; it names nobody who got one."""
    event_id = visit.event.id if visit.event else None
    zone = visit.event.timezone if visit.event else visit.organization.timezone
    wanted, before = query.wanted(event_id), query._replace(before=0).behind
    heading = (
        *("Number", "Name", "Type", "State", "User", "Accepted", "Scheduled", "Ended"),
        *("Recipients", "Sent", "Failed", "Cost"),
    )
    rows: list[Row] = []
    while found := browse_jobs(
        visit.tx, visit.org_id, wanted, before=before, limit=STRETCH, viewer=visit.viewer
    ):
        rows += [
            (
                *(str(job.id), job.name, job.job_type.value, job.stage.value, job.user_code),
                *(wall_clock(job.accepted_at, zone), _clock(job.scheduled_at, zone)),
                *(_clock(job.completed_at, zone), str(job.total), str(job.sent)),
                *(str(job.failed), f"{job.cost_micros / MICROS:.2f}"),
            )
            for job in found
        ]
        before = found[-1].id
    return Listed([heading, *rows], "job", 0, "messages")


class JobsCsv(ListCsv):
    """`/console/{scope}/messages.csv`."""

    name, permission, find = "messages", "messages.see", list_jobs
    is_personal = False

    def read(self, req: Request, **_places: str) -> tuple[JobsQuery]:
        return (parse_jobs(req),)


def list_replied(visit: Visit, query: RepliesQuery) -> Listed:
    """What people wrote back. Raises Missing at an event."""
    require_organization(visit)
    zone = visit.organization.timezone
    heading = (
        *("Number", "Received", "From", "Name", "Text", "Opts out", "Message", "Name of message"),
        *("Reference", "Given to"),
    )
    rows = [
        (
            *(str(one.id), wall_clock(one.received_at, zone), one.sender, one.name, one.text),
            *("yes" if one.is_opt_out else "", str(one.job_id or ""), one.job_name),
            *(one.reference, one.user_code),
        )
        for one in _replies(visit, query)
    ]
    return Listed([heading, *rows], "reply", 0, "replies")


class RepliesCsv(ListCsv):
    """`/console/{org}/messages/replies.csv`."""

    name, find = "replies", list_replied

    def read(self, req: Request, **_places: str) -> tuple[RepliesQuery]:
        return (parse_replies(req),)


def _replies(visit: Visit, query: RepliesQuery) -> list[ReplyLine]:
    """All that are asked for; none that were given to a user who is not there."""
    found: list[ReplyLine] = []
    before: ReplyId = NEWEST
    wanted = query.wanted()
    try:
        while page := list_replies(
            visit.tx, visit.org_id, wanted, limit=STRETCH, before=before, viewer=visit.viewer
        ):
            found += page
            before = page[-1].id
    except Missing:
        return []
    return found


def _clock(at: int | None, zone: str) -> str:
    return wall_clock(at, zone) if at else ""
