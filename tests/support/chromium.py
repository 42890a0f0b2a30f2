"""Finds the Chromium of this machine, or installs it, and drives it.

What is there already is used. Otherwise root on Debian gets the distribution's package; everybody
else is told what to do.
"""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
LOCK = Path(tempfile.gettempdir()) / "turnout-chromium.lock"
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
def open_browser() -> Iterator[Browser]:
    """A browser, closed at the end. Raises ChromiumError where there is none."""
    path = get_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS])
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
    complaint = _install() if os.geteuid() == 0 else ""
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


def _install() -> str:
    """Install the distribution's package where that can be done; returns what went wrong."""
    apt = shutil.which("apt-get")
    if apt is None:
        return ""
    environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with LOCK.open("w") as lock:
        # One worker installs; the others wait here, and find it done.
        fcntl.flock(lock, fcntl.LOCK_EX)
        for command in ("update", "install --no-install-recommends --yes chromium"):
            if find_chromium():
                break
            print(f"Chromium is missing: apt-get {command}", flush=True)
            done = subprocess.run(
                [apt, "-qq", *command.split()],
                env=environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
            )
            if done.returncode:
                return done.stderr
    return ""
