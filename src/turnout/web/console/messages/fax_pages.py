"""What the pages of a fax look like, as a file to look at."""

import asyncio

from falcon.asgi import Request, Response

from turnout.core.ids import JobId
from turnout.core.messaging.files import read_file
from turnout.core.messaging.model import Channel, Content
from turnout.errors import Missing
from turnout.formats import fax
from turnout.http.routing import without_head
from turnout.web.console.messages.job import SEE, read_job
from turnout.web.console.messages.query import job_number
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.documents import NO_STORE

SEND = "messages.send"


class FaxPages(ConsolePage):
    """`/console/{scope}/messages/{job}/fax.pdf`."""

    @without_head
    async def on_get(self, req: Request, resp: Response, scope: str, job: str) -> None:
        """The first twenty pages, dot by dot. Raises Unauthenticated, Denied, Missing; Invalid for
        a document that cannot be drawn."""
        content, documents = await self.console.read(req, SEE, read_documents, job_number(job))
        await _show(req, resp, content, documents)


class DraftPages(ConsolePage):
    """`/console/{scope}/messages/fax.pdf`: of a file that was uploaded for a message, by its digest
    and name; with `fine` in high resolution."""

    @without_head
    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The same, before it is sent."""
        digest = req.get_param("digest", default="")[:64]
        name = req.get_param("name", default="")[:200]
        content, documents = await self.console.read(req, SEND, read_upload, digest, name)
        fine = Content(header=content.header, is_high_resolution=bool(req.get_param("fine")))
        await _show(req, resp, fine, documents)


def read_documents(visit: Visit, job_id: JobId) -> tuple[Content, list[fax.Document]]:
    """What a fax says, and its files, where the visitor sees the job; no files of another job.
    Raises Missing."""
    job = read_job(visit, job_id)
    if job.job_type.channel is not Channel.FAX:
        return job.said, []
    files = [
        fax.Document(file.name, read_file(visit.tx, visit.org_id, file.digest))
        for file in job.said.files
    ]
    return job.said, files


def read_upload(visit: Visit, digest: str, name: str) -> tuple[Content, list[fax.Document]]:
    """A file, below the header that the visitor's faxes have. Raises Missing."""
    header = visit.user.access.member.profile.fax_header_text or ""
    return Content(header=header), [fax.Document(name, read_file(visit.tx, visit.org_id, digest))]


async def _show(
    req: Request, resp: Response, content: Content, documents: list[fax.Document]
) -> None:
    if not documents or not fax.is_available():
        raise Missing("path.missing", path=req.path[:60])
    made = await asyncio.to_thread(
        fax.make_fax,
        documents,
        is_fine=content.is_high_resolution,
        header=content.header,
        form="pdf",
    )
    resp.content_type = "application/pdf"
    resp.set_header("Cache-Control", NO_STORE)
    resp.set_header("Content-Disposition", 'inline; filename="fax.pdf"')
    resp.data = made.content
