"""The wire of SMPP 3.4: frames, and the bodies that an ESME needs.

Nothing here trusts the peer: every length is held against what is there before anything is made
of it, and whatever does not fit is Malformed. Sections are those of the SMPP 3.4 specification.
"""

import re
import struct
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

import msgspec

GENERIC_NACK = 0x80000000
SUBMIT_SM = 0x00000004
DELIVER_SM = 0x00000005
UNBIND = 0x00000006
BIND_TRANSCEIVER = 0x00000009
ENQUIRE_LINK = 0x00000015
RESPONSE = 0x80000000
"""Set in the command of every answer."""

INTERFACE_VERSION = 0x34
HEADER_BYTES = 16
# The longest thing is a deliver_sm with 64 KiB of message_payload (5.3.2.32).
MAX_BYTES = 70_000
MAX_ADDRESS = 20
# Addresses may have 20 characters and ids 64 (5.2.8, 5.2.23); networks are generous.
_MAX_CSTRING = 65

ESM_UDHI = 0x40
"""esm_class: the content begins with a user data header."""

TLV_RECEIPTED_MESSAGE_ID = 0x001E
TLV_SAR_REF = 0x020C
TLV_SAR_TOTAL = 0x020E
TLV_SAR_NUMBER = 0x020F
TLV_NETWORK_ERROR = 0x0423
TLV_MESSAGE_PAYLOAD = 0x0424
TLV_MESSAGE_STATE = 0x0427

_HEADER = struct.Struct(">IIII")
_TLV = struct.Struct(">HH")
# service_type; source; destination; esm_class, protocol_id, priority_flag; schedule_delivery_time;
# validity_period; registered_delivery, replace_if_present, data_coding, default message, length.
_SMS = re.compile(
    rb"%(name)s(..%(text)s)\0(..%(text)s)\0(.)..%(name)s%(name)s(.....)"
    % {b"text": b"[^\0]{0,%d}" % _MAX_CSTRING, b"name": b"[^\0]{0,%d}\0" % _MAX_CSTRING},
    re.DOTALL,
)


class Malformed(Exception):
    """What came is no PDU, or not one of its kind."""


class Pdu(NamedTuple):
    """One frame."""

    command: int
    status: int
    sequence: int
    body: bytes


class Address(NamedTuple):
    """A number with its type (TON) and numbering plan (NPI)."""

    ton: int
    npi: int
    number: str


class Sms(msgspec.Struct, frozen=True, kw_only=True):
    """What submit_sm and deliver_sm have in common; the members that Turnout does not use are
    sent as zero and skipped when read. `content` is short_message, at most 254 octets."""

    source: Address
    destination: Address
    esm_class: int = 0
    validity_period: bytes = b""
    registered_delivery: int = 0
    data_coding: int = 0
    content: bytes = b""
    tlvs: Mapping[int, bytes] = {}


def encode(command: int, status: int, sequence: int, body: bytes = b"") -> bytes:
    """A whole frame."""
    return _HEADER.pack(HEADER_BYTES + len(body), command, status, sequence) + body


class Framer:
    """Cuts a stream into frames, wherever the network has cut it."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[Pdu]:
        """The frames that are whole now; read to the end before feeding more.

        Raises Malformed when a length is impossible: what follows cannot be read either.
        """
        source: bytes | bytearray = data
        if self._rest:
            self._rest += data
            source = self._rest
        start = 0
        while len(source) - start >= 4:
            length = int.from_bytes(source[start : start + 4], "big")
            if not HEADER_BYTES <= length <= MAX_BYTES:
                raise Malformed(f"a PDU of {length} octets")
            end = start + length
            if end > len(source):
                break
            _, command, status, sequence = _HEADER.unpack_from(source, start)
            yield Pdu(command, status, sequence, bytes(source[start + HEADER_BYTES : end]))
            start = end
        if source is self._rest:
            del self._rest[:start]
        else:
            self._rest += source[start:]


def encode_bind(system_id: str, password: str, system_type: str) -> bytes:
    """The body of bind_transceiver (4.1.5); the names in ASCII without NUL."""
    names = "".join(f"{name}\0" for name in (system_id, password, system_type))
    return names.encode("ascii") + bytes((INTERFACE_VERSION, 0, 0, 0))


def encode_sms(sms: Sms) -> bytes:
    """The body of submit_sm or deliver_sm (4.4.1, 4.6.1)."""
    source, destination = sms.source, sms.destination
    body = b"".join(
        (
            bytes((0, source.ton, source.npi)),
            source.number.encode("latin-1"),
            bytes((0, destination.ton, destination.npi)),
            destination.number.encode("latin-1"),
            bytes((0, sms.esm_class, 0, 0, 0)),
            sms.validity_period,
            bytes((0, sms.registered_delivery, 0, sms.data_coding, 0, len(sms.content))),
            sms.content,
        )
    )
    for tag, value in sms.tlvs.items():
        body += _TLV.pack(tag, len(value)) + value
    return body


@lru_cache(maxsize=1024)
def encode_time(epoch_s: int) -> bytes:
    """An instant as schedule_delivery_time and validity_period have it: absolute, UTC (7.1.1)."""
    at = datetime.fromtimestamp(epoch_s, UTC)
    return f"{at:%y%m%d%H%M%S}000+".encode()


def decode_sms(body: bytes) -> Sms:
    """Read the body of submit_sm or deliver_sm. Raises Malformed."""
    found = _SMS.match(body)
    if not found:
        raise Malformed("a message without all of its members")
    source, destination, esm_class, flags = found.groups()
    registered_delivery, _, data_coding, _, length = flags
    start = found.end()
    end = start + length
    if end > len(body):
        raise Malformed(f"a short_message of {length} octets that is not all there")
    return Sms(
        source=_read_address(source),
        destination=_read_address(destination),
        esm_class=esm_class[0],
        registered_delivery=registered_delivery,
        data_coding=data_coding,
        content=body[start:end],
        tlvs=_read_tlvs(body, end) if end < len(body) else {},
    )


def read_cstring(body: bytes) -> str:
    """The name that a body begins with; empty when it is longer than names are."""
    text = body.partition(b"\0")[0]
    return text.decode("latin-1") if len(text) <= _MAX_CSTRING else ""


def _read_address(octets: bytes) -> Address:
    return Address(octets[0], octets[1], octets[2:].decode("latin-1"))


def _read_tlvs(body: bytes, at: int) -> dict[int, bytes]:
    tlvs = {}
    while at < len(body):
        if at + 4 > len(body):
            raise Malformed("an optional parameter that ends too early")
        tag, length = _TLV.unpack_from(body, at)
        at += 4
        if at + length > len(body):
            raise Malformed(f"optional parameter {tag:#06x} of {length} octets, not all there")
        tlvs[tag] = body[at : at + length]
        at += length
    return tlvs
