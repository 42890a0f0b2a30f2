"""Faxes as staff look at them."""

import io

import pypdf

from tests.core.messaging.jobs import NUMBERS
from tests.formats.test_fax import draw, to_pdf
from tests.support.node import LocalNode
from tests.web.console.desk import Desk
from tests.web.console.messages.test_jobs import PAGE, post
from turnout.core.ids import OrgId
from turnout.core.messaging.files import cut, digest_of, finish_file, store_piece
from turnout.core.messaging.model import Content, JobFile, JobType


def test_the_pages_of_a_fax_are_looked_at(node: LocalNode, org_id: OrgId, desk: Desk) -> None:
    files = []
    for name, content in (("a.pdf", to_pdf((595, 842), (595, 842))), ("b.png", draw("PNG"))):
        digest = digest_of(content)
        for number, piece in cut(content):
            node.db.call(store_piece, org_id, digest, number, piece)
        node.db.call(finish_file, org_id, digest, len(content))
        files.append(JobFile(name, "application/octet-stream", digest, len(content)))
    said = Content(files=tuple(files), is_high_resolution=True)
    number = post(node, NUMBERS[:1], job_type=JobType.FAX, content=said)
    path = f"{PAGE}/{number}"
    assert f'href="{path}/fax.pdf"' in desk.read(path)
    first = files[0].digest
    for address, pages in ((f"{path}/fax.pdf", 3), (f"{PAGE}/fax.pdf?digest={first}&name=a", 2)):
        answered = desk.open(address)
        assert (answered.status, answered.headers["content-type"]) == (200, "application/pdf")
        assert len(pypdf.PdfReader(io.BytesIO(answered.body)).pages) == pages
    assert desk.open(f"{PAGE}/fax.pdf?digest=x&name=a").status == 404
    text = post(node)
    assert "fax.pdf" not in desk.read(f"{PAGE}/{text}")
    assert desk.open(f"{PAGE}/{text}/fax.pdf").status == 404
