"""The colour and the pictures of an event, and its page before it is one."""

import re
from html import unescape

import pytest

from tests.formats.test_pictures import draw
from tests.support.client import Answer
from tests.support.node import LocalNode
from tests.web.console.desk import Desk, add_user
from tests.web.console.test_event_flows import done_of
from turnout.core.events.showing import get_shown_event
from turnout.core.identity.model import Role
from turnout.core.identity.profiles import OrganizationChange, change_organization, get_profile
from turnout.core.ids import EventId, OrgId


def upload(desk: Desk, path: str, content: bytes, **fields: str) -> Answer:
    """Send a picture as a browser does."""
    (token, *_) = re.findall(r'name="token" value="([^"]+)"', desk.read(path))
    parts = [
        f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in ({"token": token} | fields).items()
    ]
    head = b'--B\r\nContent-Disposition: form-data; name="picture"; filename="p.png"\r\n\r\n'
    body = b"".join(parts) + head + content + b"\r\n--B--\r\n"
    headers = desk.headers | {"Content-Type": "multipart/form-data; boundary=B"}
    return desk.note(desk.client.request("POST", path, headers=headers, body=body))


@pytest.fixture
def path(events: dict[str, EventId]) -> str:
    return f"/console/{events['Draft']}/page"


def test_the_colour_says_how_well_it_is_read(
    desk: Desk, node: LocalNode, org_id: OrgId, events: dict[str, EventId], path: str
) -> None:
    assert done_of(desk.send(path, path, colour="#ffc94d", set_colour="1")) == "colour"
    shown = node.db.call(get_shown_event, org_id, events["Draft"])
    assert shown.details.colour == "#ffc94d"
    page = desk.read(path)
    assert "too little to read" in page
    assert 'fill="#ffc94d"' in page
    wrong = desk.send(path, path, colour="yellow", set_colour="1")
    assert wrong.status == 422
    assert '<a href="#f-colour">' in wrong.body.decode()
    assert 'value="yellow"' in wrong.body.decode()


def test_pictures_are_made_again_and_shown(
    desk: Desk, node: LocalNode, org_id: OrgId, events: dict[str, EventId], path: str
) -> None:
    assert done_of(upload(desk, path, draw("PNG", (40, 20)), what="cover")) == "cover_set"
    shown = node.db.call(get_shown_event, org_id, events["Draft"])
    assert f"{org_id}-{shown.cover}-800.webp" in desk.read(path)
    assert done_of(upload(desk, path, draw("PNG", (20, 20)), what="logo")) == "logo_set"
    assert node.db.call(get_profile, org_id).logo
    assert done_of(desk.send(path, path, what="cover", remove="1")) == "cover_gone"
    assert node.db.call(get_shown_event, org_id, events["Draft"]).cover == ""


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\nrest"])
def test_what_is_no_picture_is_said_beside_the_field(desk: Desk, path: str, content: bytes) -> None:
    answer = upload(desk, path, content, what="cover")
    assert answer.status == 422
    assert '<a href="#f-picture">' in answer.body.decode()


def test_only_owners_change_the_logo(node: LocalNode, org_id: OrgId, path: str) -> None:
    organizer = add_user(node, org_id, "rail/look", Role.AGENT)
    assert "Set the logo" not in organizer.read(path)
    assert upload(organizer, path, draw("PNG", (20, 20)), what="logo").status == 403


def test_the_page_of_a_draft_is_shown_to_its_team_alone(
    desk: Desk, events: dict[str, EventId]
) -> None:
    page = desk.read(f"/console/{events['Draft']}/preview")
    assert "Preview: only your team sees this, and the form sends nothing." in page
    assert re.findall(r'button main wide" type="submit"( disabled)?', page) == [" disabled"]
    assert desk.open(f"/rail/{events['Draft']}").status == 404


def test_the_lines_for_other_sites_are_there_to_copy(
    node: LocalNode, org_id: OrgId, desk: Desk, events: dict[str, EventId]
) -> None:
    path = f"/console/{events['Draft']}/page"
    page = unescape(desk.read(path))
    assert "No site may show your events yet" in page
    assert f'/embed.js" data-event="/rail/{events["Draft"]}" async></script>' in page
    assert f'/rail/{events["Draft"]}/embed" title="Draft"' in page
    sites = OrganizationChange(embedded_on=("https://www.example.org",))
    node.db.call(change_organization, org_id, sites, actor="t")
    assert "May be shown on: https://www.example.org" in desk.read(path)
