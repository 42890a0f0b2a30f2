"""Which accounts a message may go by, and in which order: read from a setting of the operator.

    TURNOUT_ROUTES_SMS="44=smpp_uk:3,smpp:1>http_sms *=smpp>smpp_backup"

An entry says for a prefix of the destination (`*` = any; the longest that fits counts) which
accounts carry it. Those between commas share the messages by their weights (1 where none stands);
those behind `>` are for when none of the former takes any. The accounts of a share follow each
other in its order where the chosen one is passed over.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from turnout.store.back_off import part_of

MOST_WEIGHT = 1000
ANY = "*"
_ENTRY = re.compile(r"(\*|\+?[0-9]{1,15})=(\S{1,500})", re.ASCII)
_SHARE = re.compile(r"([a-z][a-z0-9_]{0,60})(?::([0-9]{1,4}))?", re.ASCII)
# A message that is tried again may begin elsewhere, and the same one always at the same place.
_TURN = 1


class UnreadableRouteError(ValueError):
    """An entry is not `prefix=account[:weight][,…][>…]`, or names no account."""

    def __init__(self, entry: str) -> None:
        super().__init__(entry)
        self.entry = entry


class Share(NamedTuple):
    """An account, and its part of the messages in relation to those beside it."""

    account: str
    weight: int


Groups = tuple[tuple[Share, ...], ...]


class Routes:
    """The routes of one channel. Raises UnreadableRouteError for the first entry that cannot be
    read."""

    def __init__(self, text: str, accounts: Sequence[str], usual: Sequence[str]) -> None:
        """`accounts` are those that may be named; `usual` is the order of those that carry what no
        entry is for."""
        self._routes: dict[str, Groups] = {ANY: tuple((Share(account, 1),) for account in usual)}
        for entry in text.split():
            prefix, groups = _read(entry, accounts)
            self._routes[prefix] = groups
        self._longest = max(map(len, self._routes))
        self._groups_of = lru_cache(4096)(self._find)

    def choose(self, destination: str, number: int) -> tuple[str, ...]:
        """The accounts for a destination (digits), the first to be tried first; `number` tells the
        messages apart that share accounts."""
        groups = self._groups_of(destination[: self._longest])
        if len(groups) == 1 and len(groups[0]) == 1:
            return (groups[0][0].account,)
        return tuple(account for group in groups for account in _turn(group, number))

    def list_accounts(self) -> list[str]:
        """Every account that is named, the first first."""
        groups = (group for groups in self._routes.values() for group in groups)
        return list(dict.fromkeys(share.account for group in groups for share in group))

    def describe(self) -> Iterator[str]:
        """Each route for people."""
        for prefix, groups in sorted(self._routes.items()):
            yield f"{prefix} → {' then '.join(map(_say, groups))}"

    def _find(self, digits: str) -> Groups:
        for length in range(len(digits), 0, -1):
            if found := self._routes.get(digits[:length]):
                return found
        return self._routes[ANY]


def _read(entry: str, accounts: Sequence[str]) -> tuple[str, Groups]:
    found = _ENTRY.fullmatch(entry)
    if not found:
        raise UnreadableRouteError(entry)
    groups = tuple(
        tuple(_read_share(entry, share, accounts) for share in group.split(","))
        for group in found[2].split(">")
    )
    names = [share.account for group in groups for share in group]
    if len(set(names)) < len(names):
        raise UnreadableRouteError(entry)
    return found[1].lstrip("+"), groups


def _read_share(entry: str, text: str, accounts: Sequence[str]) -> Share:
    found = _SHARE.fullmatch(text)
    weight = int(found[2] or 1) if found else 0
    if not found or found[1] not in accounts or not 1 <= weight <= MOST_WEIGHT:
        raise UnreadableRouteError(entry)
    return Share(found[1], weight)


def _turn(group: tuple[Share, ...], number: int) -> tuple[str, ...]:
    """The accounts of a group, that whose turn it is first, the others in their order."""
    if len(group) == 1:
        return (group[0].account,)
    ends = list(accumulate(share.weight for share in group))
    place = part_of(number, _TURN) * ends[-1]
    first = next(index for index, end in enumerate(ends) if place < end)
    return tuple(share.account for share in group[first:] + group[:first])


def _say(group: tuple[Share, ...]) -> str:
    if len(group) == 1:
        return group[0].account
    return " and ".join(f"{share.account} ({share.weight})" for share in group)
