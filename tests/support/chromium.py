"""Finds the Chromium of this machine, or installs it, and drives it.

What is there already is used. Otherwise root on Debian gets the distribution's package; everybody
else is told what to do.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.support.debian import install_packages

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class ChromiumError(Exception):
    """Chromium could not be found or installed; the message says what to do."""


@contextmanager
def open_browser(*arguments: str) -> Iterator[Browser]:
    """A browser with more `arguments`, closed at the end. Raises ChromiumError where there is
    none."""
    path = get_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, *arguments])
        try:
            yield browser
        finally:
            browser.close()


def get_chromium() -> Path:
    """The browser's program; installed first where there is none and root asks.

    Raises ChromiumError when there is none in the end.
    """
    if found := find_chromium():
        return found
    complaint = install_packages(["chromium"], find_chromium)
    if found := find_chromium():
        return found
    raise ChromiumError(
        "The browser tests need Chromium. Install it (on Debian: apt-get install chromium) or put "
        f"it on PATH as {', '.join(NAMES)}.\n{complaint}".strip()
    )


def find_chromium() -> Path | None:
    """The first of the known programs that is on PATH."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return Path(found) if found else None
