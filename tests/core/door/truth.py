"""What the server must have of phones' acts, in plain Python: one truth for the doors' machine."""

import itertools
from dataclasses import dataclass, field

from turnout.core.door.undoing import UNDO_MS

ADMITTED, RETURNED, AGAIN, LEFT = "admitted", "returned", "again", "left"
ASK, LET_IN = "ask", "let_in"
_places = itertools.count(1)


@dataclass
class Row:
    """A scan or a note that was committed, by the phone of that name; `place` is its turn. A scan
    is answered `what`, a note is of that kind."""

    what: str
    name: str
    nonce: str
    at: int
    place: int = field(default_factory=lambda: next(_places))
    is_taken_back: bool = False


class Ticket:
    """A ticket as the acts that were committed have left it; instants in epoch ms."""

    def __init__(self) -> None:
        self.checked_in_at: int | None = None
        self.scans: list[Row] = []
        self.notes: list[Row] = []
        self.is_signed = False

    @property
    def is_in(self) -> bool:
        return self.checked_in_at is not None

    @property
    def admission(self) -> Row | None:
        """The last scan that checked it in."""
        rows = [one for one in self.scans if one.what == ADMITTED]
        return max(rows, key=lambda one: one.place, default=None)

    @property
    def is_out(self) -> bool:
        """Whether the last passage since the check-in was out."""
        since = self.checked_in_at or 0
        own = [one.what for one in self.notes if one.at >= since and not one.is_taken_back]
        return self.is_in and own[-1:] == [LEFT]

    def has_scanned(self, name: str) -> bool:
        return any(one.name == name and one.what in (ADMITTED, AGAIN) for one in self.scans)

    def find_scan(self, name: str, nonce: str) -> Row | None:
        return next((one for one in self.scans if (one.name, one.nonce) == (name, nonce)), None)

    def has_nonce(self, nonce: str) -> bool:
        return any(one.nonce == nonce for one in self.scans)

    def find_own_note(self, name: str) -> Row | None:
        """What a phone has noted last since the check-in, which is none of its notes."""
        first = self.admission
        since = first.place if first else 0
        own = [
            one
            for one in self.notes
            if one.name == name and not one.is_taken_back and one.place > since
        ]
        made = [one for one in own if not self.is_check_in(one)]
        return made[-1] if made else None

    def find_first(self, said: str) -> tuple[str, int | None]:
        """Whose act, and of when, a scan that `said` this contradicts; none, where the check-in was
        taken back before a scan whose answer was lost is sent again."""
        first, since = self.admission, self.checked_in_at
        if first is None or since is None:
            return "", None
        own = [
            one
            for one in self.notes
            if one.what in (RETURNED, LET_IN) and one.at >= since and not one.is_taken_back
        ]
        row = own[-1] if own and said == RETURNED else first
        return row.name, row.at

    def is_check_in(self, note: Row) -> bool:
        """Whether somebody was checked in by being let in anyway."""
        row = self.find_scan(note.name, note.nonce)
        return note.what == LET_IN and row is not None and row.what == ADMITTED


