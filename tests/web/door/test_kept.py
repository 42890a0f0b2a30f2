"""What phones at the door keep and say of it, in a real browser: money that was taken twice, scans
that contradict, what is taken back, what stays on a phone that was signed out, and tickets that are
shown before they are checked in."""

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.chromium import open_browser
from tests.web.door.gate import TYPE, Hall
from tests.web.door.test_phones import PHONE, STAY, cut
from turnout.core.ids import RegistrationId
from turnout.core.payments.settling import ask_for_payment
from turnout.core.registrations.giving_back import cancel_registration
from turnout.store import Tx

WAIT = 20_000
_signs = itertools.cycle(range(3))
# What the browser holds of the list of tickets and of the outbox.
HELD = """async () => {
  const { listTickets, listOutbox } = await import(document.body.dataset.store);
  return [(await listTickets()).length, (await listOutbox()).length];
}"""


LOOKS_FIRST = """async () => {
  const { readFact } = await import(document.body.dataset.store);
  for (let turn = 0; turn < 300; turn += 1) {
    if ((await readFact("state")).places[0].looks_first) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}"""
AHEAD = """{ const now = Date.now.bind(Date); Date.now = () => now() + %d * 3_600_000; }"""
# The time of this and of the last minute, where the phone is so many hours ahead.
RIGHT_TIMES = """async (hours) => {
  const { readFact } = await import(document.body.dataset.store);
  const { timezone: timeZone } = (await readFact("state")).places[0];
  return [0, 1].map((minute) => new Date(Date.now() - hours * 3_600_000 - minute * 60_000)
    .toLocaleString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone }));
}"""
COLOURS = """(name) => {
  const { color, backgroundColor } = getComputedStyle(document.querySelector(name));
  return [color, backgroundColor];
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


def open_phone(browser: Browser, hall: Hall, name: str, role: str, gate: int | None = None) -> Page:
    context = browser.new_context(viewport=PHONE, locale="en-GB")  # type: ignore[arg-type]
    page = context.new_page()
    page.add_init_script(STAY)
    hall.pair(page, name, role, gate)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    return page


def see(page: Page, text: str, word: str) -> None:
    """Type a code as a scanner does, and wait for the answer. The same text is not read again
    within three seconds; a sign before it makes it another one."""
    page.evaluate("document.getElementById('word').textContent = ''")
    typed = "-" * next(_signs) + text
    page.evaluate(TYPE, [typed, typed])
    expect(page.locator("#word")).to_have_text(word, timeout=WAIT)


def come_back(page: Page) -> None:
    page.context.set_offline(False)
    expect(page.locator("#banner")).to_contain_text("Up to date", timeout=60_000)


def _spoil(tx: Tx, hall: Hall) -> None:
    """The first ticket is to be paid."""
    due_at = tx.now + 86_400_000
    ask_for_payment(tx, hall.org_id, hall.codes[0], 1050, "EUR", due_at=due_at, actor="t")


def _cancel(tx: Tx, hall: Hall, code: str) -> None:
    query = "SELECT registration_id FROM tickets WHERE org_id = ? AND code = ?"
    ((number,),) = tx.connection.execute(query, [hall.org_id, code]).fetchall()
    cancel_registration(tx, hall.org_id, RegistrationId(number), actor="guest")


def test_what_contradicts_is_said_in_full_on_both_phones(browser: Browser, server: Any) -> None:
    hall = Hall(server, 2)
    with hall.run.database() as db:
        db.call(_spoil, hall)
    phones = [open_phone(browser, hall, name, "supervisor") for name in ("Left", "Right")]
    for phone in phones:
        cut(phone.context, phone)
        see(phone, hall.texts[0], "Come in")
        phone.get_by_role("button", name="Paid: €10.50").click()
        expect(phone.locator("#why")).to_contain_text("Paid", timeout=WAIT)
        phone.click("#next")
    see(phones[1], hall.texts[1], "Come in")
    phones[1].click("#next")
    see(phones[1], hall.texts[1], "Already checked in")
    phones[1].click("#next")
    with hall.run.database() as db:
        db.call(_cancel, hall, hall.codes[1])
    for phone in phones:
        come_back(phone)
        phone.click("[data-part=more]")
    for phone in phones:
        told = phone.locator("#conflicts")
        paid = r"Guest No 0, \S.*: €10.50 paid twice, to Left at \d\d:\d\d and to Right at \d\d"
        expect(told).to_contain_text(re.compile(paid), timeout=WAIT)
        expect(told).to_contain_text(re.compile("let in by Left at .+ and by Right at"))
    wrong = r"Guest No 1, \S.*: let in by Right at \d\d:\d\d. The server says: Cancelled"
    expect(phones[1].locator("#conflicts")).to_contain_text(re.compile(wrong))
    where = f"event_id = {hall.event_id} AND code = '{hall.codes[1]}'"
    assert hall.ask(f"SELECT result FROM scans WHERE {where}") == [("cancelled",)] * 2
    for phone in phones:
        phone.context.close()


def test_going_out_and_coming_back_are_taken_back(browser: Browser, server: Any) -> None:
    hall = Hall(server, 7)
    plan = hall.plan_verdicts()
    phone = open_phone(browser, hall, "Terrace", "steward", plan.gate)
    see(phone, hall.texts[0], "Come in")
    phone.click("#next")
    for is_cut in (False, True):
        if is_cut:
            cut(phone.context, phone)
        phone.click("#way")
        see(phone, hall.texts[0], "Goes out")
        phone.click("#undo")
        expect(phone.locator("#lately li").first).to_contain_text("Guest No 0 is in", timeout=WAIT)
        see(phone, hall.texts[0], "Goes out")
        phone.click("#next")
        phone.click("#way")
        see(phone, hall.texts[0], "Welcome back")
        phone.click("#undo")
        expect(phone.locator("#lately li").first).to_contain_text("is outside", timeout=WAIT)
        see(phone, hall.texts[0], "Welcome back")
        phone.click("#next")
    come_back(phone)
    where = f"event_id = {hall.event_id} AND taken_back_at IS NOT NULL"
    kinds = hall.ask(f"SELECT kind FROM door_notes WHERE {where} ORDER BY id")
    assert kinds == [("left",), ("returned",)] * 2
    expect(phone.locator("#tally")).to_have_text("1", timeout=WAIT)
    phone.context.close()


def test_a_phone_that_was_signed_out_lets_nobody_in_and_keeps_its_scans(
    browser: Browser, server: Any, tmp_path: Path
) -> None:
    hall = Hall(server, 2)
    phone = open_phone(browser, hall, "Lost", "steward")
    context = phone.context
    cut(context, phone)
    see(phone, hall.texts[0], "Come in")
    phone.click("#next")
    number = hall.ask("SELECT max(id) FROM door_devices WHERE name = 'Lost'")[0][0]
    hall.run.ok("door", "revoke", "rail-forum", str(hall.event_id), str(number))
    context.set_offline(False)
    for is_loaded_again in (False, True):
        if is_loaded_again:
            phone.reload()
        gone = "This phone is not paired any more. 1 scan waits"
        expect(phone.locator("#banner")).to_contain_text(gone, timeout=60_000)
        expect(phone.locator("#finder")).to_be_hidden()
        expect(phone.get_by_role("navigation")).to_be_hidden()
        expect(phone.locator("#rescue")).to_be_visible()
        assert phone.evaluate(HELD) == [0, 1]
        phone.evaluate(TYPE, [hall.texts[1], hall.texts[1]])
        expect(phone.locator("#word")).to_have_text("Not done", timeout=WAIT)
        expect(phone.locator("#why")).to_contain_text("not paired any more")
        phone.click("#next")
    assert phone.evaluate(HELD) == [0, 1]
    # Paired again, it works as another phone, and does not send what it made before.
    hall.pair(phone, "Found", "steward", says="before it was paired again")
    see(phone, hall.texts[1], "Come in")
    phone.click("#next")
    phone.click("[data-part=more]")
    expect(phone.locator("#out")).to_be_disabled()
    with phone.expect_download() as saved:
        phone.click("#rescue")
    file = tmp_path / "door-scans.json"
    saved.value.save_as(file)
    kept = json.loads(file.read_text())
    assert (kept["phone"], [one["phone"] for one in kept["scans"]]) == ("Found", ["Lost"])
    told = hall.run.ok("door", "load", "rail-forum", str(hall.event_id), str(file))
    assert f"1 scan of Lost ({number})." in told
    where = f"event_id = {hall.event_id} ORDER BY device DESC"
    assert hall.ask(f"SELECT device FROM scans WHERE {where}") == [("Lost",), ("Found",)]
    expect(phone.locator("#out")).to_be_enabled()
    context.close()


def test_a_ticket_is_shown_first_and_checked_in_with_a_tap(browser: Browser, server: Any) -> None:
    hall = Hall(server, 3)
    phone = open_phone(browser, hall, "Slow", "steward")
    hall.run.ok("door", "look", "rail-forum", str(hall.event_id), "--first")
    # It hears of it by its news: of itself it would ask a minute later.
    assert phone.evaluate(LOOKS_FIRST)
    scans = f"SELECT count(*) FROM scans WHERE event_id = {hall.event_id}"
    for number, is_cut in enumerate((False, True)):
        if is_cut:
            cut(phone.context, phone)
        see(phone, hall.texts[number], "Check in?")
        expect(phone.locator("#who")).to_have_text(f"Guest No {number}")
        expect(phone.locator("#verdict")).to_have_class("verdict over look")
        assert phone.evaluate(COLOURS, "#take") == ["rgb(10, 31, 28)", "rgb(255, 255, 255)"]
        phone.click("#next")
        assert hall.ask(scans) == [(2 * number,)]
        see(phone, hall.texts[number], "Check in?")
        phone.get_by_role("button", name="Check in", exact=True).click()
        expect(phone.locator("#word")).to_have_text("Come in", timeout=WAIT)
        expect(phone.locator("#take")).to_be_hidden()
        phone.click("#next")
        see(phone, hall.texts[number], "Already checked in")
        phone.click("#next")
    come_back(phone)
    assert hall.ask(scans) == [(4,)]
    phone.context.close()


def test_a_ticket_that_is_not_on_the_list_is_let_in_once(browser: Browser, server: Any) -> None:
    hall = Hall(server, 1)
    phone = open_phone(browser, hall, "New", "steward")
    phone.evaluate("""async () => {
      const { replaceTickets } = await import(document.body.dataset.store);
      await replaceTickets([]);
    }""")
    cut(phone.context, phone)
    for word in ("Come in", "Already checked in"):
        see(phone, hall.texts[0], word)
        phone.click("#next")
    phone.context.close()


def test_times_are_corrected_and_names_are_said_to_be_deleted(
    browser: Browser, server: Any
) -> None:
    hall = Hall(server, 1)
    context = browser.new_context(viewport=PHONE, locale="en-GB")  # type: ignore[arg-type]
    phone = context.new_page()
    phone.add_init_script(STAY)
    phone.add_init_script(AHEAD % 3)
    hall.pair(phone, "Fast", "supervisor", says="clock")
    cut(context, phone)
    see(phone, hall.texts[0], "Come in")
    expect(phone.locator("#lately time")).to_have_count(1)
    times = phone.evaluate(RIGHT_TIMES, 3)
    assert phone.locator("#lately time").inner_text() in times
    said = phone.locator("#banner").inner_text()
    assert any(f"No network since {time}" in said for time in times)
    # Three days later the names are gone, from the list of what was lately, too.
    phone.evaluate(AHEAD % 73)
    expect(phone.locator("#lately li")).to_have_count(0, timeout=WAIT)
    phone.evaluate(TYPE, [hall.texts[0], hall.texts[0]])
    gone = "There is no network, and the names were deleted from this phone"
    expect(phone.locator("#why")).to_contain_text(f"{gone}: it had no contact", timeout=WAIT)
    phone.click("#next")
    phone.click("[data-part=find]")
    phone.fill("#q", "Guest")
    expect(phone.locator("#found-count")).to_contain_text(gone)
    context.close()


def test_a_scan_whose_page_was_closed_before_the_answer_is_sent(
    browser: Browser, server: Any
) -> None:
    hall = Hall(server, 1)
    phone = open_phone(browser, hall, "Closed", "steward")
    phone.route("**/door/api/scan", lambda _: None)
    with phone.expect_request("**/door/api/scan"):
        phone.evaluate(TYPE, [hall.texts[0], hall.texts[0]])
    phone.close()
    phone = phone.context.new_page()
    phone.goto(f"{hall.url}/door/scan")
    expect(phone.locator("#tally")).to_have_text("1", timeout=WAIT)
    where = f"event_id = {hall.event_id}"
    assert hall.ask(f"SELECT result FROM scans WHERE {where}") == [("admitted",)]
    phone.context.close()
