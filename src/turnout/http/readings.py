"""Parameters that a request has twice, in its query and its body or twice in one of them.

One value counts, and which one is the dialect's rule. The other must be readable too: a parameter
that is there and cannot be read is an error, never silently dropped. So a request that says things
twice is decoded for each of its readings, and only the first of them is acted on.
"""

from collections.abc import Callable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from turnout.errors import Invalid
from turnout.http.forms import Pairs, nest

M = TypeVar("M")
T = TypeVar("T")
Members = dict[str, Any]
_NOT_GIVEN: tuple[Any, ...] = (None, "", [])


class Readings(NamedTuple, Generic[M]):
    """What a request may mean: `first` counts, `others` have what it hides."""

    first: M
    others: tuple[M, ...] = ()

    @property
    def all(self) -> tuple[M, ...]:
        """Each of them, the one that counts first."""
        return (self.first, *self.others)

    def judge(self, decode: Callable[[M], T]) -> T:
        """What `decode` makes of the first. Raises what it raises for any of them."""
        for other in self.others:
            decode(other)
        return decode(self.first)


def read_over(
    query: Pairs, body: Members, fold: Callable[[Members], Members] = dict
) -> Readings[Members]:
    """The members of a body over those of a query, whose last of a name counts; `fold` makes names
    alike. Empty values mean "not given", so they hide nothing and are not hidden."""
    body = fold(body)
    if not query:
        return Readings(body)
    if not body and len({name for name, _ in query}) == len(query):
        return Readings(fold(nest(query)))  # nothing is there twice
    last, early = fold(nest(query)), fold(nest(_first_of_each(query)))
    first = _over(body | last, body)
    others = [_over(first, reading) for reading in (last, early)]
    del others[1 if last == early else 2 :]
    return Readings(first, tuple(other for other in others if other != first))


def read_first(pairs: Pairs) -> Readings[dict[str, str]]:
    """Values by name, of which the first counts."""
    first: dict[str, str] = {}
    for name, value in pairs:
        first.setdefault(name, value)
    last = dict(pairs)
    return Readings(first, () if last == first else (last,))


def check_spellings(members: Mapping[str, Any]) -> None:
    """Raise Invalid where two members differ in nothing but the case of their names' letters, and
    in their values: of two spellings one would hide the other."""
    seen: dict[str, str] = {}
    for name, value in members.items():
        other = seen.setdefault(name.lower(), name)
        if members[other] != value:
            raise Invalid("member.twice", fields={name: []}, name=name[:100], other=other[:100])


def _over(members: Members, others: Members) -> Members:
    return members | {name: value for name, value in others.items() if value not in _NOT_GIVEN}


def _first_of_each(pairs: Pairs) -> Pairs:
    """Without the later ones of a name; `a[]` is the next of a list each time."""
    seen: set[str] = set()
    kept = []
    for name, value in pairs:
        if name not in seen or name.endswith("[]"):
            kept.append((name, value))
        seen.add(name)
    return kept
