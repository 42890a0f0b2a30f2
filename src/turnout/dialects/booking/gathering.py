"""Registrations for exams that come at the same moment share a transaction, and its statements.

Those for one exam are registered together (core/exams/together.py), in the order in which they
came, so each gets its own answer and refusal. On PostgreSQL the rows of an exam would otherwise be
held by one registration after another, each until its own commit is on disk.

Rules.
- Who asks is looked up in the same transaction, once for all who show the same secret.
- By exam: two nodes with the same exams then never wait for each other in a ring.
- Once a row is found held by another transaction, the rest is left: each does it alone then, in the
  way of all other requests, where nobody waits for it.
"""

from collections.abc import Hashable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from turnout.core.exams.seating import NewSitting
from turnout.core.exams.together import Booking, book_seats
from turnout.core.identity.model import Principal
from turnout.core.ids import OrgId
from turnout.errors import Failure
from turnout.http.admission import Bridge, Recognize
from turnout.store import Batcher, Database, Tx

WAITING = 4096
TOGETHER = 64


class Piece(NamedTuple):
    """A registration that is asked for; `shown` is what `recognize` looks up."""

    shown: Hashable
    recognize: Recognize
    new: NewSitting

    @property
    def exam(self) -> str:
        """The exam, by whatever names it."""
        return repr(self.new.exam)


class Done(NamedTuple):
    """The GUID of the exam's event, and who asked."""

    answer: str
    principal: Principal


_Found = dict[int, Done | Failure]
_Wanted = tuple[str, OrgId]


class Gathering:
    """Bridges that register what comes at the same time together."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._batcher: Batcher[Piece, Done | None] = Batcher(
            db, run_all, limit=WAITING, most=TOGETHER, is_alone=True
        )

    def bridge(self, shown: Hashable, new: NewSitting) -> Bridge:
        """`db.write` of `book_seat` for who asks, together with others."""

        async def write(run: Any, recognize: Recognize, *args: Any) -> Any:
            done = await self._batcher(Piece(shown, recognize, new))
            return done or await self._db.write(run, recognize, *args)

        return write


def run_all(tx: Tx, pieces: Sequence[Piece]) -> list[Done | Failure | None]:
    """Do each as if alone; None for those that are left."""
    found: _Found = {}
    principals = _recognize_all(tx, pieces, found)

    def wanted_by(place: int) -> _Wanted:
        return pieces[place].exam, principals[place].org_id

    for (_, org_id), group in groupby(sorted(principals, key=wanted_by), key=wanted_by):
        places = list(group)
        bookings = [Booking(pieces[place].new, principals[place].actor) for place in places]
        for place, answer in zip(places, book_seats(tx, org_id, bookings), strict=True):
            if answer is None:
                return [found.get(place) for place in range(len(pieces))]
            failure = answer if isinstance(answer, Failure) else None
            found[place] = failure or Done(str(answer), principals[place])
    return [found.get(place) for place in range(len(pieces))]


def _recognize_all(tx: Tx, pieces: Sequence[Piece], found: _Found) -> dict[int, Principal]:
    """Who asks, by place; refusals are put with what is `found`."""
    known: dict[Hashable, Principal] = {}
    principals = {}
    for place, piece in enumerate(pieces):
        try:
            if piece.shown not in known:
                known[piece.shown] = piece.recognize(tx)
            principals[place] = known[piece.shown]
        except Failure as failure:
            found[place] = failure
    return principals
