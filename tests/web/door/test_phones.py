"""Phones at one door in a real browser: without a network, in three tabs of which one crashes, with
a full disk, in a browser without Ed25519, and with every verdict."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from tests.support import proof
from tests.support.chromium import open_browser
from tests.web.door.gate import TYPE, Hall
from tests.web.door.older import upgraded
from tests.web.test_large_text import TOO_WIDE
from turnout.core.door.searching import rank_name

PHONE = {"width": 390, "height": 844}
# Types codes as a scanner does, one after another, and gives back what was said to each.
SCAN_ALL = f"""async (texts) => {{
  const type = {TYPE}, said = [];
  const pause = () => new Promise((go) => setTimeout(go, 5));
  const wait = async (holds) => {{
    const until = performance.now() + 60_000;
    while (!holds()) {{
      if (performance.now() > until) throw new Error("no answer");
      await pause();
    }}
  }};
  const verdict = document.getElementById("verdict");
  for (const text of texts) {{
    const before = performance.getEntriesByName("verdict").length;
    type([text, text]);
    await wait(() => performance.getEntriesByName("verdict").length > before || !verdict.hidden);
    said.push(document.getElementById("word").textContent);
    document.getElementById("next").click();
    await wait(() => verdict.hidden);
  }}
  return said;
}}"""
FULL_DISK = """(isFull) => {
  window.realAdd ??= IDBObjectStore.prototype.add;
  IDBObjectStore.prototype.add = isFull
    ? () => { throw new DOMException("full", "QuotaExceededError"); } : window.realAdd;
}"""
# The same code is not read twice within three seconds: turn the phone's clock on.
LATER = "() => { const now = Date.now.bind(Date); Date.now = () => now() + 4_000; }"
RANK_ALL = """async (pairs) => {
  const { rankName } = await import(document.body.dataset.search);
  return pairs.map(([text, name]) => rankName(text, name));
}"""
IS_NEW = "document.body.dataset.search !== undefined"
UPDATE = """async () => {
  const held = await navigator.serviceWorker.getRegistration("/door/");
  const installed = new Promise((resolve) => held.addEventListener("updatefound", () => {
    const coming = held.installing;
    coming.addEventListener("statechange", () => resolve(coming.state));
  }));
  await held.update();
  return held.waiting || await installed === "installed" ? "waits" : "does not wait";
}"""
IS_ACTIVE = """async () => {
  const held = await navigator.serviceWorker.getRegistration("/door/");
  return !held.waiting && held.active.state === "activated";
}"""
SILENT = """{
  const open = IDBFactory.prototype.open;
  IDBFactory.prototype.open = function (...given) {
    const asked = open.apply(this, given);
    asked.addEventListener("success", () => { window.database = asked.result; });
    return asked;
  };
  window.tones = 0;
  window.AudioContext = class {
    state = "suspended"; currentTime = 0;
    async resume() { if (window.isTouched) this.state = "running"; }
    createOscillator() {
      window.tones += 1;
      return { frequency: {}, connect() {}, start() {}, stop() {} };
    }
  };
}"""
# "Come in" goes away by itself: here it stays until it is closed, however slow the machine is.
STAY = """{
  const real = window.setTimeout.bind(window);
  window.setTimeout = (act, ms, ...more) => real(act, ms === 1_200 ? 600_000 : ms, ...more);
}"""
# Notes what is heard and felt: each tone's pitch and length, each vibration's pattern.
FELT = """{
  window.felt = { tones: [], buzz: [] };
  navigator.vibrate = (pattern) => { felt.buzz.push(pattern); return true; };
  window.AudioContext = class {
    state = "running"; currentTime = 0;
    async resume() {}
    createOscillator() {
      let begins = 0;
      const frequency = {}, start = (at) => { begins = at; };
      const stop = (at) => felt.tones.push([frequency.value, Math.round(1000 * (at - begins))]);
      return { frequency, start, stop, connect() {} };
    }
  };
}"""
LAST_FELT = """() => {
  const { tones, buzz } = felt;
  window.felt = { tones: [], buzz: [] };
  return [tones, buzz.map((pattern) => pattern.filter((_, place) => place % 2 === 0))];
}"""
# Pitch and length of each tone, by the look of the answer.
TONES = {
    "admitted": [[1320, 60]],
    "again": [[660, 120], [660, 120]],
    "elsewhere": [[700, 120], [500, 120]],
    "unpaid": [[700, 120], [500, 120]],
    "cancelled": [[220, 400]],
    "unknown": [[220, 400]],
}
# As when Safari ends the connection of a page in the background.
END_DATABASE = "() => { database.close(); database.dispatchEvent(new Event('close')); }"
NO_ED25519 = """{
  const real = crypto.subtle.importKey.bind(crypto.subtle);
  crypto.subtle.importKey = (format, data, way, ...more) => way.name === "Ed25519"
    ? Promise.reject(new DOMException("no", "NotSupportedError"))
    : real(format, data, way, ...more);
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def own_phone(browser: Browser, server) -> Iterator[tuple[Hall, Page]]:
    """A hall of two guests and a phone at its door, for what one scan or none shows."""
    hall = Hall(server, 2)
    phone = open_phone(browser, hall, "Old phone")
    yield hall, phone
    phone.context.close()


def open_phone(browser: Browser, hall: Hall, name: str, role: str = "steward") -> Page:
    context = browser.new_context(viewport=PHONE, locale="en-GB")  # type: ignore[arg-type]
    page = context.new_page()
    hall.pair(page, name, role)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    return page


def cut(context: BrowserContext, page: Page) -> None:
    context.set_offline(True)
    expect(page.locator("#banner")).to_contain_text("No network", timeout=20_000)


def crash(page: Page, hall: Hall) -> Page:
    """The page in a new tab, after the process of the old one was killed."""
    context = page.context
    with page.expect_event("crash"), suppress(Error):
        page.goto("chrome://crash")
    page.close()
    again = context.new_page()
    again.goto(f"{hall.url}/door/scan")
    expect(again.locator("#banner")).to_contain_text("wait on this phone", timeout=20_000)
    return again


def test_two_phones_hear_of_each_other_and_the_page_fits_large_text(
    browser: Browser, server
) -> None:
    hall = Hall(server, 1)
    first = open_phone(browser, hall, "Phone 1", "supervisor")
    second = open_phone(browser, hall, "Phone 2")
    assert first.evaluate(SCAN_ALL, hall.texts) == ["Come in"]
    expect(second.locator("#tally")).to_have_text("1", timeout=20_000)
    first.reload()
    expect(first.locator("#lately li")).to_contain_text("Guest No 0", timeout=20_000)
    first.evaluate("document.documentElement.style.setProperty('font-size', '32px')")
    for part in ("finder", "find", "walk", "more"):
        first.click(f"[data-part={part}]")
        assert first.evaluate(TOO_WIDE) == []
    for phone in (first, second):
        phone.context.close()


@pytest.mark.proof
def test_three_phones_without_a_network_lose_nothing(browser: Browser, server) -> None:
    """Each ticket is scanned by one phone or two; a tab crashes; a disk is full for a scan."""
    chance = proof.random_for("phones without a network")
    total = proof.scale(20, 500)
    hall = Hall(server, total * 3 // 4)
    names = ["Phone 1", "Phone 2", "Phone 3"]
    phones = [open_phone(browser, hall, name) for name in names]
    for phone in phones:
        cut(phone.context, phone)
    once, twice = hall.texts[: total // 2], hall.texts[total // 2 :]
    turns: list[list[str]] = [[], [], []]
    for text in once:
        turns[chance.randrange(3)].append(text)
    for text in twice:
        for number in chance.sample(range(3), 2):
            turns[number].append(text)
    for number, texts in enumerate(turns):
        half = len(texts) // 2
        assert set(phones[number].evaluate(SCAN_ALL, texts[:half])) <= {"Come in"}
        if number == 0:
            phones[0] = crash(phones[0], hall)
        if number == 1 and half < len(texts):
            phones[1].evaluate(FULL_DISK, True)
            assert phones[1].evaluate(SCAN_ALL, texts[half : half + 1]) == ["Not done"]
            phones[1].evaluate(FULL_DISK, False)
            phones[1].evaluate(LATER)
        assert set(phones[number].evaluate(SCAN_ALL, texts[half:])) <= {"Come in"}
        waiting = f"{len(texts)} scans wait"
        expect(phones[number].locator("#banner")).to_contain_text(waiting, timeout=20_000)
        expect(phones[number].locator("#out")).to_be_disabled()
    order = [0, 1, 2]
    chance.shuffle(order)
    for number in order:
        phones[number].context.set_offline(False)
        expect(phones[number].locator("#banner")).to_contain_text("Up to date", timeout=60_000)
    where = f"org_id = {hall.org_id} AND event_id = {hall.event_id}"
    admitted = hall.ask(f"SELECT code FROM scans WHERE {where} AND result = 'admitted'")
    assert sorted(row[0] for row in admitted) == sorted(hall.codes)
    kept = hall.ask(f"SELECT count(*) FROM scans WHERE {where}")
    assert kept[0][0] == sum(map(len, turns))
    conflicts = hall.ask(f"SELECT ticket_id FROM door_conflicts WHERE {where}")
    assert len({row[0] for row in conflicts}) == len(conflicts) == len(twice)
    for phone in phones:
        phone.context.close()
    report = {"scans": sum(map(len, turns)), "tickets": len(hall.codes)}
    proof.report("phones without a network", **report, conflicts=len(twice))


def test_a_phones_file_is_loaded_and_the_phone_uploads_later(
    browser: Browser, server, tmp_path: Path
) -> None:
    hall = Hall(server, 3)
    phone = open_phone(browser, hall, "Stuck phone")
    cut(phone.context, phone)
    # A code that is typed is a supervisor's to let in, and nobody is checked in by it.
    typed = hall.codes[2]
    texts = [*hall.texts[:2], typed]
    assert phone.evaluate(SCAN_ALL, texts) == ["Come in", "Come in", "Ask a supervisor"]
    phone.click("[data-part=more]")
    with phone.expect_download() as saved:
        phone.click("#rescue")
    file = tmp_path / "door-scans.json"
    saved.value.save_as(file)
    taken = "Taken: 3; conflicts: 0; not taken: 0; of other events: 0.\n"
    device = hall.ask("SELECT max(id) FROM door_devices WHERE name = 'Stuck phone'")[0][0]
    said = f"3 scans of Stuck phone ({device}).\n{taken}"
    load = ("door", "load", "rail-forum", str(hall.event_id), str(file))
    assert hall.run.ok(*load) == said
    phone.context.set_offline(False)
    expect(phone.locator("#banner")).to_contain_text("Up to date", timeout=60_000)
    assert hall.run.ok(*load) == said
    where = f"org_id = {hall.org_id} AND event_id = {hall.event_id}"
    scans = hall.ask(f"SELECT code, result FROM scans WHERE {where} ORDER BY code")
    results = {code: "ask" if code == typed else "admitted" for code in hall.codes}
    assert scans == sorted(results.items())
    inside = hall.ask(f"SELECT count(*) FROM tickets WHERE code = '{typed}' AND checked_in_at > 0")
    assert inside == [(0,)]
    assert hall.ask(f"SELECT count(*) FROM door_conflicts WHERE {where}") == [(0,)]
    phone.context.close()


def test_a_browser_that_is_silent_and_ends_connections_works(browser: Browser, server) -> None:
    """As Safari is: sounds are allowed with a touch, and what is kept is opened again."""
    hall = Hall(server, 2)
    phone = open_phone(browser, hall, "Silent phone")
    phone.add_init_script(SILENT)
    phone.reload()
    expect(phone.locator("#banner")).to_contain_text("Up to date", timeout=20_000)
    assert phone.evaluate(SCAN_ALL, hall.texts[:1]) == ["Come in"]
    expect(phone.locator("#quiet")).to_be_visible()
    assert phone.evaluate("window.tones") == 0
    phone.evaluate("window.isTouched = true")
    phone.click("#phone")
    expect(phone.locator("#quiet")).to_be_hidden()
    assert phone.evaluate(SCAN_ALL, hall.texts[1:]) == ["Come in"]
    assert phone.evaluate("window.tones") == 1
    cut(phone.context, phone)
    phone.evaluate(END_DATABASE)
    phone.evaluate(LATER)
    assert phone.evaluate(SCAN_ALL, hall.texts[:1]) == ["Already checked in"]
    expect(phone.locator("#banner")).to_contain_text("1 scan waits", timeout=20_000)
    phone.context.close()


def test_a_phone_that_is_signed_out_leads_to_pairing(browser: Browser, server) -> None:
    hall = Hall(server, 1)
    phone = open_phone(browser, hall, "Lost phone")
    listed = hall.run.ok("door", "list", "rail-forum", str(hall.event_id))
    number = listed.splitlines()[-1].split()[0]
    hall.run.ok("door", "revoke", "rail-forum", str(hall.event_id), number)
    # It hears of it at its next contact.
    with phone.expect_navigation(url=f"{hall.url}/door", timeout=60_000):
        phone.evaluate(TYPE, [hall.texts[0], hall.texts[0]])
    expect(phone.get_by_role("alert")).to_contain_text("not paired any more")
    phone.context.close()


def test_a_browser_without_ed25519_checks_signatures_by_itself(
    own_phone: tuple[Hall, Page],
) -> None:
    hall, phone = own_phone
    phone.evaluate(f"() => {NO_ED25519}")
    cut(phone.context, phone)
    good, forged = hall.texts[0], hall.texts[1]
    forged = forged[:-4] + ("AAAA" if not forged.endswith("AAAA") else "BBBB")
    # The last letter has three bits that a signature does not need: they must be zeros.
    spare = good[:-1] + chr(ord(good[-1]) + 1)
    assert phone.evaluate(SCAN_ALL, [good, forged, spare]) == ["Come in", "Forged", "Forged"]


def test_names_are_found_without_a_network_as_the_server_finds_them(
    own_phone: tuple[Hall, Page],
) -> None:
    names = ("Zoë Müller", "Jørgen Mueller-Straßer", "山田 太郎", "Ann Maier", "Иван Петров")
    typed = ("mull", "MÜLL", "strasser", "田", "maier", "mayr", "zm", "петр", "Pena", "x", " ")
    pairs = [(text, name) for text in typed for name in (*names, "Luz Peña", "Rui Pena")]
    assert own_phone[1].evaluate(RANK_ALL, pairs) == [rank_name(*pair) for pair in pairs]


def test_an_older_page_works_on_until_it_is_closed(browser: Browser, server) -> None:
    """The server is upgraded in the middle of a shift."""
    hall = Hall(server, 4)
    with upgraded(server.url) as upgrade:
        hall.url = upgrade.url
        phone = open_phone(browser, hall, "Older phone")
        context = phone.context
        phone.wait_for_function("navigator.serviceWorker.controller !== null", timeout=20_000)
        assert phone.evaluate(IS_NEW) is False
        assert phone.evaluate(SCAN_ALL, hall.texts[:1]) == ["Come in"]
        upgrade.is_old = False
        # The new version is fetched and waits; loaded again, the page is still the older one.
        assert phone.evaluate(UPDATE) == "waits"
        phone.reload()
        expect(phone.locator("#banner")).to_contain_text("Up to date", timeout=20_000)
        assert phone.evaluate(IS_NEW) is False
        assert phone.evaluate(SCAN_ALL, hall.texts[1:2]) == ["Come in"]
        cut(context, phone)
        assert phone.evaluate(SCAN_ALL, hall.texts[2:3]) == ["Come in"]
        context.set_offline(False)
        expect(phone.locator("#banner")).to_contain_text("Up to date", timeout=60_000)
        # It begins once the page was closed, with what the older one has kept.
        aside = context.new_page()
        aside.goto(f"{hall.url}/door")
        phone.close()
        aside.wait_for_function(IS_ACTIVE, timeout=60_000)
        phone = context.new_page()
        phone.goto(f"{hall.url}/door/scan")
        expect(phone.locator("#banner")).to_contain_text("Up to date", timeout=20_000)
        assert phone.evaluate(IS_NEW) is True
        expect(phone.locator("#lately li")).to_have_count(3, timeout=20_000)
        expect(phone.locator("#tally")).to_have_text("3", timeout=20_000)
        assert phone.evaluate(SCAN_ALL, hall.texts[3:]) == ["Come in"]
        context.close()
    where = f"org_id = {hall.org_id} AND event_id = {hall.event_id}"
    admitted = hall.ask(f"SELECT code FROM scans WHERE {where} AND result = 'admitted'")
    assert sorted(row[0] for row in admitted) == sorted(hall.codes)


def test_every_verdict_has_its_word_shape_and_way_on(browser: Browser, server) -> None:
    hall = Hall(server, 7)
    plan = hall.plan_verdicts()
    context = browser.new_context(viewport=PHONE, locale="en-GB")  # type: ignore[arg-type]
    phone = context.new_page()
    phone.add_init_script(STAY)
    phone.add_init_script(FELT)
    hall.pair(phone, "Main", "supervisor", gate=plan.gate)
    phone.click("#phone")
    for text, look, word, why in plan.expected:
        phone.evaluate("document.activeElement.blur()")
        phone.evaluate(LAST_FELT)
        phone.evaluate(TYPE, [text, text])
        expect(phone.locator("#word")).to_have_text(word, timeout=20_000)
        expect(phone.locator(f"[data-shape={look}]")).to_be_visible()
        expect(phone.locator("#verdict")).to_have_class(f"verdict over {look}")
        expect(phone.locator("#why")).to_contain_text(why)
        tones = TONES[look]
        assert phone.evaluate(LAST_FELT) == [tones, [[length for _, length in tones]]]
        # It is read aloud whole: the word, whose ticket it is, and why.
        said = phone.locator("#verdict > [role=alert]").inner_text().split("\n\n")
        name = phone.locator("#who").inner_text()
        assert said[0] == word
        assert said[1:] == [part for part in (name, phone.locator("#why").inner_text()) if part]
        if look == "unpaid":
            phone.get_by_role("button", name="Paid: €10.50").click()
            expect(phone.locator("#word")).to_have_text("Come in", timeout=20_000)
        if word == "Other gate":
            # A supervisor may look for the person by name.
            phone.click("#look-up")
            expect(phone.locator("#q")).to_have_value("Guest No 1")
            expect(phone.locator("#found li")).to_contain_text("Guest No 1", timeout=20_000)
            phone.click("[data-part=finder]")
        else:
            phone.click("#next")
    # A walk-in is told what is owed, and a supervisor notes that it was paid.
    phone.click("[data-part=walk]")
    phone.fill("#first", "Wally")
    phone.select_option("#walk-type", label="Patron · €45.00 · 1 left")
    phone.click("#walk-form button")
    expect(phone.locator("#who")).to_have_text("Wally", timeout=20_000)
    expect(phone.locator("#why")).to_contain_text("€45.00 is open. Take it and press Paid")
    phone.get_by_role("button", name="Paid: €45.00").click()
    expect(phone.locator("#why")).to_have_text("Patron · Paid", timeout=20_000)
    phone.click("#next")
    own = f"(SELECT ticket_id FROM scans WHERE event_id = {hall.event_id})"
    states = hall.ask(f"SELECT state FROM payments WHERE ticket_id IN {own}")
    assert [row[0] for row in states] == ["paid", "paid"]
    # Each gate's count is under More, with its heading, and the part that is open is marked.
    phone.click("[data-part=more]")
    expect(phone.get_by_role("heading", name="More")).to_be_focused()
    expect(phone.get_by_role("heading", name="Checked in at each gate")).to_be_visible()
    expect(phone.locator("#gates")).to_contain_text("Main: ")
    expect(phone.locator("[aria-current=true]")).to_have_text("More")
    phone.click("[data-part=finder]")
    # A party: the first one's scan lets in the others, all at once.
    phone.evaluate(TYPE, [plan.party, plan.party])
    expect(phone.locator("#group")).to_contain_text("3 together", timeout=20_000)
    phone.get_by_role("button", name="Let in all 2").click()
    expect(phone.locator("#lately")).to_contain_text("Cy", timeout=20_000)
    expect(phone.locator("#verdict")).to_be_hidden(timeout=20_000)
    # Out at the exit, and back; the same code is not read twice within three seconds.
    phone.click("#way")
    phone.evaluate(LATER)
    assert phone.evaluate(SCAN_ALL, [plan.party]) == ["Goes out"]
    # Somebody who is out already does not go out; also where only the phone knows.
    for is_cut in (False, True):
        phone.evaluate(LATER)
        if is_cut:
            cut(context, phone)
        # The word of the last answer stays when that is closed.
        phone.evaluate("document.getElementById('word').textContent = ''")
        phone.evaluate(TYPE, [plan.party, plan.party])
        expect(phone.locator("#word")).to_have_text("Already out", timeout=20_000)
        expect(phone.locator("#verdict")).to_have_class("verdict over again")
        expect(phone.locator("#why")).to_contain_text("Main")
        phone.click("#next")
        for text, who, why in (
            (hall.texts[3], "Guest No 3", "by the guest"),
            (hall.texts[5], "Guest No 5", "This ticket is not checked in."),
            ("HTTPS://MENU.EXAMPLE/", "Not a ticket", "HTTPS://MENU"),
        ):
            phone.evaluate(TYPE, [text, text])
            expect(phone.locator("#why")).to_contain_text(why, timeout=20_000)
            expect(phone.locator("#verdict")).to_contain_text(who)
            phone.click("#next")
    context.set_offline(False)
    expect(phone.locator("#banner")).to_contain_text("Up to date", timeout=60_000)
    phone.click("#way")
    phone.evaluate(LATER)
    assert phone.evaluate(SCAN_ALL, [plan.party]) == ["Welcome back"]
    where = f"org_id = {hall.org_id} AND event_id = {hall.event_id}"
    (party,) = hall.ask(f"SELECT count(*) FROM scans WHERE {where} AND result = 'admitted'")
    assert party[0] == 1 + 3 + 2
    context.close()
