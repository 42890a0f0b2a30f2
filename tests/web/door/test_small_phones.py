"""The door on small phones whose owner reads at 200 %, upright and on their side, in every
language: what is said is never cut or covered, and every button comes into view."""

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.axe import find_violations
from tests.support.chromium import open_browser
from tests.web.door.gate import TYPE, Hall
from tests.web.door.test_phones import STAY
from tests.web.test_large_text import TOO_WIDE

SIZES = ((320, 568), (360, 640), (390, 844), (568, 320), (844, 390))
PARTS = ("finder", "find", "walk", "more")
# Lines of text that lie beside the screen, or under a button that is pinned.
COVERED = """() => {
  if (!document.getElementById("verdict").checkVisibility()) return [];
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
# A button of the last row that leaves room beside it.
HALF_ROWS = """() => {
  const foot = document.querySelector("#verdict .door-foot");
  const shown = [...foot.children].filter((one) => one.checkVisibility());
  const ends = shown.map((one) => one.getBoundingClientRect().right);
  return Math.max(...ends) - ends.at(-1) > 1 ? ["half a row"] : [];
}"""
# What was said last, once more; where that is no ticket, it is not in the list as a button.
REOPEN = "document.querySelector('#lately button').click()"
# All of these with a text of that size, for what is open.
FAULTS = f"""([root, px]) => {{
  document.documentElement.style.setProperty("font-size", `${{px}}px`);
  const found = [({COVERED})(), ({HALF_ROWS})(), ({UNREACHED})(root), ({TOO_WIDE})()].flat();
  document.querySelector(root).scrollTop = 0;
  return found;
}}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.mark.parametrize(
    ("spoken", "scheme"), [("en-GB", "light"), ("de-DE", "dark"), ("es-ES", "light")]
)
def test_nothing_is_cut_or_covered(
    browser: Browser, server, spoken: str, scheme: Literal["light", "dark"]
) -> None:
    hall = Hall(server, 7)
    plan = hall.plan_verdicts()
    context = browser.new_context(locale=spoken, color_scheme=scheme, reduced_motion="reduce")
    phone = context.new_page()
    phone.add_init_script(STAY)
    faults: list[object] = []
    phone.on("pageerror", lambda error: faults.append(str(error)))
    hall.bind(phone, "Nebeneingang 2", "supervisor", gate=plan.gate)
    phone.wait_for_selector("#way", timeout=20_000)
    # The door is always dark.
    expect(phone.locator("body")).to_have_css("background-color", "rgb(10, 31, 28)")
    phone.locator("#printer").evaluate(
        "(list) => { list.value = 'own'; list.dispatchEvent(new Event('change')); }"
    )
    for text, look, *_ in plan.expected:
        phone.evaluate(TYPE, [text, text])
        expect(phone.locator("#verdict")).to_be_visible(timeout=20_000)
        expect(phone.locator("#verdict")).to_have_class(f"verdict over {look}")
        assert phone.evaluate("document.getAnimations().length") == 0
        faults += _find_faults(phone, "#verdict")
        # It opens at its top, at the last of these sizes, with large text.
        phone.evaluate("document.getElementById('next').click()")
        phone.evaluate(REOPEN)
        expect(phone.locator("#verdict")).to_be_visible()
        assert phone.evaluate("document.getElementById('verdict').scrollTop") == 0, look
        assert find_violations(phone) == []  # with a text that is twice as large
        phone.evaluate("document.getElementById('next').click()")
    for part in PARTS:
        phone.locator(f"[data-part={part}]").evaluate("(button) => button.click()")
        faults += _find_faults(phone, ".door-shell")
        assert find_violations(phone) == []
    context.close()
    assert faults == []


def _find_faults(phone: Page, root: str) -> list[object]:
    """What is wrong at each size, with text as it is and twice as large."""
    found: list[object] = []
    for width, height in SIZES:
        phone.set_viewport_size({"width": width, "height": height})
        for px in (16, 32):
            faults = phone.evaluate(FAULTS, [root, px])
            found += [(width, height, px, *faults)] if faults else []
    return found
