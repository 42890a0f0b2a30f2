"""The door in a real browser: a fake camera that shows a ticket, a scanner that types, and a
network that is gone for a while."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.support.axe import find_violations
from tests.support.chromium import open_browser
from tests.web.door.gate import PRESS, Gate, write_video
from turnout.core.checkin.scans import Scan, check_in
from turnout.core.ids import EventId
from turnout.core.payments.settling import ask_for_payment

PHONE: ViewportSize = {"width": 390, "height": 844}
NOW = """async () => {
  const { places } = await (await fetch("/door/api/state")).json();
  const format = { timeZone: places[0].timezone, hour: "2-digit", minute: "2-digit" };
  return [0, 60_000].map((ago) => new Date(Date.now() - ago).toLocaleTimeString("en-GB", format));
}"""
LATE_UNDO = """async ([code, event]) => {
  const store = await import(document.body.dataset.store);
  await store.addToOutbox({ act: "undo", code: "NO" + code, ticket: 0, at: Date.now(),
    nonce: "late-undo", is_admitted: false, reason: "", event, about: { name: "Ann" } });
}"""
# The same code is not read twice within three seconds: turn the phone's clock on.
LATER = "() => { const now = Date.now.bind(Date); Date.now = () => now() + 4_000; }"
# The clock is turned on by so much, and the camera then reads its code twice more.
SEEN = """(ms) => new Promise((done) => {
  const now = Date.now.bind(Date), { prototype } = BarcodeDetectionAPI.BarcodeDetector;
  const real = prototype.detect;
  let left = 2;
  prototype.detect = async function (picture) {
    const found = await real.call(this, picture);
    if (found.length && !--left) { prototype.detect = real; setTimeout(done, 0); }
    return found;
  };
  Date.now = () => now() + ms;
})"""
NO_CAMERA = """navigator.mediaDevices.getUserMedia = () =>
    Promise.reject(new DOMException("no", "NotAllowedError"))"""


@pytest.fixture(scope="module")
def gate(server) -> Gate:
    return Gate(server)


@pytest.fixture(scope="module")
def tab(gate: Gate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    film = tmp_path_factory.mktemp("film") / "ticket.y4m"
    write_video(film, gate.picture(gate.codes[0]))
    flags = (
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    )
    with open_browser(*flags) as browser:
        context = browser.new_context(
            viewport=PHONE, permissions=["camera"], timezone_id="Asia/Tokyo", locale="en-GB"
        )
        page = context.new_page()
        said: list[str] = []
        page.on("pageerror", lambda error: said.append(str(error)))
        gate.pair(page, "Door 2", "supervisor")
        yield page
        assert said == []


def say(page: Page, word: str) -> None:
    """Wait for a word over the whole screen, and go on."""
    expect(page.locator("#word")).to_have_text(word, timeout=20_000)


def forget(page: Page) -> None:
    """Take the last word away, which stays where it was when its answer is closed: the next one is
    waited for then, also when that has gone by itself already."""
    page.evaluate("document.getElementById('word').textContent = ''")


def scan(page: Page, text: str) -> None:
    """Type as a scanner does."""
    forget(page)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def take_back(page: Page) -> None:
    """Undo what was just let in, by the list: its answer goes away by itself."""
    say(page, "Come in")
    expect(page.locator("#verdict")).to_be_hidden(timeout=20_000)
    page.locator("#lately li").first.get_by_role("button").click()
    page.click("#undo")


def check_answer(page: Page) -> None:
    """The answer has a heading, and its buttons are on the screen, also with the reason's form."""
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    page.click("#anyway")
    for name in ("#anyway-form button", "#next"):
        box = page.locator(name).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= PHONE["height"]


