"""What is shown at the door, and what is answered: the vocabulary of scans on phones."""

import enum

import msgspec

from turnout.core.checkin.scans import Result
from turnout.core.ids import RegistrationId, TicketId, TicketTypeId


class Verdict(enum.StrEnum):
    """What the door says. `ask`: a phone without a network sent somebody to a supervisor; `paid` is
    of conflicts alone: a ticket was paid twice, or needed no payment."""

    ADMITTED = "admitted"
    RETURNED = "returned"
    LEFT = "left"
    AGAIN = "again"
    ELSEWHERE = "elsewhere"
    OTHER_DAY = "other_day"
    CANCELLED = "cancelled"
    UNPAID = "unpaid"
    OTHER_EVENT = "other_event"
    FORGED = "forged"
    UNKNOWN = "unknown"
    ASK = "ask"
    PAID = "paid"


SAID = {
    Result.ADMITTED: Verdict.ADMITTED,
    Result.REPEATED: Verdict.AGAIN,
    Result.CANCELLED: Verdict.CANCELLED,
    Result.ELSEWHERE: Verdict.ELSEWHERE,
    Result.UNPAID: Verdict.UNPAID,
    Result.UNKNOWN: Verdict.UNKNOWN,
    Result.ASK: Verdict.ASK,
}

# As which a scan is kept whose holder a phone turned away by itself; any other as unknown: the
# phone did not know the ticket.
REFUSED: dict[str, Result] = {
    Verdict.AGAIN: Result.REPEATED,
    Verdict.CANCELLED: Result.CANCELLED,
    Verdict.ELSEWHERE: Result.ELSEWHERE,
    Verdict.OTHER_DAY: Result.ELSEWHERE,
    Verdict.UNPAID: Result.UNPAID,
    Verdict.ASK: Result.ASK,
}


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What was shown at the door: a code that was read or typed, or (else 0) a ticket's number.
    `at` in epoch ms by the server's clock; a `nonce` names one scan of the device."""

    code: str = ""
    ticket: TicketId = TicketId(0)
    at: int
    nonce: str


class Companion(msgspec.Struct, frozen=True):
    """Another ticket of the same registration or party."""

    ticket: TicketId
    name: str
    ticket_type: str
    checked_in_at: int | None


class ShownAnswer(msgspec.Struct, frozen=True):
    """What somebody answered to a question that is shown at the door."""

    label: str
    answer: str


class WantedAgreement(msgspec.Struct, frozen=True):
    """An agreement that is still to be agreed to; `text` is plain."""

    question: str
    label: str
    text: str


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan is answered. Instants in epoch ms; empty texts and None = not known or not so.
    `first_…` is the check-in that was before; `go_to` are the gates that let the ticket in,
    `go_on` the days (YYYY-MM-DD by the event's clock) on which they do, empty = today;
    `event` is the other event of ours that a ticket is for; `open_minor` is still to be paid, also
    by somebody who was let in.
    `cancelled_at`, `cancelled_by` and `cancelled_name` (of a user) tell who cancelled it.
    `is_outside`: somebody goes out who is out already, as `left_…` says. `paid_…`: the ticket that
    was paid now had been paid before, then and to that device (empty = not at the door).
    `answers` and `notes` are those that are meant for the door."""

    verdict: Verdict
    ticket: TicketId | None = None
    name: str = ""
    company: str = ""
    ticket_type: str = ""
    first_at: int | None = None
    first_gate: str = ""
    first_device: str = ""
    cancelled_at: int | None = None
    cancelled_by: str = ""
    cancelled_name: str = ""
    is_outside: bool = False
    left_at: int | None = None
    left_gate: str = ""
    left_device: str = ""
    paid_at: int | None = None
    paid_device: str = ""
    go_to: list[str] = []
    go_on: list[str] = []
    event: str = ""
    open_minor: int = 0
    currency: str = ""
    companions: list[Companion] = []
    answers: list[ShownAnswer] = []
    notes: list[str] = []
    agreements: list[WantedAgreement] = []


class Undone(msgspec.Struct, frozen=True):
    """What an undo is answered: when (epoch ms) and by which device the ticket is checked in all
    the same, None = it is not; and whether its holder is outside."""

    done: str = "undone"
    first_at: int | None = None
    first_device: str = ""
    is_outside: bool = False


class FoundTicket(msgspec.Struct, frozen=True):
    """A ticket of the event, and whose it is."""

    id: TicketId
    code: str
    registration_id: RegistrationId
    party_id: int | None
    ticket_type_id: TicketTypeId
    type_name: str
    first_name: str
    last_name: str
    company: str
    checked_in_at: int | None

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()
