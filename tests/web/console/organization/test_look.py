"""Logo and colour of an organization."""

from tests.formats.test_pictures import draw
from tests.support.node import LocalNode
from tests.web.console.desk import Desk
from tests.web.console.test_event_flows import done_of
from tests.web.console.test_event_look import upload
from turnout.core.identity.profiles import get_profile
from turnout.core.ids import OrgId

PATH = "/console/rail/settings/look"


def test_the_colour_is_that_of_all_pages(node: LocalNode, org_id: OrgId, desk: Desk) -> None:
    assert done_of(desk.send(PATH, PATH, colour="#0a7d5c", set_colour="1")) == "colour"
    assert node.db.call(get_profile, org_id).colour == "#0a7d5c"
    assert "As text on the page it has" in desk.read(PATH)
    wrong = desk.send(PATH, PATH, colour="green", set_colour="1")
    assert wrong.status == 422
    assert 'value="green"' in wrong.body.decode()
    assert '<a href="#f-colour">' in wrong.body.decode()
    assert node.db.call(get_profile, org_id).colour == "#0a7d5c"


def test_the_logo_is_set_and_removed(node: LocalNode, org_id: OrgId, desk: Desk) -> None:
    assert done_of(upload(desk, PATH, draw("PNG", (20, 20)))) == "logo_set"
    logo = node.db.call(get_profile, org_id).logo
    assert f"{org_id}-{logo}-800.webp" in desk.read(PATH)
    assert upload(desk, PATH, b"GIF89a").status == 422
    assert done_of(desk.send(PATH, PATH, remove="1")) == "logo_gone"
    assert node.db.call(get_profile, org_id).logo == ""


def test_the_sites_that_may_show_events_are_listed(
    node: LocalNode, org_id: OrgId, desk: Desk
) -> None:
    sites = "https://www.example.org/\r\nhttps://Shop.example.org"
    assert done_of(desk.send(PATH, PATH, embedded_on=sites, set_sites="1")) == "sites"
    kept = ("https://www.example.org", "https://shop.example.org")
    assert node.db.call(get_profile, org_id).embedded_on == kept
    assert "https://shop.example.org</textarea>" in desk.read(PATH)
    wrong = desk.send(PATH, PATH, embedded_on="www.example.org", set_sites="1")
    assert wrong.status == 422
    assert "is not the address of a site" in wrong.body.decode()
    assert node.db.call(get_profile, org_id).embedded_on == kept
    assert done_of(desk.send(PATH, PATH, embedded_on="", set_sites="1")) == "sites"
    assert node.db.call(get_profile, org_id).embedded_on == ()
