"""What should be so at an event, as simple as the rules: who holds which ticket, who waits, and why
somebody is refused. It knows no database and none of the product's code.

Rules. A place of a type is held per ticket, one of the event per registration, both by an offer.
Every way in asks `enter`, every way out `give_back`; whatever frees or adds places ends in
`promote`, so that nobody comes before those who wait.
"""

from dataclasses import dataclass, field

HOUR_MS = 3_600_000
STAFF = "staff"
# To which ticket type each campaign invites people; two of them to the same one.
INVITED = {1: 1, 2: 2, 3: 1}
# Where people come by themselves, so that a type must be on sale.
BY_THEMSELVES = ("form", "integration")


@dataclass
class Ticket:
    """A ticket, what gave it (a way in, or an invitation by its campaign), and when. Stories also
    know its code, whether it was checked in, how it is paid, and which came first."""

    type: int
    grant: str
    made_at: int
    code: str = ""
    is_checked: bool = False
    payment: str = ""
    due: int = 0
    order: int = 1_000_000


@dataclass
class Guest:
    """A registration: its tickets, oldest first, and the sessions that are booked."""

    tickets: list[Ticket]
    booked: set[int] = field(default_factory=set)


@dataclass
class Entry:
    """One entry of the waiting list."""

    guest: str
    type: int
    state: str = "waiting"
    deadline: int = 0
    is_by_cancelling: bool = False

    @property
    def is_open(self) -> bool:
        return self.state in ("waiting", "offered")


@dataclass
class Sale:
    """How a type is sold: held back (locked, hidden), from then and until then (epoch ms)."""

    is_locked: bool = False
    is_hidden: bool = False
    starts: int | None = None
    ends: int | None = None

    def is_on(self, now: int) -> bool:
        is_late = self.ends is not None and self.ends <= now
        is_early = self.starts is not None and now < self.starts
        return not (self.is_locked or self.is_hidden or is_early or is_late)


