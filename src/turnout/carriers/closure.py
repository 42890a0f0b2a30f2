"""When an account is passed over, as its provider's last answers have it.

A provider that cannot be reached, says "not now", refuses the account, or answers nothing that says
whether it took a message, is asked again after a pause; the pauses grow while that goes on. Any
answer about a message ends it.
"""

import math
import time

import structlog

from turnout.carriers import Accepted, Lapsed, Outcome, Rejected, Retry
from turnout.store.back_off import growing

PAUSES_S = growing(1.0, 60.0)
LONGEST_S = 300.0

log = structlog.get_logger()


class Closure:
    """Until when an account gets no messages that others can carry."""

    def __init__(self, name: str) -> None:
        self.reason = ""
        self._name = name
        self._until_s = -math.inf
        self._failures = 0

    def left_s(self) -> float:
        """How long it stays closed; 0 = it is open."""
        return max(0.0, self._until_s - time.monotonic())

    def note(self, outcome: Outcome) -> None:
        """Take in the outcome of a message there."""
        if isinstance(outcome, Lapsed):
            return
        if isinstance(outcome, Accepted | Rejected):
            self._failures = 0
            self._until_s = -math.inf
        elif not self.left_s():  # what was under way when it closed says nothing new
            self._close(outcome)

    def _close(self, outcome: Outcome) -> None:
        self._failures += 1
        asked_s = outcome.after_s if isinstance(outcome, Retry) else 0.0
        pause_s = min(max(asked_s, PAUSES_S.draw(self._failures)), LONGEST_S)
        self._until_s = time.monotonic() + pause_s
        self.reason = getattr(outcome, "reason", "")
        log.info("an account is passed over", account=self._name, seconds=round(pause_s, 1))