class Truth:
    """Acts in the order in which they are committed. An act is answered by a verdict or the code of
    its refusal; one that was taken is answered alike when it is sent again."""

    def __init__(self, codes: list[str]) -> None:
        self.tickets = {code: Ticket() for code in codes}
        self.answered: dict[str, str] = {}
        # By the nonce of the scan that contradicts: whose act it contradicts, and when that was.
        self.conflicts: dict[str, tuple[str, int | None]] = {}

    def take(
        self,
        act: str,
        code: str,
        at: int,
        nonce: str,
        name: str,
        *,
        is_chief: bool,
        has_exit: bool,
        said: str = "",
    ) -> str:
        """The answer to an act of the phone of that name; `refused`: it turned somebody away,
        and what it `said`."""
        ticket = self.tickets[code]
        if act == "refused":
            return self._refuse(ticket, at, nonce, name, said)
        if nonce in self.answered:
            return self.answered[nonce]
        answer = {
            "scan": lambda: self._scan(ticket, at, nonce, name, has_exit),
            "leave": lambda: self._leave(ticket, at, nonce, name, has_exit),
            "undo": lambda: self._undo(ticket, at, nonce, name),
            "let_in": lambda: self._let_in(ticket, at, nonce, name, is_chief),
            "sign": lambda: self._sign(ticket),
        }[act]()
        if "." not in answer:
            self.answered[nonce] = answer
        return answer

    def _scan(self, ticket: Ticket, at: int, nonce: str, name: str, has_exit: bool) -> str:
        row = Row(AGAIN if ticket.is_in else ADMITTED, name, nonce, at)
        ticket.scans.append(row)
        if row.what == ADMITTED:
            ticket.checked_in_at = at
            return ADMITTED
        if has_exit and ticket.is_out:
            ticket.notes.append(Row(RETURNED, name, nonce, at))
            return RETURNED
        return AGAIN

    def _refuse(self, ticket: Ticket, at: int, nonce: str, name: str, said: str) -> str:
        """Nobody comes in by it, also where the server had let them in and was not heard."""
        answer = AGAIN if said == AGAIN else ASK
        row = ticket.find_scan(name, nonce)
        if row is None:
            ticket.scans.append(Row(answer, name, nonce, at))
            return answer
        if row.what in (ADMITTED, AGAIN):
            self._retract(ticket, row)
        return answer if row.what == ADMITTED else row.what

    def _retract(self, ticket: Ticket, row: Row) -> None:
        if row.is_taken_back:
            return
        noted = [
            one
            for one in ticket.notes
            if (one.name, one.nonce) == (row.name, row.nonce) and not one.is_taken_back
        ]
        for note in noted:
            note.is_taken_back = True
        is_first = ticket.admission is row
        if not ticket.is_in or not (noted or is_first):
            return
        row.is_taken_back = True
        if is_first and not self._pass_on(ticket, row):
            ticket.checked_in_at = None

    def _pass_on(self, ticket: Ticket, row: Row) -> bool:
        """Another phone has let the same guest in since: that is the check-in."""
        for other in ticket.scans:
            is_let_in = any(
                note.what == LET_IN and not note.is_taken_back
                for note in ticket.notes
                if (note.name, note.nonce) == (other.name, other.nonce)
            )
            lets_in = other.nonce in self.conflicts or is_let_in
            is_later = other.place > row.place and other.what == AGAIN
            if is_later and lets_in and not other.is_taken_back:
                other.what, ticket.checked_in_at = ADMITTED, other.at
                self.conflicts.pop(other.nonce, None)
                self.answered[other.nonce] = ADMITTED
                for nonce, first in self.conflicts.items():
                    if ticket.has_nonce(nonce) and first == (row.name, row.at):
                        self.conflicts[nonce] = (other.name, other.at)
                return True
        return False

    def _let_in(self, ticket: Ticket, at: int, nonce: str, name: str, is_chief: bool) -> str:
        if not is_chief:
            return "door.supervisor"
        self._scan(ticket, at, nonce, name, has_exit=False)
        ticket.notes.append(Row(LET_IN, name, nonce, at))
        return ADMITTED

    def _leave(self, ticket: Ticket, at: int, nonce: str, name: str, has_exit: bool) -> str:
        if not has_exit:
            return "door.no_exit"
        if not ticket.is_in:
            return "door.not_in"
        ticket.notes.append(Row(LEFT, name, nonce, at))
        return LEFT

    def _undo(self, ticket: Ticket, at: int, nonce: str, name: str) -> str:
        """What the phone itself did last: what another one did stays."""
        first = ticket.admission
        if first is None:
            return "door.not_in"
        if not ticket.is_in:
            return LEFT
        note = ticket.find_own_note(name)
        clashes = [one for one in ticket.scans if one.name == name and one.nonce in self.conflicts]
        done = [one for one in (note, *clashes, first) if one and one.name == name]
        last = max(done, key=lambda one: one.place, default=None)
        if last is None and not ticket.has_scanned(name):
            return "door.undo_other"
        if last is not None and at - last.at > UNDO_MS:
            return "door.undo_late"
        if last is not None and last is note:
            last.is_taken_back = True
        elif last is first:
            self._undo_check_in(ticket, first)
        else:
            for row in ticket.scans:  # it has let nobody in by them
                row.is_taken_back = row.is_taken_back or row.name == name
            if last is not None:
                del self.conflicts[last.nonce]
        return LEFT

    def _undo_check_in(self, ticket: Ticket, first: Row) -> None:
        for one in ticket.notes:
            is_own = one.name == first.name and one.what == LET_IN and one.at >= first.at
            one.is_taken_back = one.is_taken_back or is_own
        if not self._pass_on(ticket, first):
            ticket.checked_in_at = None

    def _sign(self, ticket: Ticket) -> str:
        ticket.is_signed = True
        return "signed"
