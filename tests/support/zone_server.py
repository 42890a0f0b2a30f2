"""A name server on loopback for programs of other processes: it tells a zone, by UDP and TCP."""

import socketserver
import threading
from typing import Any, Self

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

DATAGRAM_BYTES = 512


class ZoneServer:
    """Serves `zone`, which may change: (name, kind) -> what a zone file has of it. Names that are
    not there are answered with NXDOMAIN, and nothing at all while `is_silent`."""

    def __init__(self) -> None:
        self.zone: dict[tuple[str, str], list[str]] = {}
        self.is_silent = False
        served = self

        class Datagrams(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                data, sock = self.request
                if wire := served.answer(data, DATAGRAM_BYTES):
                    sock.sendto(wire, self.client_address)

        class Streams(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                size = int.from_bytes(self.rfile.read(2), "big")
                if wire := served.answer(self.rfile.read(size), 65_535):
                    self.wfile.write(len(wire).to_bytes(2, "big") + wire)

        self._streams: Any = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Streams)
        self._datagrams: Any = socketserver.ThreadingUDPServer(
            self._streams.server_address, Datagrams
        )
        self.address = "{}:{}".format(*self._streams.server_address)

    def answer(self, data: bytes, limit: int) -> bytes:
        """The answer to a query in up to `limit` bytes, else that it is too long for that."""
        if self.is_silent:
            return b""
        query = dns.message.from_wire(data)
        [question] = query.question
        name = question.name.to_text(omit_final_dot=True).lower()
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        kind = dns.rdatatype.to_text(question.rdtype)
        if found := self.zone.get((name, kind)):
            answer.answer.append(dns.rrset.from_text(question.name, 0, "IN", kind, *found))
        elif not any(known == name for known, _ in self.zone):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        wire = answer.to_wire(max_size=65_535)
        if len(wire) > limit:
            answer.answer.clear()
            answer.flags |= dns.flags.TC
            wire = answer.to_wire()
        return bytes(wire)

    def publish(self, lines: str) -> None:
        """Take over lines as `turnout sender domain add` writes them."""
        for line in lines.splitlines():
            name, kind, value, *_ = [*line.split(maxsplit=2), "", "", ""]
            if name.endswith(".") and kind in ("TXT", "CNAME"):
                self.zone[name.rstrip(".").lower(), kind] = [value]

    def __enter__(self) -> Self:
        for server in (self._streams, self._datagrams):
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for server in (self._streams, self._datagrams):
            server.shutdown()
            server.server_close()