def test_a_day_at_the_door(tab: Page, gate: Gate) -> None:
    # The camera sees the ticket, at once. While that stays in view, nothing more is said of it.
    say(tab, "Come in")
    expect(tab.locator("#verdict")).to_be_hidden(timeout=20_000)
    for _ in range(3):
        tab.evaluate(SEEN, 1_500)
    expect(tab.locator("#lately li")).to_have_count(1)
    # It was out of view for a while.
    tab.evaluate(LATER)
    say(tab, "Already checked in")
    # It waits for a tap; a ticket that is scanned before is not lost without a word.
    scan(tab, gate.signed(gate.codes[1]))
    expect(tab.locator("#unread")).to_contain_text("Another code was not read")
    check_answer(tab)
    # Held, the camera's picture stands still; let go, it goes on.
    tab.evaluate("() => ['next', 'hold'].forEach((name) => document.getElementById(name).click())")
    expect(tab.locator("#point")).to_have_text("Paused: nothing is read")
    assert tab.evaluate("document.getElementById('video').paused")
    tab.evaluate(LATER)
    expect(tab.locator("#verdict")).to_be_hidden()
    forget(tab)
    tab.click("#hold")
    say(tab, "Already checked in")
    expect(tab.locator("#lately li").last).to_contain_text(re.compile(r"\w+"))
    tab.evaluate("() => document.getElementById('video').srcObject.getTracks()[0].stop()")
    tab.click("#next")
    # A scanner types a ticket.
    scan(tab, gate.signed(gate.codes[1]))
    say(tab, "Come in")
    expect(tab.locator("#verdict")).to_be_hidden(timeout=20_000)
    # What was lately is there again, by keyboard too, and can be taken back.
    entry = tab.locator("#lately li").first.get_by_role("button", name="Come in")
    assert entry.locator("time").text_content() in tab.evaluate(NOW)
    entry.focus()
    tab.keyboard.press("Enter")
    say(tab, "Come in")
    assert find_violations(tab) == []
    tab.click("#next")
    expect(entry).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.locator("#undo")).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.locator("#lately li").first).to_contain_text("Taken back")
    entry = tab.get_by_role("button", name="Come in").first
    entry.click()
    expect(tab.locator("#undo")).to_be_hidden()
    tab.click("#next")
    # So it does on a German and a French keyboard, where keys have other signs.
    for device, code in (("de", gate.codes[4]), ("fr", gate.codes[5])):
        forget(tab)
        tab.evaluate(PRESS, [gate.signed(code), "us", device])
        say(tab, "Come in")
        expect(tab.locator("#verdict")).to_be_hidden(timeout=20_000)
    assert find_violations(tab) == []
    scan(tab, "HTTPS://MENU.EXAMPLE/")
    say(tab, "Not a ticket")
    assert find_violations(tab) == []
    tab.click("#next")
    # Where somebody types, the page does not listen, and says so.
    expect(tab.locator("#listening")).to_contain_text("this page listens")
    tab.focus("#typed")
    expect(tab.locator("#listening")).to_contain_text("While you type in a field")
    tab.click("[data-part=find]")
    tab.fill("#q", "an")
    expect(tab.locator("#found li").first).to_be_visible(timeout=20_000)
    tab.click("[data-part=more]")
    expect(tab.get_by_role("heading", name="Conflicts")).to_be_hidden()
    expect(tab.get_by_label("Event")).to_be_hidden()
    assert find_violations(tab) == []
    tab.click("[data-part=finder]")
    tab.add_init_script(NO_CAMERA)
    tab.evaluate("navigator.serviceWorker.ready.then(() => true)")
    # The network is gone: the page says so, decides, and keeps what it did, also over a reload.
    tab.context.set_offline(True)
    expect(tab.locator("#banner")).to_contain_text("No network", timeout=20_000)
    tally = tab.locator("#tally").text_content()
    scan(tab, gate.signed(gate.codes[2]))
    say(tab, "Come in")
    expect(tab.locator("#banner")).to_contain_text("1 scan waits", timeout=20_000)
    forged = gate.signed(gate.codes[3])
    scan(tab, forged[:-4] + ("AAAA" if forged[-4:] != "AAAA" else "BBBB"))
    say(tab, "Forged")
    tab.click("#next")
    tab.reload()
    expect(tab.locator("#banner")).to_contain_text("2 scans wait", timeout=20_000)
    # The counter is the last one known, with what this phone did since, and says of when it is.
    expect(tab.locator("#tally")).to_have_text(str(int(tally or 0) + 1))
    expect(tab.locator("#of")).to_contain_text("checked in, as of")
    expect(tab.locator("#out")).to_be_disabled()
    scan(tab, gate.signed(gate.codes[2]))
    say(tab, "Already checked in")
    tab.click("#next")
    # It is back: all is sent, and the server has it.
    tab.context.set_offline(False)
    expect(tab.locator("#banner")).to_contain_text("Up to date", timeout=20_000)
    expect(tab.locator("#of")).not_to_contain_text("as of")
    said = gate.run.ok("scans", "rail-forum", gate.event)
    # An undo that the server does not take is said, and stays.
    tab.evaluate(LATE_UNDO, [gate.codes[2], int(gate.event)])
    expect(tab.locator("#sent")).to_contain_text("Not taken back: Ann", timeout=20_000)
    tab.click("[data-part=more]")
    expect(tab.locator("#refused li")).to_contain_text("Not taken back: Ann")
    assert re.search(rf"admitted\s+{gate.codes[2]}\s", said)


