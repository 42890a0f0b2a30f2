"""Scanners that type, and are set to another keyboard than their device: what they mean is found
among what the same keys say on each layout, and never by a guess that fits two tickets."""

from collections.abc import Iterator
from itertools import product

import pytest
from playwright.sync_api import Page, expect

from tests.support.chromium import open_browser
from tests.web.door.gate import PRESS, Hall
from tests.web.door.test_phones import cut, open_phone

# The keys of the signs that codes have, by hand: where they lie, and whether Shift is down.
QWERTY = {sign: f"Key{sign}" for sign in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
QWERTZ = QWERTY | {"Y": "KeyZ", "Z": "KeyY"}
SWAPPED = {"A": "KeyQ", "Q": "KeyA", "W": "KeyZ", "Z": "KeyW", "M": "Semicolon"}
AZERTY = QWERTY | SWAPPED
DIGITS = {sign: f"Digit{sign}" for sign in "1234567890"}
MARKS = {
    "us": {":": ("Semicolon", 1), "-": ("Minus", 0), "/": ("Slash", 0), ".": ("Period", 0)},
    "gb": {":": ("Semicolon", 1), "-": ("Minus", 0), "/": ("Slash", 0), ".": ("Period", 0)},
    "de": {":": ("Period", 1), "-": ("Slash", 0), "/": ("Digit7", 1), ".": ("Period", 0)},
    "ch": {":": ("Period", 1), "-": ("Slash", 0), "/": ("Digit7", 1), ".": ("Period", 0)},
    "fr": {":": ("Period", 0), "-": ("Digit6", 0), "/": ("Period", 1), ".": ("Comma", 1)},
    "be": {":": ("Period", 0), "-": ("Equal", 0), "/": ("Period", 1), ".": ("Comma", 1)},
    "es": {":": ("Period", 1), "-": ("Slash", 0), "/": ("Digit7", 1), ".": ("Period", 0)},
}
LETTERS = {
    "us": QWERTY,
    "gb": QWERTY,
    "de": QWERTZ,
    "ch": QWERTZ,
    "fr": AZERTY,
    "be": AZERTY,
    "es": QWERTY,
}
SIGNS_OF_ALL = """async (asked) => {
  const { signOf } = await import(document.body.dataset.keys);
  return asked.map(([layout, code, isShifted]) => signOf(layout, { code, isShifted }));
}"""
READ_ALL = """async (asked) => {
  const { LAYOUTS, PLACES, readingsOf } = await import(document.body.dataset.keys);
  return asked.map(([text, scanner, device]) => readingsOf([...text].map((sign) => {
    const isShifted = !LAYOUTS[scanner][0].includes(sign);
    const place = LAYOUTS[scanner][Number(isShifted)].indexOf(sign);
    return { sign: LAYOUTS[device][Number(isShifted)][place], code: PLACES[place], isShifted };
  })));
}"""
MOST_READINGS = 8


@pytest.fixture(scope="module")
def hall(server) -> Hall:
    hall = Hall(server, 12)
    # Two tickets that are one when Y and Z are taken for each other.
    with hall.run.database() as db:
        db.call(_rename, hall.codes[-2], "ABCDEYZ234")
        db.call(_rename, hall.codes[-1], "ABCDEZY234")
    return hall


@pytest.fixture(scope="module")
def phone(hall: Hall) -> Iterator[Page]:
    with open_browser() as browser:
        phone = open_phone(browser, hall, "Desk", "supervisor")
        yield phone
        phone.context.close()


def test_each_key_says_what_it_does_on_each_layout(phone: Page) -> None:
    keys = {
        layout: {sign: (code, 1) for sign, code in LETTERS[layout].items()}
        | {sign: (code, int(layout in ("fr", "be"))) for sign, code in DIGITS.items()}
        | marks
        for layout, marks in MARKS.items()
    }
    wanted = [(layout, sign, key) for layout, of in keys.items() for sign, key in of.items()]
    asked = [(layout, code, bool(shifted)) for layout, _, (code, shifted) in wanted]
    assert phone.evaluate(SIGNS_OF_ALL, asked) == [sign for _, sign, _ in wanted]


def test_what_is_meant_is_among_the_readings(phone: Page, hall: Hall) -> None:
    """Every layout of a scanner on every layout of a device."""
    texts = ["ABQWYZM234", "AZ29-QY7W", "QWERTZ/25.1", hall.texts[0]]
    asked = list(product(texts, MARKS, MARKS))
    answers = phone.evaluate(READ_ALL, asked)
    missed = [
        case
        for case, readings in zip(asked, answers, strict=True)
        if letters(case[0]) not in map(letters, readings) or len(readings) > MOST_READINGS
    ]
    assert missed == []
    # A signed code has one reading, or two that its signature tells apart.
    signed = [len(told) for case, told in zip(asked, answers, strict=True) if ":" in case[0]]
    assert max(signed) <= 2


def letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.upper()))


