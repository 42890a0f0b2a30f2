"""A phone of two cameras and a light: each is chosen, seen to be, and kept; so is the sound."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.support.axe import find_violations
from tests.support.chromium import open_browser
from tests.web.door.gate import Hall

LIT = """{
  const real = MediaStreamTrack.prototype.getCapabilities;
  MediaStreamTrack.prototype.getCapabilities = function () {
    return { ...real.call(this), torch: true };
  };
  MediaStreamTrack.prototype.applyConstraints = async ({ advanced: [{ torch }] }) => {
    window.isLit = torch;
  };
}"""
# The camera that is used, once it is another one.
CAMERA = """(before) => {
  const { label } = document.getElementById("video").srcObject?.getVideoTracks()[0] ?? {};
  return label !== before && label;
}"""
BACKGROUND = "(button) => getComputedStyle(button).backgroundImage"


@pytest.fixture(scope="module")
def phone(server) -> Iterator[Page]:
    flags = ("--use-fake-device-for-media-stream=device-count=2", "--use-fake-ui-for-media-stream")
    with open_browser(*flags) as browser:
        phone = browser.new_context(permissions=["camera"], locale="en-GB").new_page()
        phone.add_init_script(LIT)
        Hall(server, 1).pair(phone, "Door 2")
        yield phone
        phone.context.close()


def test_a_camera_is_chosen_and_kept(phone: Page) -> None:
    first = phone.wait_for_function(CAMERA, arg="").json_value()
    phone.click("#light")
    expect(phone.locator("#light")).to_have_attribute("aria-pressed", "true")
    assert phone.evaluate("window.isLit") is True
    phone.click("#camera")
    second = phone.wait_for_function(CAMERA, arg=first).json_value()
    # The light was the other camera's.
    expect(phone.locator("#light")).to_have_attribute("aria-pressed", "false")
    phone.reload()
    assert phone.wait_for_function(CAMERA, arg="").json_value() == second
    phone.click("#camera")
    assert phone.wait_for_function(CAMERA, arg=second).json_value() == first


def test_what_is_on_is_seen(phone: Page) -> None:
    sound, hold = phone.locator("#sound"), phone.locator("#hold")
    assert sound.evaluate(BACKGROUND) == "none"
    sound.click()
    assert "linear-gradient" in sound.evaluate(BACKGROUND)
    colours = "(button) => getComputedStyle(button).backgroundColor"
    before = hold.evaluate(colours)
    hold.click()
    expect(phone.locator("#point")).to_have_text("Paused: nothing is read")
    expect(hold).not_to_have_css("background-color", before)
    assert find_violations(phone) == []