def test_letting_in_anyway_asks_why_and_is_taken_back_alone(tab: Page, gate: Gate) -> None:
    code = gate.codes[6]
    where = f"FROM tickets WHERE code = '{code}'"
    with gate.run.database() as db:
        db.call(_check_in, int(gate.event), code)
        db.call(_owe, gate.codes[7])
    tab.add_init_script(NO_CAMERA)
    tab.reload()
    expect(tab.locator("#banner")).to_contain_text("Up to date", timeout=20_000)
    scan(tab, gate.signed(code))
    say(tab, "Already checked in")
    tab.click("#anyway")
    button = tab.get_by_role("button", name="Let in anyway")
    expect(button).to_have_count(1)
    button.click()
    reason = tab.get_by_label("Why")
    expect(reason).to_have_accessible_description("Say why they are let in.")
    expect(reason).to_be_focused()
    assert find_violations(tab) == []
    tab.fill("#reason", "Her twin")
    forget(tab)
    button.click()
    take_back(tab)
    expect(tab.locator("#lately li").first).to_contain_text("is still checked in, by Door 1")
    with gate.run.database() as db:
        ((at,),) = db.call(
            lambda tx: tx.connection.execute(f"SELECT checked_in_at {where}").fetchall()
        )
    assert at is not None
    # Without a network it says what is open, and an undo of the scan leaves what was paid.
    expect(tab.locator("#banner")).to_contain_text("Up to date", timeout=20_000)
    tab.context.set_offline(True)
    expect(tab.locator("#banner")).to_contain_text("No network", timeout=20_000)
    scan(tab, gate.signed(gate.codes[7]))
    expect(tab.locator("#why")).to_contain_text("10.50 is open", timeout=20_000)
    forget(tab)
    tab.get_by_role("button", name="Paid: €10.50").click()
    take_back(tab)
    expect(tab.locator("#lately li").first).to_contain_text("The payment stays.")
    tab.context.set_offline(False)
    expect(tab.locator("#banner")).to_contain_text("Up to date", timeout=20_000)


def _check_in(tx, event_id: int, code: str) -> None:
    query = "SELECT org_id FROM events WHERE id = ?"
    ((org_id,),) = tx.connection.execute(query, [event_id]).fetchall()
    check_in(tx, org_id, EventId(event_id), Scan(code=code, at=tx.now, device="Door 1"))


def _owe(tx, code: str) -> None:
    query = "SELECT org_id FROM tickets WHERE code = ?"
    ((org_id,),) = tx.connection.execute(query, [code]).fetchall()
    due_at = tx.now + 86_400_000
    ask_for_payment(tx, org_id, code, 1050, "EUR", due_at=due_at, actor="t")


def test_without_a_network_an_unknown_phone_is_named_in_words(tab: Page, gate: Gate) -> None:
    """The list on a phone says that somebody is in, and not by whom."""
    code = gate.codes[5]
    with gate.run.database() as db:
        db.call(_check_in, int(gate.event), code)
    tab.add_init_script(NO_CAMERA)
    tab.reload()
    expect(tab.locator("#banner")).to_contain_text("Up to date", timeout=20_000)
    tab.context.set_offline(True)
    scan(tab, gate.signed(code))
    say(tab, "Already checked in")
    expect(tab.locator("#why")).to_contain_text("by another phone")
