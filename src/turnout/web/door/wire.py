"""Requests and answers of `/door/api`."""

from typing import Annotated

import msgspec
from msgspec import Meta

from turnout.core.door.counting import Counters
from turnout.core.door.readings import MOST_READINGS
from turnout.core.door.snapshots import Row
from turnout.core.door.uploading import MOST_SCANS, KeptConflict, OfflineScan
from turnout.core.ids import DeviceId, EventId, PrinterId, TicketTypeId

LATEST = 2**53

Number = Annotated[int, Meta(ge=0, le=LATEST)]
Nonce = Annotated[str, Meta(min_length=8, max_length=64, pattern="^[0-9A-Za-z_-]+$")]
Code = Annotated[str, Meta(max_length=500)]


class ScanBody(msgspec.Struct, frozen=True, kw_only=True):
    """A scan: a code as it was read or typed, or the number of a ticket. `question` is what was
    agreed to."""

    nonce: Nonce
    code: Code = ""
    ticket: Number = 0
    event: Number = 0
    reason: Annotated[str, Meta(max_length=200)] = ""
    question: Annotated[str, Meta(max_length=200)] = ""


class ReadingsBody(msgspec.Struct, frozen=True, kw_only=True):
    """What a scanner may have meant."""

    readings: Annotated[list[Code], Meta(min_length=1, max_length=MOST_READINGS)]
    event: Number = 0


class PrintBody(msgspec.Struct, frozen=True, kw_only=True):
    """The badge of a ticket, and a printer of the event."""

    ticket: Number
    printer: Number
    event: Number = 0


class WalkInBody(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is to be registered and let in; the same `nonce` is answered alike."""

    nonce: Nonce | None = None
    email: Annotated[str, Meta(max_length=254)] = ""
    first_name: Annotated[str, Meta(max_length=100)] = ""
    last_name: Annotated[str, Meta(max_length=100)] = ""
    ticket_type: Number = 0
    event: Number = 0


class OfflineBody(msgspec.Struct, frozen=True, kw_only=True):
    """Scans that were made without a network, in their order."""

    sent_at: Number
    scans: Annotated[list[OfflineScan], Meta(max_length=MOST_SCANS)]
    event: Number = 0


class TypeOnSale(msgspec.Struct, frozen=True):
    """A ticket type for walk-ins; `left` None = any number."""

    id: TicketTypeId
    name: str
    price_minor: int
    currency: str
    left: int | None


class PrinterAt(msgspec.Struct, frozen=True):
    """A printer for badges that this server reaches."""

    id: PrinterId
    name: str


class PlaceState(msgspec.Struct, frozen=True):
    """An event at whose door the device stands."""

    event: EventId
    title: str
    timezone: str
    gate: str
    has_exit: bool
    looks_first: bool
    printers: list[PrinterAt]
    ticket_types: list[TypeOnSale]


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Who the device is. `word` is empty once the console has confirmed it."""

    at: int
    device: DeviceId
    name: str
    role: str
    word: str
    ends_at: int
    form: str
    places: list[PlaceState]


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What changed since; `at` is where the next difference begins; with other
    `rules` than the snapshot's, that is taken again."""

    at: int
    state: str
    rules: str
    looks_first: bool
    tickets: list[Row]
    conflicts: list[KeptConflict]
    counters: Counters | None = None
