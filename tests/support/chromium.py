"""Finds the Chromium of this machine, or installs it, and drives it.

The headless shell, which is Chromium without windows, is taken where there is one: a new context
costs it a tenth of what a whole browser spends on a profile and a window. Root on Debian gets the
distribution's package of it, or of Chromium where there is none; everybody else is told what to do
if there is neither.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.support.debian import install_packages

# The package and program of Debian, and the program as its makers name it.
SHELLS = ("chromium-headless-shell", "chrome-headless-shell")
NAMES = (*SHELLS, "chromium", "chromium-browser", "google-chrome")
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
    complaint = "" if find_chromium() else install_chromium()
    if found := find_chromium():
        return found
    raise ChromiumError(
        "The browser tests need Chromium. Install it (on Debian: apt-get install chromium) or put "
        f"it on PATH as {', '.join(NAMES)}.\n{complaint}".strip()
    )


def find_chromium(names: tuple[str, ...] = NAMES) -> Path | None:
    """The first of the programs that is on PATH."""
    found = next(filter(None, map(shutil.which, names)), None)
    return Path(found) if found else None


def install_chromium() -> str:
    """Get the headless shell where that can be done, or else a whole Chromium unless there is one.

    Returns what went wrong with the last, or "".
    """
    complaint = install_packages([SHELLS[0]], lambda: find_chromium(SHELLS))
    return complaint and install_packages(["chromium"], find_chromium)
