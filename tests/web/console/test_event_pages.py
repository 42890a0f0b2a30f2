"""Every page of an event opens, for a new event and for one that has everything."""

import pytest

from tests.web.console.desk import Desk
from turnout.core.ids import EventId

TAILS = [
    "",
    "/copy",
    "/details",
    "/place/new",
    "/programme",
    "/programme/new",
    "/speakers/new",
    "/tickets",
    "/tickets/new",
    "/questions",
    "/questions/new",
    "/publish",
    "/close",
    "/reopen",
    "/postpone",
    "/cancel",
    "/tell",
    "/delete",
    "/texts",
    "/texts/confirmation",
    "/texts/offer?language=es",
    "/waiting",
    "/invitations",
    "/invitations/new",
    "/page",
    "/preview",
    "/waiting?all=1",
]


@pytest.mark.parametrize("title", ["Summit", "Draft", "Reunion", "Called off"])
def test_pages_open(desk: Desk, events: dict[str, EventId], title: str) -> None:
    headed = {tail: desk.read(f"/console/{events[title]}{tail}").count("<h1>") for tail in TAILS}
    assert headed == dict.fromkeys(TAILS, 1)


@pytest.mark.parametrize("tail", ["", "/details", "/programme", "/tickets", "/questions"])
def test_a_draft_is_published_from_each_page_that_sets_it_up(
    desk: Desk, events: dict[str, EventId], tail: str
) -> None:
    leads = [
        f'href="/console/{events[title]}/publish"' in desk.read(f"/console/{events[title]}{tail}")
        for title in ("Draft", "Summit")
    ]
    assert leads == [True, False]


@pytest.mark.parametrize("tail", ["/console/events", "/console/events/new"])
def test_lists_open(desk: Desk, events: dict[str, EventId], tail: str) -> None:
    assert desk.read(tail).count("<h1>") == 1


@pytest.mark.parametrize("tail", ["/events/new", "/{}/details", "/{}/programme/new"])
def test_the_order_of_times_is_said_with_all_else_that_is_wrong(
    desk: Desk, events: dict[str, EventId], tail: str
) -> None:
    path = f"/console{tail.format(events['Summit'])}"
    times = {"starts": "2027-03-02T09:00", "ends": "2027-03-01T09:00", "timezone": "Europe/Berlin"}
    answer = desk.send(path, path, **times, title="", visibility="public", capacity="many")
    summary = answer.body.decode().partition('class="faults"')[2].partition("</ul>")[0]
    assert answer.status == 422
    assert [f'href="#f-{name}"' in summary for name in ("title", "ends", "capacity")] == [True] * 3
