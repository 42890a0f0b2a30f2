"""What lists of jobs and recipients show, as their addresses say it, and addresses of others."""

from typing import Any, NamedTuple
from urllib.parse import urlencode

from falcon.asgi import Request

from turnout.core.ids import EventId, JobId, RecipientId
from turnout.core.messaging.browsing import NEWEST, Stage, WantedJobs
from turnout.core.messaging.model import Channel, Purpose, Status
from turnout.errors import Missing
from turnout.web.numbers import parse_number

LONGEST_TEXT = 100


class JobsQuery(NamedTuple):
    """The state of the list of jobs; empty and 0 = any. It begins behind the job `before`."""

    text: str = ""
    channel: str = ""
    stage: str = ""
    purpose: str = ""
    before: int = 0

    @property
    def is_filtered(self) -> bool:
        """Whether anything is left out."""
        return self._replace(before=0) != JobsQuery()

    @property
    def behind(self) -> JobId:
        return JobId(self.before) if self.before else NEWEST

    def wanted(self, event_id: EventId | None) -> WantedJobs:
        """The same for the core."""
        return WantedJobs(
            self.text,
            Channel(self.channel) if self.channel else None,
            Stage(self.stage) if self.stage else None,
            Purpose(self.purpose) if self.purpose else None,
            event_id,
        )

    def link(self, **changes: Any) -> str:
        """The query of the same list with changes, from its beginning unless `before` is given."""
        wanted = self._replace(**{"before": 0} | changes)
        return to_query(
            q=wanted.text,
            channel=wanted.channel,
            state=wanted.stage,
            purpose=wanted.purpose,
            before=wanted.before,
        )


class RecipientsQuery(NamedTuple):
    """The state of the list of a job's recipients; it begins behind the recipient `after`."""

    text: str = ""
    status: str = ""
    after: int = 0

    @property
    def is_filtered(self) -> bool:
        return bool(self.text or self.status)

    @property
    def behind(self) -> RecipientId:
        return RecipientId(self.after)

    def link(self, **changes: Any) -> str:
        """The query of the same list with changes, from its beginning unless `after` is given."""
        wanted = self._replace(**{"after": 0} | changes)
        return to_query(q=wanted.text, status=wanted.status, after=wanted.after)


def parse_jobs(req: Request) -> JobsQuery:
    """What the address asks for; a filter that cannot be read is left out."""
    return JobsQuery(
        read_text(req, "q"),
        read_one(req, "channel", Channel),
        read_one(req, "state", Stage),
        read_one(req, "purpose", Purpose),
        read_place(req, "before"),
    )


def parse_recipients(req: Request) -> RecipientsQuery:
    """What the address asks for."""
    status = read_one(req, "status", Status)
    return RecipientsQuery(read_text(req, "q"), status, read_place(req, "after"))


def to_query(**pairs: object) -> str:
    """A query with its question mark; empty and 0 are left out."""
    return "?" + urlencode({name: str(value) for name, value in pairs.items() if value})


def read_text(req: Request, name: str) -> str:
    return req.get_param(name, default="").strip()[:LONGEST_TEXT]


def read_one(req: Request, name: str, known: Any) -> str:
    """One of the values of an enumeration, or nothing."""
    text = read_text(req, name)
    return text if text in set(known) else ""


def read_place(req: Request, name: str) -> int:
    """The number behind which a page begins; 0 = it is the first."""
    return parse_number(read_text(req, name)) or 0


def job_number(text: str) -> JobId:
    """A job's number in an address. Raises Missing."""
    number = parse_number(text)
    if number is None:
        raise Missing("path.missing", path=text[:20])
    return JobId(number)
