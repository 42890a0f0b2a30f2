"""A network that takes every message at once and reports it delivered: `python -m bench.smpp_sink`.

A process of its own, so that it shares no interpreter with what it measures. It speaks real SMPP,
with as little work as that takes: each submit_sm is answered and, when a receipt was asked for,
followed by one. What it saw is printed as JSON for each line on standard input, and when that
closes.
"""

import asyncio
import json
import struct
import sys

import uvloop

from turnout.carriers.smpp import pdu

_HEADER = struct.Struct(">IIII")
_DELIVERED = struct.pack(">HHB", pdu.TLV_MESSAGE_STATE, 1, 2)
_ID_DIGITS = 10
_SENDER, _RECIPIENT = b"SENDER", b"RECIPIENT"
# Everything of a receipt but whose it is and the message's id.
_RECEIPT = pdu.encode_sms(
    pdu.Sms(
        source=pdu.Address(1, 1, _RECIPIENT.decode()),
        destination=pdu.Address(1, 1, _SENDER.decode()),
        esm_class=4,
        content=b"id:see-tlv sub:001 dlvrd:001 submit date:2501010000 done date:2501010000 "
        b"stat:DELIVRD err:000 text:",
    )
) + struct.pack(">HH", pdu.TLV_RECEIPTED_MESSAGE_ID, _ID_DIGITS + 1)
_AROUND_BYTES = pdu.HEADER_BYTES + _ID_DIGITS + 1 + len(_DELIVERED)
_ANSWER_BYTES = pdu.HEADER_BYTES + _ID_DIGITS + 1


class Sink:
    """What all connections saw."""

    def __init__(self) -> None:
        self.binds = 0
        self.submitted = 0
        self.acknowledged = 0
        self.refused = 0


class _Connection(asyncio.Protocol):
    """One bind."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.framer = pdu.Framer()
        self.sequence = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        out: list[bytes] = []
        for unit in self.framer.feed(data):
            if unit.command == pdu.SUBMIT_SM:
                self.submit(unit, out)
            elif unit.command == pdu.DELIVER_SM | pdu.RESPONSE:
                self.sink.acknowledged += unit.status == 0
                self.sink.refused += unit.status != 0
            elif not unit.command & pdu.RESPONSE:
                self.sink.binds += unit.command == pdu.BIND_TRANSCEIVER
                body = b"sink\0" if unit.command == pdu.BIND_TRANSCEIVER else b""
                out.append(pdu.encode(unit.command | pdu.RESPONSE, 0, unit.sequence, body))
        if out:
            self.transport.write(b"".join(out))

    def submit(self, unit: pdu.Pdu, out: list[bytes]) -> None:
        self.sink.submitted += 1
        network_id = b"%0*d\0" % (_ID_DIGITS, self.sink.submitted)
        answer = _HEADER.pack(_ANSWER_BYTES, pdu.SUBMIT_SM | pdu.RESPONSE, 0, unit.sequence)
        out += (answer, network_id)
        sms = pdu.decode_sms(unit.body)
        if sms.registered_delivery:
            self.sequence += 1
            receipt = _RECEIPT.replace(_SENDER, sms.source.number.encode())
            receipt = receipt.replace(_RECIPIENT, sms.destination.number.encode())
            length = _AROUND_BYTES + len(receipt)
            header = _HEADER.pack(length, pdu.DELIVER_SM, 0, self.sequence)
            out += (header, receipt, network_id, _DELIVERED)


async def _main(port: int) -> None:
    loop = asyncio.get_running_loop()
    sink = Sink()
    server = await loop.create_server(lambda: _Connection(sink), "127.0.0.1", port)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(vars(sink)), flush=True)
    print(json.dumps(vars(sink)), flush=True)


if __name__ == "__main__":
    uvloop.run(_main(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
