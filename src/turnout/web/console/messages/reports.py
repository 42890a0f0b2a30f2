"""A job's recipients as a file: how each of them stands."""

from falcon.asgi import Request, Response

from turnout.core.audit.recording import record
from turnout.core.ids import JobId
from turnout.core.messaging.browsing import BrowsedRecipient, browse_recipients
from turnout.core.times import wall_clock
from turnout.formats.spreadsheets import to_csv
from turnout.http.routing import without_head
from turnout.web.console.messages.job import read_job
from turnout.web.console.messages.query import RecipientsQuery, job_number, parse_recipients
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.documents import NO_STORE

EXPORT = "people.export"
PAGE = 1_000
MICROS = 1_000_000
HEADING = ("Name", "To", "Reference", "Status", "Notes", "Parts", "Price", "Sent", "Ended")


class RecipientsCsv(ConsolePage):
    """`/console/{scope}/messages/{job}/recipients.csv`: those that the same list has."""

    @without_head
    async def on_get(self, req: Request, resp: Response, scope: str, job: str) -> None:
        """The file, which is in the audit first. Raises Unauthenticated, Denied, Missing."""
        job_id = job_number(job)
        rows = await self.console.read(req, EXPORT, read_rows, job_id, parse_recipients(req))
        await self.console.trace(req, EXPORT, note_export, job_id, len(rows))
        resp.content_type = "text/csv; charset=utf-8"
        resp.set_header("Cache-Control", NO_STORE)
        resp.set_header("Content-Disposition", f'attachment; filename="message-{job_id}.csv"')
        resp.data = to_csv([HEADING, *rows])


def read_rows(visit: Visit, job_id: JobId, query: RecipientsQuery) -> list[tuple[str, ...]]:
    """The recipients of a job that a list has. Raises Missing."""
    job = read_job(visit, job_id)
    zone = visit.event.timezone if visit.event else visit.organization.timezone
    rows: list[tuple[str, ...]] = []
    after = query._replace(after=0).behind
    while page := browse_recipients(
        visit.tx,
        visit.org_id,
        job.id,
        status=query.status,
        text=query.text,
        after=after,
        limit=PAGE,
    ):
        rows += [_row(one, zone) for one in page]
        after = page[-1].id
    return rows


def note_export(visit: Visit, job_id: JobId, count: int) -> None:
    """Who took how many along."""
    by = visit.user.actor
    record(visit.tx, visit.org_id, by, "exported", "job", job_id, what="recipients", count=count)


def _row(one: BrowsedRecipient, zone: str) -> tuple[str, ...]:
    return (
        one.name,
        one.destination,
        one.reference,
        one.status,
        one.notes,
        str(one.parts),
        f"{one.cost_micros / MICROS:.2f}",
        wall_clock(one.sent_at, zone) if one.sent_at else "",
        wall_clock(one.done_at, zone) if one.done_at else "",
    )