@dataclass
class Model:
    """The event. `types` and `sessions` are how many there are of each, None = any number."""

    capacity: int | None
    types: list[int | None]
    sessions: list[int | None]
    hours: int
    now: int = 0
    state: str = "open"
    closed_sessions: set[int] = field(default_factory=set)
    sales: dict[int, Sale] = field(default_factory=dict)
    guests: dict[str, Guest] = field(default_factory=dict)
    line: list[Entry] = field(default_factory=list)
    # Who said no to a campaign's invitation, and when the newest ticket of its type was made that
    # they kept, since it came another way; 0 = none.
    declined: dict[tuple[str, int], int] = field(default_factory=dict)
    # Who said yes to one, and what tickets they had then.
    confirmed: dict[tuple[str, int], list[Ticket]] = field(default_factory=dict)

    # -- counting ---------------------------------------------------------------------------

    def offers(self) -> list[Entry]:
        return [entry for entry in self.line if entry.state == "offered"]

    def held(self) -> int:
        return len(self.guests) + len(self.offers())

    def held_of(self, type_: int) -> int:
        tickets = [ticket.type for guest in self.guests.values() for ticket in guest.tickets]
        return [*tickets, *(entry.type for entry in self.offers())].count(type_)

    def booked(self, session: int) -> int:
        return len([guest for guest in self.guests.values() if session in guest.booked])

    def is_sold(self, type_: int) -> bool:
        """Whether people get one by themselves now, at a door or from the list."""
        return self.sales.get(type_, Sale()).is_on(self.now)

    def has_place(self) -> bool:
        return self.capacity is None or self.held() < self.capacity

    def has_ticket(self, type_: int) -> bool:
        quantity = self.types[type_]
        return quantity is None or self.held_of(type_) < quantity

    def has_seat(self, session: int) -> bool:
        places = self.sessions[session]
        return places is None or self.booked(session) < places

    def entry_of(self, guest: str) -> Entry | None:
        return next((entry for entry in self.line if entry.guest == guest and entry.is_open), None)

    def offer_of(self, guest: str, type_: int | None = None) -> Entry | None:
        """The offer that the guest may still take, of that type or any."""
        entry = self.entry_of(guest)
        is_good = entry and entry.state == "offered" and entry.deadline > self.now
        return entry if entry and is_good and type_ in (None, entry.type) else None

    def tickets_of(self, guest: str, type_: int) -> list[Ticket]:
        own = self.guests[guest].tickets if guest in self.guests else []
        return [ticket for ticket in own if ticket.type == type_]

    # -- in ---------------------------------------------------------------------------------

    def refuse_state(self, by: str) -> str:
        """Closed and draft mean the same at every door: staff alone come through."""
        return "" if by == STAFF or self.state == "open" else self.state

    def enter(self, guest: str, type_: int, by: str) -> str:
        """A ticket of the type, and a place with the first; with the guest's own offer if they have
        one of that type. Why not, when all is as before, or "" when it is given."""
        first = [] if self.offer_of(guest, type_) else self.serve(type_)
        if refusal := self._enter(guest, type_, by):
            self._take_back(first)
        return refusal

    def serve(self, type_: int | None = None) -> list[Entry]:
        """Before anybody takes a ticket of a type that has some (or a place), what stands free
        since time has passed goes to those who wait. Returns to whom."""
        before = self.offers()
        if type_ is None or self.has_ticket(type_):
            self.promote()
        return [offer for offer in self.offers() if not any(offer is one for one in before)]

    def _take_back(self, offers: list[Entry]) -> None:
        for entry in offers:
            entry.state, entry.deadline = "waiting", 0

    def _enter(self, guest: str, type_: int, by: str) -> str:
        own = self.offer_of(guest, type_)
        is_there = guest in self.guests
        if not own and not self.has_ticket(type_):
            return "full"
        if not own and by in BY_THEMSELVES and not self.is_sold(type_):
            return "type"
        if not own and not (is_there or self.has_place()):
            return "full"
        if own:
            own.state = "taken"
        self.guests.setdefault(guest, Guest([])).tickets.append(Ticket(type_, by, self.now))
        self.promote()
        return ""

    def add(self, guest: str, type_: int, by: str) -> str:
        """One ticket of a type, beside others; a guest who holds one of it keeps it."""
        if not self.tickets_of(guest, type_):
            return self.enter(guest, type_, by)
        self._claim(guest, by, type_)
        self._give_way(guest, type_)
        return ""

    def _claim(self, guest: str, by: str, type_: int | None = None) -> None:
        """What an invitation alone gave is the other door's, once they ask there too."""
        tickets = [t for t in self.guests[guest].tickets if type_ in (None, t.type)]
        if not by.startswith("invitation") and all(
            ticket.grant.startswith("invitation") for ticket in tickets
        ):
            max(tickets, key=lambda ticket: ticket.made_at).grant = by

    def _give_way(self, guest: str, type_: int) -> None:
        """Somebody has what they are offered: it goes to the next."""
        if own := self.offer_of(guest, type_):
            own.state = "taken"
            self.promote()

    def register(self, guest: str, type_: int) -> str:
        """The page: a guest who is registered stays as they are."""
        if reason := self.refuse_state("form"):
            return reason
        if not self.is_sold(type_):
            return "type"
        if guest not in self.guests:
            return self.enter(guest, type_, "form")
        self._claim(guest, "form")
        if self.guests[guest].tickets[-1].type == type_:
            self._give_way(guest, type_)
        return ""

    def ask_program(self, guest: str) -> str:
        """A program names no type: what is offered to the guest, else the default one."""
        sold = [type_ for type_ in range(len(self.types)) if self.is_sold(type_)]
        if not sold:
            return "type"
        if guest in self.guests:
            self._claim(guest, "integration")
            return ""
        own = self.offer_of(guest)
        chosen = own.type if own and own.type in sold else sold[0]
        return self.refuse_state("integration") or self.enter(guest, chosen, "integration")

    def _type_for(self, guest: str) -> int:
        own = self.offer_of(guest)
        return own.type if own else 0

    def apply(self, guest: str, sessions: list[int]) -> list[str]:
        """The registration API: a session is had or not; without one there is no registration."""
        if self.state != "open":
            return [self.state for _ in sessions]
        known = self.guests.get(guest)
        reasons = [self._refuse_seat(known, session) for session in sessions]
        new = [session for session, reason in zip(sessions, reasons, strict=True) if not reason]
        if not new:
            return reasons
        if known is None:
            if full := self.enter(guest, self._type_for(guest), "integration"):
                return [reason or full for reason in reasons]
            known = self.guests[guest]
        else:
            self._claim(guest, "integration")
        known.booked |= set(new)
        return reasons

    def _refuse_seat(self, known: Guest | None, session: int) -> str:
        if session in self.closed_sessions:
            return "session"
        is_booked = known is not None and session in known.booked
        return "" if is_booked or self.has_seat(session) else "full"

    def confirm(self, guest: str, campaign: int) -> str:
        """One ticket of the invitation's type, beside others."""
        if self.answer(guest, campaign) != "confirmed":
            if reason := self.refuse_state("invitation"):
                return reason
            if reason := self.add(guest, INVITED[campaign], f"invitation {campaign}"):
                return reason
        self.declined.pop((guest, campaign), None)
        self.confirmed[guest, campaign] = list(self.guests[guest].tickets)
        return ""

    def answer(self, guest: str, campaign: int) -> str:
        """What an invitation says is read from what is so: a ticket of its type confirms it, unless
        they said no since."""
        after = self.declined.get((guest, campaign), -1)
        if any(ticket.made_at > after for ticket in self.tickets_of(guest, INVITED[campaign])):
            return "confirmed"
        return "declined" if (guest, campaign) in self.declined else "pending"

    # -- out --------------------------------------------------------------------------------

    def decline(self, guest: str, campaign: int) -> None:
        """Gives back what this invitation gave, and nothing else; what another one confirmed, too,
        is that one's."""
        if self.answer(guest, campaign) == "declined":
            return
        self.confirmed.pop((guest, campaign), None)
        if guest in self.guests:
            own = self.list_given_back(guest, campaign)
            for ticket in self._given_by(guest, campaign):
                ticket.grant = self._next_grant(guest, ticket) or ticket.grant
            self.give_back(guest, own)
        kept = self.tickets_of(guest, INVITED[campaign])
        self.declined[guest, campaign] = max((ticket.made_at for ticket in kept), default=0)

    def _given_by(self, guest: str, campaign: int) -> list[Ticket]:
        known = self.guests.get(guest, Guest([]))
        return [ticket for ticket in known.tickets if ticket.grant == f"invitation {campaign}"]

    def list_given_back(self, guest: str, campaign: int) -> list[Ticket]:
        """What the guest loses who declines that invitation now."""
        own = self._given_by(guest, campaign)
        return [ticket for ticket in own if not self._next_grant(guest, ticket)]

    def _next_grant(self, guest: str, ticket: Ticket) -> str:
        """Another invitation to the type that keeps a ticket: it was confirmed while the ticket was
        there, and gave none itself."""
        own = {other.grant for other in self.guests[guest].tickets}
        for (who, campaign), there in self.confirmed.items():
            is_to_type = who == guest and INVITED[campaign] == ticket.type
            grant = f"invitation {campaign}"
            if is_to_type and grant not in own and any(one is ticket for one in there):
                return grant
        return ""

    def cancel(self, guest: str) -> None:
        self.give_back(guest, list(self.guests[guest].tickets))

    def give_back(self, guest: str, tickets: list[Ticket]) -> None:
        """The registration, with all that is booked, ends with its last ticket."""
        known = self.guests[guest]
        known.tickets = [
            ticket for ticket in known.tickets if not any(ticket is own for own in tickets)
        ]
        if not known.tickets:
            del self.guests[guest]
        self.promote()

    # -- the event's state ------------------------------------------------------------------

    def set_state(self, state: str) -> None:
        """An offer stands only while the event takes people: else they wait again, in order. A
        cancelled event ends its list, and brings it back when it is revived."""
        before, self.state = self.state, state
        if state != "open":
            for offer in self.offers():
                offer.state, offer.deadline = "waiting", 0
        if state == "cancelled":
            for entry in self.line:
                if entry.is_open:
                    entry.state, entry.is_by_cancelling = "lapsed", True
        elif before == "cancelled":
            self._revive_list()
        self.promote()

    def _revive_list(self) -> None:
        for entry in self.line:
            is_out = entry.guest in self.guests or self.entry_of(entry.guest)
            if entry.is_by_cancelling and not is_out and self.has_address(entry.guest):
                entry.state, entry.is_by_cancelling = "waiting", False

    def has_address(self, guest: str) -> bool:
        return bool(guest)

    # -- the waiting list -------------------------------------------------------------------

    def join(self, guest: str, type_: int) -> str:
        if reason := self.refuse_state("page"):
            return reason
        if self.sales.get(type_, Sale()).is_locked:
            return "type"
        if self.entry_of(guest):
            return ""
        if guest in self.guests:
            return "registered"
        if self.has_ticket(type_) and self.has_place():
            return "places"
        self.line.append(Entry(guest, type_))
        return ""

    def promote(self) -> None:
        """Places that are free go to those who wait, the first whose type has one first."""
        while self.state == "open" and self.has_place():
            waiting = [entry for entry in self.line if entry.state == "waiting"]
            ready = (e for e in waiting if self.has_ticket(e.type) and self.is_sold(e.type))
            first = next(ready, None)
            if first is None:
                return
            self._offer(first)

    def _offer(self, entry: Entry) -> None:
        entry.state, entry.deadline = "offered", self.now + self.hours * HOUR_MS

    def offer_by_hand(self, guest: str) -> str:
        """Staff offer a free place out of turn, of whatever type."""
        entry = next(entry for entry in reversed(self.line) if entry.guest == guest)
        if entry.state != "waiting":
            return "" if entry.state == "offered" else "ended"
        if not (self.has_ticket(entry.type) and self.has_place()):
            return "full"
        if reason := self.refuse_state("offer"):
            return reason
        self._offer(entry)
        return ""

    def set_sale(self, type_: int, sale: Sale) -> None:
        self.sales[type_] = sale
        self.promote()

    def take(self, guest: str) -> str:
        entry = next(entry for entry in reversed(self.line) if entry.guest == guest)
        if entry.state == "taken":
            return ""
        if reason := self.refuse_state("offer"):
            return reason
        if self.offer_of(guest) is not entry:
            return "no offer"
        return self.add(guest, entry.type, "offer")

    def leave(self, guest: str) -> None:
        if entry := self.entry_of(guest):
            entry.state = "left"
            self.promote()

    def let_lapse(self) -> None:
        overdue = [offer for offer in self.offers() if offer.deadline <= self.now]
        for entry in sorted(overdue, key=lambda offer: offer.deadline):
            entry.state = "lapsed"
            self.promote()
        self.promote()

    # -- changes ----------------------------------------------------------------------------

    def transfer(self, guest: str, ticket: Ticket, to: str) -> str:
        """A ticket passes on with its place; the bookings go with the last one."""
        if to in self.guests:
            return "registered"
        giver = self.guests[guest]
        is_last = len(giver.tickets) == 1
        first = self.serve()
        if not is_last and not self.has_place():
            self._take_back(first)
            return "full"
        giver.tickets = [other for other in giver.tickets if other is not ticket]
        booked = giver.booked if is_last else set()
        self.guests[to] = Guest([Ticket(ticket.type, _passed_on(ticket.grant), self.now)], booked)
        if is_last:
            del self.guests[guest]
        self.promote()
        return ""

    def change_type(self, ticket: Ticket, type_: int) -> str:
        if ticket.type == type_:
            return ""
        first = self.serve(type_)
        if not self.has_ticket(type_):
            self._take_back(first)
            return "full"
        ticket.type = type_
        self.promote()
        return ""


def _passed_on(grant: str) -> str:
    """An invitation is its invitee's own: it does not give back what somebody else holds."""
    return grant.partition(" ")[0]
