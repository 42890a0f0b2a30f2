"""What is stored follows the clock: noticing that it was set back, and pulling back what waits.

Theory. A stored instant is either counted from the moment at which it was written (a lease, a
pause, a session, a key's lifetime) or asked for by somebody (a schedule, an exam's date, the time
until which a place is held, which was mailed). The first kind makes no sense after the clock was
set back: it lies further away than it could ever be. Windows that limit something are over then
(store/windows.py); what would be lost if it were over begins again now; what is put off is pulled
back to the longest pause that it may have. The second kind stays.

The newest time is stored once a minute, so that a clock which was set back while nothing ran is
noticed at the start.
"""

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from turnout.core.audience.permissions import restart_sessions
from turnout.core.callbacks.pulling import pull_callbacks
from turnout.core.identity.idempotency import restart_keys
from turnout.core.identity.page_sessions import restart_page_sessions
from turnout.core.maintenance.sql import sql
from turnout.core.messaging.pulling import pull_jobs
from turnout.core.registrations.accepting import QUEUE
from turnout.core.verification.codes import restart_codes
from turnout.store import Tx, to_json
from turnout.store.installation import find_fact, set_fact
from turnout.store.windows import TOLERANCE_MS

NEWEST, JUMP = "newest time", "clock jump"
ROWS_A_SLICE = 1_000
# Of all jumps that several processes notice one after another, the first one counts.
SAME_JUMP_MS = 60_000
# What begins in the future begins again now.
RESTARTS: tuple[Callable[[Tx], None], ...] = (
    restart_keys,
    restart_page_sessions,
    restart_sessions,
    restart_codes,
)


class ClockJump(msgspec.Struct, frozen=True):
    """The clock was set by `by_ms` (below 0: back); `at` (epoch ms) by the new time."""

    at: int
    by_ms: int


class Clocks(NamedTuple):
    """What an operator is told: how far the newest stored time lies in the future (ms, 0 = not at
    all), and the last jump that was noticed."""

    ahead_ms: int
    jump: ClockJump | None


def note_time(tx: Tx) -> int:
    """Store the present as the newest time; returns how far what was stored lies in the future, in
    ms, 0 where it does not."""
    ahead_ms = _ahead_ms(tx)
    set_fact(tx, NEWEST, str(tx.now))
    return ahead_ms


def follow_jump(tx: Tx, by_ms: int) -> None:
    """Note that the clock was set, and after one that went back pull back what moves with it.
    Idempotent for a minute: other processes notice the same jump."""
    jump = find_jump(tx)
    set_fact(tx, NEWEST, str(tx.now))
    if jump and abs(jump.at - tx.now) < SAME_JUMP_MS and abs(jump.by_ms - by_ms) < SAME_JUMP_MS:
        return
    set_fact(tx, JUMP, to_json(ClockJump(tx.now, by_ms)))
    if by_ms < 0:
        sql.pull_ticket_mails(tx, now=tx.now, back=-by_ms)


def restart_what_is_ahead(tx: Tx) -> None:
    """Let what begins in the future begin now."""
    for restart in RESTARTS:
        restart(tx)


def pull_queues(tx: Tx) -> bool:
    """Pull back what waits in queues, but for messages (core/messaging/pulling.py); whether there
    may be more."""
    pull_jobs(tx)
    has_more_calls = pull_callbacks(tx)
    pulled: int = sql.pull_submissions(tx, now=tx.now, limit=ROWS_A_SLICE)
    tx.wake(QUEUE)
    return has_more_calls or pulled >= ROWS_A_SLICE


def find_jump(tx: Tx) -> ClockJump | None:
    """The last jump of the clock that was noticed."""
    kept = find_fact(tx, JUMP)
    return msgspec.json.decode(kept, type=ClockJump) if kept else None


def look_at_clocks(tx: Tx) -> Clocks:
    """What is known of the clock, for an operator."""
    return Clocks(_ahead_ms(tx), find_jump(tx))


def _ahead_ms(tx: Tx) -> int:
    newest = int(find_fact(tx, NEWEST) or 0)
    return newest - tx.now if newest > tx.now + TOLERANCE_MS else 0