def _rename(tx, code: str, to: str) -> None:
    tx.connection.execute("UPDATE tickets SET code = ? WHERE code = ?", [to, code])


def read(phone: Page, text: str, scanner: str, device: str, word: str) -> None:
    phone.evaluate("document.getElementById('word').textContent = ''")
    phone.evaluate(PRESS, [text, scanner, device])
    expect(phone.locator("#word")).to_have_text(word, timeout=20_000)


def test_a_plain_code_is_read_whatever_the_scanner_is_set_to(phone: Page, hall: Hall) -> None:
    pairs = (("us", "de"), ("us", "fr"), ("de", "us"), ("fr", "gb"), ("be", "es"), ("ch", "us"))
    for code, (scanner, device) in zip(hall.codes, pairs, strict=False):
        read(phone, code, scanner, device, "Come in")
        phone.evaluate("document.getElementById('next').click()")
    # It says so where that was not what the device read.
    read(phone, "ABCDEFGHYZ", "us", "de", "Not a ticket")
    phone.click("#next")
    read(phone, hall.codes[1], "us", "fr", "Already checked in")
    expect(phone.locator("#why")).to_contain_text(f"Read as {hall.codes[1]}: the scanner")
    phone.click("#next")
    # A signed one of a German scanner is told from its Spanish reading by the signature.
    read(phone, hall.texts[6], "de", "us", "Come in")
    phone.evaluate("document.getElementById('next').click()")
    # So it is without a network, by what is on the phone.
    cut(phone.context, phone)
    read(phone, hall.codes[7], "us", "fr", "Come in")
    phone.evaluate("document.getElementById('next').click()")
    read(phone, hall.texts[8], "de", "us", "Come in")
    phone.evaluate("document.getElementById('next').click()")
    read(phone, "ABCDEYZ234", "us", "de", "Not clear")
    phone.click("#next")
    phone.context.set_offline(False)
    expect(phone.locator("#banner")).to_contain_text("Up to date", timeout=60_000)


def test_nobody_is_let_in_by_a_guess_that_fits_two(phone: Page, hall: Hall) -> None:
    for scanner, device in (("us", "de"), ("us", "us"), ("de", "de")):
        read(phone, "ABCDEYZ234", scanner, device, "Not clear")
        expect(phone.locator("#why")).to_contain_text("ABCDEYZ234")
        expect(phone.locator("#why")).to_contain_text("ABCDEZY234")
        phone.click("#next")
    query = f"SELECT count(*) FROM scans WHERE event_id = {hall.event_id} AND code LIKE 'ABCDE%34'"
    assert hall.ask(query) == [(0,)]
    # Typed, or by a scanner whose keyboard somebody has said, it is clear.
    phone.click("[data-part=more]")
    phone.select_option("#layout", label="United States")
    phone.click("[data-part=finder]")
    read(phone, "ABCDEYZ234", "us", "de", "Come in")
    phone.evaluate("document.getElementById('next').click()")
    phone.fill("#typed", "ABCDEZY234")
    phone.keyboard.press("Enter")
    expect(phone.locator("#word")).to_have_text("Come in", timeout=20_000)
    inside = f"SELECT code FROM scans WHERE event_id = {hall.event_id} AND code LIKE 'ABCDE%34'"
    assert sorted(hall.ask(inside)) == [("ABCDEYZ234",), ("ABCDEZY234",)]
