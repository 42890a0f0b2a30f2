"""What the server must have of phones' acts, in plain Python: one truth for the doors' machine."""

from turnout.core.door.scanning import UNDO_MS

ADMITTED, RETURNED, AGAIN, LEFT = "admitted", "returned", "again", "left"
ASK, UNKNOWN = "ask", "unknown"


class Ticket:
    """A ticket as the acts that were committed have left it; instants in epoch ms."""

    def __init__(self) -> None:
        self.checked_in_at: int | None = None
        self.admission: tuple[str, int] | None = None
        self.passages: list[tuple[str, int]] = []
        self.let_in: list[tuple[str, int]] = []
        self.scanned_by: set[str] = set()
        self.is_signed = False

    @property
    def is_in(self) -> bool:
        return self.checked_in_at is not None

    @property
    def is_out(self) -> bool:
        """Whether the last passage since the check-in was out."""
        own = [kind for kind, at in self.passages if at >= (self.checked_in_at or 0)]
        return self.is_in and own[-1:] == [LEFT]


class Truth:
    """Acts in the order in which they are committed. An act is answered by a verdict or the code of
    its refusal; one that was taken is answered alike when it is sent again."""

    def __init__(self, codes: list[str]) -> None:
        self.tickets = {code: Ticket() for code in codes}
        self.answered: dict[str, str] = {}
        self.conflicts: set[str] = set()

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
        if nonce in self.answered:
            return self.answered[nonce]
        ticket = self.tickets[code]
        answer = {
            "scan": lambda: self._scan(ticket, at, name, has_exit),
            "refused": lambda: self._refuse(ticket, name, said),
            "leave": lambda: self._leave(ticket, at, has_exit),
            "undo": lambda: self._undo(ticket, at, name),
            "let_in": lambda: self._let_in(ticket, at, name, is_chief),
            "sign": lambda: self._sign(ticket),
        }[act]()
        if "." not in answer:
            self.answered[nonce] = answer
        return answer

    def _scan(self, ticket: Ticket, at: int, name: str, has_exit: bool) -> str:
        ticket.scanned_by.add(name)
        if not ticket.is_in:
            ticket.checked_in_at, ticket.admission = at, (name, at)
            ticket.let_in.clear()
            return ADMITTED
        if has_exit and ticket.is_out:
            ticket.passages.append((RETURNED, at))
            return RETURNED
        return AGAIN

    def _refuse(self, ticket: Ticket, name: str, said: str) -> str:
        """Nobody comes in by it; who was shown to be in was seen by the phone."""
        if said != AGAIN:
            return UNKNOWN
        ticket.scanned_by.add(name)
        return AGAIN

    def _let_in(self, ticket: Ticket, at: int, name: str, is_chief: bool) -> str:
        if not is_chief:
            return "door.supervisor"
        if ticket.is_in:
            ticket.let_in.append((name, at))
        else:
            self._scan(ticket, at, name, has_exit=False)
        ticket.scanned_by.add(name)
        ticket.passages.append((f"let_in {name}", at))
        return ADMITTED

    def _leave(self, ticket: Ticket, at: int, has_exit: bool) -> str:
        if not has_exit:
            return "door.no_exit"
        if not ticket.is_in:
            return "door.not_in"
        ticket.passages.append((LEFT, at))
        return LEFT

    def _undo(self, ticket: Ticket, at: int, name: str) -> str:
        """What the phone itself did last: another one's check-in stays."""
        if ticket.admission is None:
            return "door.not_in"
        if not ticket.is_in:
            return LEFT
        by, since = ticket.admission
        own = [done_at for phone, done_at in ticket.let_in if phone == name]
        if not own and by != name:
            return LEFT if name in ticket.scanned_by else "door.undo_other"
        if at - (own[-1] if own else since) > UNDO_MS:
            return "door.undo_late"
        if own:
            ticket.let_in.remove((name, own[-1]))
            ticket.passages.remove((f"let_in {name}", own[-1]))
        else:
            ticket.checked_in_at = None
        return LEFT

    def _sign(self, ticket: Ticket) -> str:
        ticket.is_signed = True
        return "signed"
