"""The report's statement against a slow and obvious program, on both databases."""

from collections.abc import Generator

import pytest

from tests.core.audience.crowd import Registrant, fill, filters, keep, read_each
from tests.support import proof
from turnout.core.audience.reports import (
    ReportFilter,
    list_custom_questions,
    stream_registrants,
)
from turnout.core.ids import EventId, OrgId
from turnout.core.questions.editing import QuestionChange, add_question
from turnout.store import Tx


def _list(tx: Tx, org_id: OrgId, event_id: EventId, wanted: ReportFilter) -> list[Registrant]:
    return list(_stream(tx, org_id, event_id, wanted))


def _stream(
    tx: Tx, org_id: OrgId, event_id: EventId, wanted: ReportFilter
) -> Generator[Registrant, None, None]:
    for some in stream_registrants(tx, org_id, event_id, wanted):
        yield from read_each(some)


@pytest.mark.proof
def test_every_filter_alone_and_in_pairs(node, cinema):
    crowd = fill(node, cinema)
    sizes = set()
    total = 0
    for wanted in filters():
        found = cinema.db.call(_list, cinema.org_id, cinema.event.id, wanted)
        assert found == keep(crowd, wanted), wanted
        sizes.add(len(found))
        total += 1
    assert len(sizes) > 10
    assert len(cinema.db.call(_list, cinema.org_id, cinema.event.id, ReportFilter())) == 24
    proof.report("filters of reports", database=node.db.backend, filters=total)


def test_custom_questions_are_in_the_order_in_which_they_came_up(node, cinema):
    fill(node, cinema)
    found = cinema.db.call(list_custom_questions, cinema.org_id, cinema.event.id)
    assert found == ["Diet", "Colour"]


def test_questions_of_the_event_come_first_and_in_their_order(node, cinema):
    fill(node, cinema)
    whose = (cinema.org_id, cinema.event.id)
    for name in ("Shirt", "colour"):
        cinema.db.call(add_question, *whose, QuestionChange(name=name), actor="test")
    assert cinema.db.call(list_custom_questions, *whose) == ["Shirt", "colour", "Diet", "Colour"]


def test_a_stream_gives_the_same_as_a_list(node, cinema):
    crowd = fill(node, cinema)

    async def read() -> list[Registrant]:
        found = []
        named = (cinema.org_id, cinema.event.id, ReportFilter())
        async with cinema.db.stream(_stream, *named) as batches:
            async for batch in batches:
                found += batch
        return found

    assert node.client.run(read()) == crowd
