"""The list of registrations as a page."""

import re

import pytest

from tests.support.node import LocalNode
from tests.web.console.desk import Desk
from tests.web.console.people.conftest import Gathering
from turnout.core.ids import OrgId
from turnout.core.people.correcting import correct_person
from turnout.core.registrations.browsing import get_registration
from turnout.core.registrations.changing import book_session
from turnout.core.registrations.notes import add_tag
from turnout.core.registrations.row_details import list_row_details

NAMED = re.compile(r'<th scope="row"><a href="[^"]+"[^>]*>([^<]+)</a>')


def names_of(page: str) -> list[str]:
    return [name.removesuffix(" Guest") for name in NAMED.findall(page)]


def test_the_newest_come_first_and_names_lead_to_panels(desk: Desk, gathering: Gathering) -> None:
    page = desk.read(gathering.path)
    assert names_of(page) == ["Emil", "Dora", "Carl", "Bob", "Ann"]
    assert f'<a href="{gathering.of("ann")}?"' in page
    assert (
        f'href="{gathering.path}" aria-current="page">Registrations <span class="count">5<' in page
    )


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?sort=name", ["Ann", "Bob", "Carl", "Dora", "Emil"]),
        ("?sort=-name", ["Emil", "Dora", "Carl", "Bob", "Ann"]),
        ("?sort=oldest", ["Ann", "Bob", "Carl", "Dora", "Emil"]),
        ("?sort=nonsense&state=nonsense&ticket=x", ["Emil", "Dora", "Carl", "Bob", "Ann"]),
        ("?q=CARL", ["Carl"]),
        ("?q=points", ["Emil", "Dora", "Carl", "Bob", "Ann"]),
        ("?state=in", []),
        ("?state=cancelled", []),
        ("?source=page", []),
    ],
)
def test_the_address_is_the_state(
    desk: Desk, gathering: Gathering, query: str, names: list[str]
) -> None:
    assert names_of(desk.read(f"{gathering.path}{query}")) == names


def test_filters_by_ticket_and_code(desk: Desk, gathering: Gathering) -> None:
    assert names_of(desk.read(f"{gathering.path}?ticket={gathering.hall}")) == ["Bob"]
    assert names_of(desk.read(f"{gathering.path}?q={gathering.codes['dora']}")) == ["Dora"]


def test_chips_count_what_they_lead_to(desk: Desk, gathering: Gathering) -> None:
    page = desk.read(f"{gathering.path}?ticket={gathering.hall}")
    assert re.search(r"Expected\s*<span class=\"count\">1<", page)
    assert "1 match<" in desk.read(f"{gathering.path}?ticket={gathering.hall}&state=expected")
    page = desk.read(f"{gathering.path}?state=expected")
    assert re.search(r"Expected\s*<span class=\"count\">5<", page)
    page = desk.read(f"{gathering.path}?q=carl")
    assert re.search(r"Expected\s*<span class=\"count\">1<", page)


def test_nobody_matches_and_nobody_is_there(desk: Desk, gathering: Gathering) -> None:
    page = desk.read(f"{gathering.path}?q=zebra")
    assert "Nobody matches" in page
    assert "Nobody has registered yet" not in page


def test_columns_are_chosen(desk: Desk, gathering: Gathering) -> None:
    usual = desk.read(gathering.path)
    assert "Points GmbH" in usual
    assert gathering.codes["ann"] not in usual
    chosen = desk.read(f"{gathering.path}?chosen=1&column=code")
    assert "Points GmbH" not in chosen
    assert gathering.codes["ann"] in chosen
    assert f'href="{gathering.path}?state=in&amp;columns=code"' in chosen


def test_all_can_be_selected_on_every_page(desk: Desk, gathering: Gathering) -> None:
    page = desk.read(f"{gathering.path}?all=1")
    assert "All 5 selected" in page
    assert page.count(" checked></td>") == 5
    assert '<input type="hidden" name="all" value="1">' in page


def test_an_event_of_nobody_is_missing(desk: Desk) -> None:
    assert desk.open("/console/999/people").status == 404
    assert desk.open("/console/elsewhere/people").status == 404


def test_columns_are_read_for_the_rows_of_the_page(
    node: LocalNode, org_id: OrgId, desk: Desk, gathering: Gathering
) -> None:
    ids, db = gathering.ids, node.db
    for tag in ("vip", "Press"):
        db.call(add_tag, org_id, ids["ann"], tag, actor="test")
    db.call(book_session, org_id, ids["ann"], gathering.workshop, actor="test")
    details = {"phone": "+49 30 1", "job_title": "Driver"}
    person = db.call(get_registration, org_id, gathering.event_id, ids["ann"]).person_id
    db.call(correct_person, org_id, person, details, actor="test")
    page = desk.read(f"{gathering.path}?columns=job_title-phone-tags-sessions")
    for text in ("Driver", "+49 30 1", "Press, vip", "Workshop"):
        assert re.search(rf">\s*{re.escape(text)}\s*</td>", page), text
    assert page.index("Job title</th>") < page.index("Sessions</th>")
    assert names_of(desk.read(f"{gathering.path}?q=9301")) == ["Ann"]
    rows = db.call(list_row_details, org_id, [ids["ann"], ids["bob"]])
    assert rows[ids["ann"]] == ("Driver", "+49 30 1", ["Press", "vip"], ["Workshop"])
    assert rows[ids["bob"]][2:] == ([], [])
    assert "Driver" not in desk.read(gathering.path)
