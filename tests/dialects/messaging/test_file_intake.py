"""Documents of faxes are judged where their pages are drawn here."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tests.core.messaging.jobs import new_job
from tests.formats.test_fax import draw
from tests.support.builder import make_organization
from tests.support.node import LocalNode, new_database, open_node
from turnout.core.ids import OrgId
from turnout.core.messaging.model import JobType, NewJob
from turnout.dialects.messaging import file_intake
from turnout.dialects.messaging.attachments import GivenFile, GivenFiles
from turnout.dialects.messaging.errors import present_failure
from turnout.dialects.messaging.file_intake import FileIntake
from turnout.errors import Invalid
from turnout.store import deadlines


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalNode]:
    with open_node(new_database("sqlite", tmp_path_factory.mktemp("intake"))) as node:
        yield node


@pytest.fixture(scope="module")
def org_id(node: LocalNode) -> OrgId:
    return node.db.call(make_organization, "acme")


def attach(node: LocalNode, org_id: OrgId, *files: tuple[str, bytes], draws: bool) -> NewJob:
    nothing: Any = None
    intake = FileIntake(node.db, nothing, draws_faxes=draws)
    given = [GivenFile(f"files.{n}", name, "x/y", body, "") for n, (name, body) in enumerate(files)]
    new = new_job(job_type=JobType.FAX)
    return asyncio.run(intake.attach(org_id, new, GivenFiles("files", tuple(given))))


def test_a_document_that_cannot_be_drawn_is_refused_by_name(node, org_id):
    files = ("plan.png", draw("PNG")), ("terms.pdf", b"%PDF-1.7 and no more")
    with pytest.raises(Invalid) as caught:
        attach(node, org_id, *files, draws=True)
    answer = present_failure(caught.value)
    assert (answer.status, answer.body) == (
        422,
        b'{"status":422,"errors":"Validation failed: The files cannot be faxed: terms.pdf is '
        b'damaged, or needs too much to be drawn."}',
    )


@pytest.mark.parametrize(
    ("files", "draws"),
    [([("plan.png", draw("PNG"))], True), ([("terms.doc", b"anything")], False)],
)
def test_others_are_kept(node, org_id, files, draws):
    kept = attach(node, org_id, *files, draws=draws)
    assert [file.name for file in kept.content.files] == [files[0][0]]


def test_a_file_that_was_drawn_for_long_is_kept_all_the_same(node, org_id, monkeypatch):
    patience = deadlines.Patience()

    def make(*_args: object, **_members: object) -> None:
        patience.until = 0  # what a request may wait for the database is over

    monkeypatch.setattr(file_intake, "make_fax", make)
    token = deadlines.current.set(patience)
    try:
        assert attach(node, org_id, ("long.pdf", b"%PDF-"), draws=True).content.files
    finally:
        deadlines.current.reset(token)
