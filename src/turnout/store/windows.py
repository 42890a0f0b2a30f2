"""Whether a span of time that began at a stored instant is over, whatever the clock did since.

Theory. A window, a lease, a pause or a session is an instant and a length. The clock that wrote the
instant may have been ahead: it was set back since, or it is another machine's. Such a span would
last until the clock is there again, for hours or for ever. So a span that begins in the future has
ended: nobody has to wait for it, and nobody may use it. A little is let pass, for the clocks of two
machines are never the same.

Statements compare with the edges of the spans that run: those that began after `edges(…).over` and
not after `edges(…).ahead`.
"""

from typing import NamedTuple

TOLERANCE_MS = 5_000


class Edges(NamedTuple):
    """A span of that length runs if it began after `over` and not after `ahead` (epoch ms)."""

    over: int
    ahead: int


def edges(length_ms: int, now: int) -> Edges:
    """Between which instants a span of `length_ms` has begun that runs now."""
    return Edges(now - length_ms, now + TOLERANCE_MS)


def is_over(began_at: int, length_ms: int, now: int) -> bool:
    """Whether a span of `length_ms` that began then has ended, or begins in the future."""
    # The same as by `edges`, which would cost each request twice as much.
    return not now - length_ms < began_at <= now + TOLERANCE_MS


def has_ended(ends_at: int, length_ms: int, now: int) -> bool:
    """`is_over` for a span of which the end was kept."""
    return is_over(ends_at - length_ms, length_ms, now)


def seconds_left(ends_at: int, length_ms: int, now: int) -> int:
    """How long a caller is told to wait for the end: at least 1 second, and never longer than the
    whole span."""
    return max(1, -(-min(ends_at - now, length_ms) // 1000))
