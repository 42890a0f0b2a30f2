"""A guest's pages in a real browser: usable by everybody; a ticket that is kept on the phone."""

import pytest
from playwright.sync_api import expect

from tests.support import proof
from tests.support.axe import find_violations
from tests.support.chromium import open_browser
from tests.support.day_and_night import SCHEMES, is_looked_at
from turnout.core.tickets.guest_links import make_guest_tokens
from turnout.settings import Settings
from turnout.store import open_database

PHONE = {"width": 390, "height": 844}
PARTS = ("", "/answers", "/sessions", "/transfer", "/cancel", "/address", "/data")
WHO = """SELECT r.org_id, r.id FROM registrations r JOIN tickets t
    ON t.org_id = r.org_id AND t.registration_id = r.id
    JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id
    WHERE r.state = 'confirmed' AND t.state = 'valid' AND r.sitting = 0 AND e.state = 'open'
    ORDER BY e.starts_at DESC, r.id LIMIT 1"""


@pytest.fixture(scope="module")
def address(server):
    """The personal page of somebody who is registered in the demo."""
    database = f"sqlite:///{server.folder / 'turnout.db'}"
    db = open_database(Settings(database_url=database))
    try:
        org_id, registration_id = db.look(lambda tx: tx.connection.execute(WHO).fetchone())
        token = db.call(make_guest_tokens, org_id, [registration_id])[registration_id]
    finally:
        db.close()
    return f"{server.url}/my/{token}"


@pytest.fixture(scope="module")
def browser():
    with open_browser() as browser:
        yield browser


READ = """async () => { const store = await caches.open("turnout-tickets");
    const [one] = await store.keys();
    return one ? await (await store.match(one)).json() : null; }"""
CHANGE = """async (changed) => { const store = await caches.open("turnout-tickets");
    const [one] = await store.keys();
    const kept = await (await store.match(one)).json();
    await store.put(one, new Response(JSON.stringify({ ...kept, ...changed }))); }"""


@pytest.mark.proof
@pytest.mark.parametrize("scheme", SCHEMES)
def test_everybody_can_use_the_pages(browser, address, scheme):
    context = browser.new_context(color_scheme=scheme, viewport=PHONE)
    tab = context.new_page()
    found = {}
    for part in (part for turn, part in enumerate(PARTS) if is_looked_at(turn, scheme)):
        tab.goto(address + part)
        found[part] = find_violations(tab)
        assert tab.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    tab.goto(f"{address}/transfer")
    tab.get_by_role("button", name="Transfer this ticket").click()
    assert tab.locator("[aria-invalid]").count() == 1
    found["fault"] = find_violations(tab)
    assert {part: said for part, said in found.items() if said} == {}
    proof.report("day and night", pages=len(found), scheme=scheme)
    context.close()


def test_a_ticket_is_kept_and_shown_without_a_network_until_it_is_removed(browser, address):
    context = browser.new_context(viewport=PHONE)
    tab = context.new_page()
    tab.goto(address)
    code = tab.locator(".pass code").first.inner_text()
    tab.get_by_role("button", name="Show the code large").click()
    expect(tab.get_by_role("dialog")).to_contain_text("Make your screen bright")
    tab.get_by_role("button", name="Close").click()
    tab.get_by_role("button", name="Keep on this phone").click()
    expect(tab.get_by_text("Kept on this phone")).to_be_visible()
    kept = tab.evaluate(
        """async () => { const store = await caches.open("turnout-tickets");
            const [one] = await store.keys();
            return [new URL(one.url).pathname, await (await store.match(one)).text()]; }"""
    )
    assert kept[0].startswith("/my/kept/")
    assert "@" not in kept[1]
    assert address.rpartition("/")[2] not in "".join(kept)
    context.set_offline(True)
    tab.goto(address)
    expect(tab.get_by_text("There is no network.")).to_be_visible()
    expect(tab.locator(".pass")).to_contain_text(code)
    expect(tab.locator(".pass")).to_contain_text("The door decides.")
    assert find_violations(tab) == []
    tab.get_by_role("button", name="Remove from this phone").click()
    expect(tab.locator(".pass")).to_have_count(0)
    tab.reload()
    expect(tab.get_by_text("No ticket is kept on this phone.")).to_be_visible()
    context.set_offline(False)
    tab.goto(address)
    expect(tab.get_by_role("button", name="Keep on this phone")).to_be_visible()
    context.close()


def test_a_kept_ticket_follows_its_event_and_is_forgotten_with_it(browser, address, server):
    """Its old day is over, but the event was postponed: to a day, then without one."""
    context = browser.new_context(viewport=PHONE)
    tab = context.new_page()
    tab.goto(address)
    tab.get_by_role("button", name="Keep on this phone").click()
    expect(tab.get_by_text("Kept on this phone")).to_be_visible()
    kept = tab.evaluate(READ)
    kept_list = f"{server.url}/my/kept"
    shown = tab.locator(".pass")
    old = {"until": 1, "when": "The old day"}
    tab.evaluate(CHANGE, old)
    tab.goto(kept_list)
    expect(shown).to_contain_text(kept["when"])
    assert tab.evaluate(READ)["until"] == kept["until"]
    # What it cannot ask about it shows as it was.
    tab.evaluate(CHANGE, old)
    context.set_offline(True)
    tab.goto(kept_list)
    expect(shown).to_contain_text("The old day")
    context.set_offline(False)
    said = {"until": None, "when": "Not known yet"}
    tab.route("**/kept.json*", lambda route: route.fulfill(json=said))
    tab.goto(kept_list)
    expect(shown).to_contain_text("Not known yet")
    # The day after the event, and a ticket that is somebody else's by now.
    for answer in ({"json": {"until": 1}}, {"status": 404}):
        tab.unroute_all()
        tab.route("**/kept.json*", lambda route, _, answer=answer: route.fulfill(**answer))
        tab.goto(kept_list)
        expect(tab.get_by_text("No ticket is kept on this phone.")).to_be_visible()
        assert tab.evaluate(READ) is None
        tab.unroute_all()
        tab.goto(address)
        tab.get_by_role("button", name="Keep on this phone").click()
        expect(tab.get_by_text("Kept on this phone")).to_be_visible()
    context.close()
