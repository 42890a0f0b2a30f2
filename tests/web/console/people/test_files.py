"""Registrations as files."""

import io
import json

from tests.support.node import LocalNode
from tests.web.console.desk import Desk
from tests.web.console.people.conftest import Gathering
from turnout.core.audit.recording import list_entries
from turnout.core.ids import OrgId
from turnout.formats.tables import read_table


def rows_of(body: bytes, name: str) -> list[list[str]]:
    with read_table(io.BytesIO(body), name) as table:
        return [row.cells for row in table.rows]


def test_what_the_list_has_as_files(
    node: LocalNode, desk: Desk, org_id: OrgId, gathering: Gathering
) -> None:
    for ending in ("csv", "xlsx"):
        answer = desk.open(f"{gathering.path}.{ending}?q=ann")
        heading, row = rows_of(answer.body, f"people.{ending}")
        found = dict(zip(heading, row, strict=False))
        assert (found["First name"], found["Diet"]) == ("Ann", "vegan")
        assert found["Ticket code"] == gathering.codes["ann"]
        named = f'attachment; filename="registrations-{gathering.event_id}.{ending}"'
        assert answer.headers["content-disposition"] == named
    entries = node.db.call(list_entries, org_id, "event", gathering.event_id)
    assert [(entry.action, entry.facts) for entry in entries[-2:]] == [
        ("exported", {"what": "registrations", "count": 1})
    ] * 2


def test_a_badge(desk: Desk, gathering: Gathering) -> None:
    answer = desk.open(f"{gathering.of('ann')}/badge.pdf")
    assert (answer.headers["content-type"], answer.body[:5]) == ("application/pdf", b"%PDF-")


def test_all_that_is_known_of_a_person(
    node: LocalNode, desk: Desk, org_id: OrgId, gathering: Gathering
) -> None:
    answer = desk.open(f"{gathering.of('ann')}/export.json")
    assert f"{gathering.event_id}ann@example.com" in json.dumps(json.loads(answer.body))
