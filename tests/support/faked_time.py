"""A process that sees another time, which tests move while it runs (Debian's `faketime`).

Only the clock that can be set is faked. What has passed is real: waits and time-outs take as long
as ever. The process looks for its time once a second.
"""

import glob
import os
from pathlib import Path

from tests.support.debian import install_packages

PACKAGE = "faketime"
LOOKS_EVERY_S = 1
# `time.sleep` asks the library to wait until an instant, which it refuses for such a clock.
_SITE = """import threading, time
time.sleep = lambda seconds: threading.Event().wait(seconds) and None
"""


def find_library() -> str | None:
    """Where the library is that lies about the time."""
    return next(iter(glob.glob("/usr/lib/*/faketime/libfaketime.so.1")), None)


class FakedTime:
    """The time of the processes that are started with `environment`, as an offset in seconds from
    the real one."""

    def __init__(self, folder: Path, offset_s: int = 0) -> None:
        if find_library() is None:
            complaint = install_packages([PACKAGE], find_library)
            assert find_library(), f"Debian's package {PACKAGE} is missing. {complaint}"
        self._file = folder / "faketime"
        site = folder / "faked-site"
        site.mkdir()
        (site / "sitecustomize.py").write_text(_SITE)
        self.environment = {
            "PYTHONPATH": str(site),
            "LD_PRELOAD": str(find_library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": str(LOOKS_EVERY_S),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
        }
        self.set(offset_s)

    def set(self, offset_s: int) -> None:
        """Let the processes see the time that is so far from the real one."""
        self.offset_s = offset_s
        new = self._file.with_suffix(".new")
        new.write_text(f"{offset_s:+d}\n")
        os.replace(new, self._file)
