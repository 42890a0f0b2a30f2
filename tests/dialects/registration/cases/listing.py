"""The list of all cases, and how a case gets into it."""

from collections.abc import Callable

from tests.dialects.registration.requests import Request
from tests.support.node import Account, LocalNode

Build = Callable[[LocalNode, Account], Request]
CASES: dict[str, Build] = {}
# As many submissions as may wait before /register answers 503; the node is opened with it.
BACKLOG = 3


def case(status: int, name: str) -> Callable[[Build], Build]:
    """Enter a case, with the status that its answer must have."""

    def enter(build: Build) -> Build:
        if CASES.setdefault(f"{status}-{name}", build) is not build:
            raise LookupError(f"two cases are named {status}-{name}")
        return build

    return enter


def plain(status: int, name: str, build: Callable[[Account], Request]) -> None:
    """Enter a case that needs no preparation."""
    case(status, name)(lambda _node, account: build(account))
