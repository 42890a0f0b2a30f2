"""The machine's clock and the installation's stored times, as `turnout doctor` looks at them."""

import time
from collections.abc import Iterator

from turnout.cli.app import database
from turnout.cli.finding import Finding
from turnout.core.maintenance.clock import Clocks, look_at_clocks
from turnout.errors import Failure
from turnout.settings import Settings
from turnout.store.windows import is_over

JUMP_SHOWN_MS = 7 * 24 * 3_600_000
EARLIEST_PLAUSIBLE_YEAR = 2026


def check_clock(chosen: Settings) -> Iterator[Finding]:
    """Is the machine's clock plausible, and was the installation's set?"""
    yield judge_clock(time.gmtime())
    try:
        with database(chosen) as db:
            clocks, now = db.look(look_at_clocks), db.clock()
    except Failure:
        return  # as the database's own finding says
    yield from judge_clocks(clocks, now)


def judge_clocks(clocks: Clocks, now: int) -> Iterator[Finding]:
    """What stored times say of the installation's clock, which shows `now` (epoch ms)."""
    if clocks.ahead_ms:
        yield Finding(
            "stored times",
            f"the newest is {clocks.ahead_ms / 1000:.0f} s in the future: the clock was set back, "
            "or was ahead when it was stored",
            "See that the clock is right and a time service runs. A running server puts right what "
            "waits within a minute; what began in the future begins again.",
        )
    jump = clocks.jump
    if jump and not is_over(jump.at, JUMP_SHOWN_MS, now):
        direction = "ahead" if jump.by_ms > 0 else "back"
        at = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(jump.at // 1000))
        yield Finding(
            "clock was set",
            f"{abs(jump.by_ms) / 1000:.0f} s {direction}, at {at}",
            "Run a time service that slews the clock, and find out what set it.",
        )


def judge_clock(now: time.struct_time) -> Finding:
    """What the time `now` says of the clock that it was read from."""
    seen = time.strftime("%Y-%m-%d %H:%M:%SZ", now)
    if now.tm_year >= EARLIEST_PLAUSIBLE_YEAR:
        return Finding("clock", seen)
    return Finding("clock", seen, "Set the clock, and run a time service.", is_failure=True)
