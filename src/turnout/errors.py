"""The few kinds of failure that the product knows, without any HTTP number.

A kind says who has to act: the caller (Invalid, Unauthenticated, Denied, Missing, Conflict,
Gone), time (Limited) or the operator (Unavailable). Each dialect has a table from kind to its
own status and body. `code` is stable and for machines; `facts` are the details: to which thing it
happened, and the limit. The sentence for people is looked up by the code: in `turnout.catalogue`,
or in a dialect's `errors.py` where its contract has one.
"""

from collections.abc import Mapping
from typing import Any

from turnout import catalogue

UNKNOWN = "store.unknown"
"""The code of the one failure after which the change may have been made."""


class Failure(Exception):
    """What every refusal of the product derives from; never raised as such."""

    def __init__(self, code: str, /, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts

    @property
    def message(self) -> str:
        """The sentence for people, in English: what happened, to which thing, what to do next."""
        return catalogue.say(self.code, self.facts)

    def __str__(self) -> str:
        return self.message

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.code!r}, {self.message!r})"


class Invalid(Failure):
    """What was sent cannot be understood or is outside a limit; `fields` names each fault."""

    def __init__(
        self,
        code: str,
        /,
        *,
        fields: Mapping[str, list[str]] | None = None,
        **facts: Any,
    ) -> None:
        super().__init__(code, **facts)
        self.fields = dict(fields or {})


class Unauthenticated(Failure):
    """No credential, or one that is unknown, expired or revoked."""


class Denied(Failure):
    """The credential is good, but may not do this."""


class Missing(Failure):
    """The thing named does not exist, or belongs to somebody else."""


class Conflict(Failure):
    """Well-formed, but the present state of things forbids it."""


class Gone(Failure):
    """It existed and is over: an expired link, an ended event."""


class Limited(Failure):
    """Too much in too short a time; `retry_after` is in whole seconds."""

    def __init__(self, code: str, /, *, retry_after: int, **facts: Any) -> None:
        super().__init__(code, retry_after=retry_after, **facts)
        self.retry_after = retry_after


class Unavailable(Failure):
    """Turnout cannot do it now (database, full queue, stopping); `retry_after` in seconds.

    Nothing was changed, unless the code is UNKNOWN: then nobody knows, `retry_after` is None, and
    the message says how to find out."""

    def __init__(self, code: str, /, *, retry_after: int | None = 1, **facts: Any) -> None:
        super().__init__(code, retry_after=retry_after, **facts)
        self.retry_after = retry_after


def list_notes(error: BaseException) -> list[str]:
    """What was noted at an error for the operator, and is not shown to clients: which file, and
    what to do there."""
    return list(getattr(error, "__notes__", []))


KINDS: tuple[type[Failure], ...] = (
    Invalid,
    Unauthenticated,
    Denied,
    Missing,
    Conflict,
    Gone,
    Limited,
    Unavailable,
)
