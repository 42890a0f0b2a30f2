"""What `turnout doctor` finds."""

from typing import NamedTuple


class Finding(NamedTuple):
    """One thing looked at; `advice` is empty when all is well. `is_setting` = it could not even be
    looked at, because a setting is wrong."""

    what: str
    seen: str
    advice: str = ""
    is_failure: bool = False
    is_setting: bool = False

    @property
    def mark(self) -> str:
        """`ok`, `warn` (it works, but not for ever) or `FAIL`."""
        if not self.advice:
            return "ok"
        return "FAIL" if self.is_failure else "warn"
