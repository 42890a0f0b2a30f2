"""The door on small phones whose owner reads at 200 %, upright and on their side, in every
language: what is said is never cut or covered, and every button comes into view."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.axe import find_violations
from tests.support.chromium import open_browser
from tests.web.door.gate import TYPE, Hall
from tests.web.door.test_phones import STAY
from tests.web.test_large_text import TOO_WIDE

SIZES = ((320, 568), (360, 640), (390, 844), (568, 320), (844, 390))
PARTS = ("finder", "find", "walk", "more")
ENLARGE = "(px) => document.documentElement.style.setProperty('font-size', px + 'px')"
# Lines of text that lie beside the screen, or under a button that is pinned.
COVERED = """() => {
  const words = document.getElementById("word"), range = document.createRange();
  range.selectNodeContents(words);
  return [...range.getClientRects()].filter((line) => {
    const { left, top, right, bottom } = line;
    const isOff = left < 0 || right > innerWidth || top < 0 || bottom > innerHeight;
    return isOff || document.elementFromPoint((left + right) / 2, bottom - 4) !== words;
  }).map((line) => [words.textContent, line.left, line.top, line.right, line.bottom]);
}"""
# Buttons and fields that do not come into view, or whose text is wider than they are.
UNREACHED = """(root) => [...document.querySelectorAll(root)].flatMap((each) =>
  [...each.querySelectorAll("button, input, select, a")]).filter((each) => {
    if (!each.checkVisibility()) return false;
    each.scrollIntoView({ block: "nearest" });
    const box = each.getBoundingClientRect(), isWide = each.scrollWidth > each.clientWidth + 1;
    const there = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    const isOff = box.left < 0 || box.right > innerWidth || box.bottom > innerHeight + 1;
    return isOff || (isWide && each.matches("button, a")) || !each.contains(there);
  }).map((each) => each.id || each.textContent)"""
SCROLL_UP = """() => {
  for (const each of document.querySelectorAll("#verdict, .door-shell")) each.scrollTop = 0;
}"""
# A button of the last row that leaves room beside it.
HALF_ROWS = """() => {
  const foot = document.querySelector("#verdict .door-foot");
  const shown = [...foot.children].filter((one) => one.checkVisibility());
  const ends = shown.map((one) => one.getBoundingClientRect().right);
  return Math.max(...ends) - ends.at(-1) > 1;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.mark.parametrize("spoken", ["en-GB", "de-DE", "es-ES"])
def test_nothing_is_cut_or_covered(browser: Browser, server, spoken: str) -> None:
    hall = Hall(server, 7)
    plan = hall.plan_verdicts()
    context = browser.new_context(locale=spoken)
    phone = context.new_page()
    phone.add_init_script(STAY)
    faults: list[object] = []
    phone.on("pageerror", lambda error: faults.append(str(error)))
    hall.bind(phone, "Nebeneingang 2", "supervisor", gate=plan.gate)
    phone.wait_for_selector("#way", timeout=20_000)
    phone.locator("#printer").evaluate(
        "(list) => { list.value = 'own'; list.dispatchEvent(new Event('change')); }"
    )
    for text, look, *_ in plan.expected:
        phone.evaluate(TYPE, [text, text])
        expect(phone.locator("#verdict")).to_be_visible(timeout=20_000)
        expect(phone.locator("#verdict")).to_have_class(f"verdict over {look}")
        for found in _each_size(phone, "#verdict"):
            faults += [found, *phone.evaluate(COVERED)] if found else phone.evaluate(COVERED)
            faults += ["half a row"] if phone.evaluate(HALF_ROWS) else []
        phone.evaluate("document.getElementById('next').click()")
    for part in PARTS:
        phone.locator(f"[data-part={part}]").evaluate("(button) => button.click()")
        faults += filter(None, _each_size(phone, ".door-shell"))
    assert find_violations(phone) == []
    context.close()
    assert faults == []


def _each_size(phone: Page, root: str) -> Iterator[list[object]]:
    """What does not come into view at each size, with text as it is and twice as large."""
    for width, height in SIZES:
        phone.set_viewport_size({"width": width, "height": height})
        for px in (16, 32):
            phone.evaluate(ENLARGE, px)
            found = phone.evaluate(UNREACHED, root) + phone.evaluate(TOO_WIDE)
            phone.evaluate(SCROLL_UP)
            yield [(width, height, px), *found] if found else []
    phone.evaluate(ENLARGE, 16)
