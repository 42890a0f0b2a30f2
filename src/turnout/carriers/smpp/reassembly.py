"""Long replies come in parts; here they wait for one another, within bounds.

A part is named by a user data header (8- or 16-bit reference) or by sar_* parameters. What comes
out is text: of all parts, or of those that came when the time or the room is over, with `[…]`
where some are missing, because even half a reply may say STOP.

Each part comes with the answer to its deliver_sm, as a function. Answers come out with the text,
so that a reply is acknowledged when it is stored. But a network that sends the next part only
after the answer to the last must not wait for ever: answers due for `ANSWER_S` are handed out
before. From then on their parts are in memory only, so they are kept (`restore`) when the text
could not be stored; all others are sent again by the network.
"""

from collections import OrderedDict
from collections.abc import Callable
from itertools import groupby
from typing import NamedTuple

from turnout.carriers.smpp import gsm
from turnout.carriers.smpp.pdu import (
    ESM_UDHI,
    TLV_MESSAGE_PAYLOAD,
    TLV_SAR_NUMBER,
    TLV_SAR_REF,
    TLV_SAR_TOTAL,
    Sms,
)

ANSWER_S = 1.0
MAX_OCTETS = 4 << 20
PART_OVERHEAD_OCTETS = 500
MISSING = "[…]"
# Of reference, total and number (5.3.2.22 to 24): a total of more octets would have no end.
_SAR_OCTETS = (2, 1, 1)

Answer = Callable[[int], None]
"""Answers a deliver_sm with a command_status."""

Key = tuple[str, str, str, int, int]


class Part(NamedTuple):
    """One part of a message; a message in one piece has a `total` of 1."""

    sender: str
    recipient: str
    coding: int
    octets: bytes
    kind: str = ""
    reference: int = 0
    total: int = 1
    number: int = 1

    @property
    def key(self) -> Key:
        """What the parts of one message have in common."""
        return self.sender, self.recipient, self.kind, self.reference, self.total


class Text(NamedTuple):
    """A message that came out. `answers` are still due; the answered parts are only here."""

    sender: str
    recipient: str
    text: str
    answers: list[Answer]
    answered: list[Part]


def read_part(sms: Sms) -> Part:
    """The part that a deliver_sm carries. A header that makes no sense is skipped."""
    octets = sms.content or sms.tlvs.get(TLV_MESSAGE_PAYLOAD, b"")
    kind, place = "sar", _read_sar(sms)
    if sms.esm_class & ESM_UDHI and octets and octets[0] < len(octets):
        end = 1 + octets[0]
        kind, place = _read_header(octets[1:end])
        octets = octets[end:]
    sender, recipient = (
        address.number.removeprefix("+") for address in (sms.source, sms.destination)
    )
    part = Part(sender, recipient, sms.data_coding, octets)
    if place and 1 <= place[2] <= place[1] > 1:
        reference, total, number = place
        return part._replace(kind=kind, reference=reference, total=total, number=number)
    return part


def _read_sar(sms: Sms) -> tuple[int, int, int] | None:
    octets = [sms.tlvs.get(tag, b"") for tag in (TLV_SAR_REF, TLV_SAR_TOTAL, TLV_SAR_NUMBER)]
    if tuple(map(len, octets)) != _SAR_OCTETS:
        return None
    reference, total, number = (int.from_bytes(octet, "big") for octet in octets)
    return reference, total, number


def _read_header(header: bytes) -> tuple[str, tuple[int, int, int] | None]:
    while len(header) >= 2:
        name, value, header = header[0], header[2 : 2 + header[1]], header[2 + header[1] :]
        if name == 0x00 and len(value) == 3:
            return "8", (value[0], value[1], value[2])
        if name == 0x08 and len(value) == 4:
            return "16", (int.from_bytes(value[:2], "big"), value[2], value[3])
    return "", None


class _Message:
    """A message of which parts are missing: parts, and answers due with since when, by number."""

    def __init__(self, now: float) -> None:
        self.began = now
        self.parts: dict[int, Part] = {}
        self.answers: dict[int, list[tuple[float, Answer]]] = {}


class Reassembly:
    """Messages of which parts are missing, the oldest first. `now` is in seconds."""

    def __init__(self, timeout_s: float, max_octets: int = MAX_OCTETS) -> None:
        self._timeout_s = timeout_s
        self._max_octets = max_octets
        self._octets = 0
        self._messages: OrderedDict[Key, _Message] = OrderedDict()

    def add(self, part: Part, answer: Answer, now: float) -> list[Text]:
        """Take a part in; its message comes out if whole, and others for want of room."""
        message = self._put(part, now)
        message.answers.setdefault(part.number, []).append((now, answer))
        ready = [self._take(part.key)] if len(message.parts) == part.total else []
        while self._octets > self._max_octets:
            ready.append(self._take(next(iter(self._messages))))
        return ready

    def restore(self, text: Text, now: float) -> None:
        """Take back what only we have of a text that could not be stored."""
        for part in text.answered:
            self._put(part, now)

    def expire(self, now: float) -> list[Text]:
        """Take out what has waited too long, with gaps."""
        ready = []
        while self._messages:
            key, message = next(iter(self._messages.items()))
            if message.began + self._timeout_s > now:
                break
            ready.append(self._take(key))
        return ready

    def drain(self) -> list[Text]:
        """Take out all of which only we have a part, with gaps."""
        keys = [
            key
            for key, message in self._messages.items()
            if len(message.answers) < len(message.parts)
        ]
        return [self._take(key) for key in keys]

    def take_due_answers(self, now: float) -> list[Answer]:
        """The answers that must be given although their messages are not whole."""
        due = []
        for message in self._messages.values():
            for number, answers in list(message.answers.items()):
                if answers[0][0] + ANSWER_S <= now:
                    due += [answer for _, answer in message.answers.pop(number)]
        return due

    def _put(self, part: Part, now: float) -> _Message:
        message = self._messages.setdefault(part.key, _Message(now))
        if known := message.parts.get(part.number):
            self._octets -= _octets(known)
        message.parts[part.number] = part
        self._octets += _octets(part)
        return message

    def _take(self, key: Key) -> Text:
        message = self._messages.pop(key)
        parts = message.parts
        self._octets -= sum(map(_octets, parts.values()))
        sender, recipient, *_, total = key
        return Text(
            sender,
            recipient,
            _join([parts.get(number) for number in range(1, total + 1)]),
            [answer for answers in message.answers.values() for _, answer in answers],
            [part for number, part in parts.items() if number not in message.answers],
        )


def _octets(part: Part) -> int:
    return len(part.octets) + PART_OVERHEAD_OCTETS


def _join(parts: list[Part | None]) -> str:
    """Octets of neighbours are joined before they are read: a part may end inside a character."""
    pieces = groupby(parts, key=lambda part: part.coding if part else None)
    return "".join(
        MISSING
        if coding is None
        else gsm.decode(coding, b"".join(part.octets for part in run if part))
        for coding, run in pieces
    )
