"""A name server on loopback that says what a test wants, also nothing at all."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

# The addresses of a name; none = there is no such name, None = never answered.
Book = Callable[[str], list[str] | None]


DATAGRAM_BYTES = 512


@asynccontextmanager
async def name_server(book: Book) -> AsyncIterator[tuple[str, int]]:
    """Serve `book` by UDP, and by TCP what is too long for that; gives address and port. Answers
    may not be kept (TTL 0)."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        size = int.from_bytes(await reader.readexactly(2), "big")
        answer = make_answer(book, await reader.readexactly(size))
        if answer is not None:
            wire = answer.to_wire(max_size=65_535)
            writer.write(len(wire).to_bytes(2, "big") + wire)
        writer.close()

    stream = await asyncio.start_server(serve, "127.0.0.1", 0)
    address = stream.sockets[0].getsockname()[:2]
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Server(book), local_addr=address)
    try:
        yield address
    finally:
        transport.close()
        stream.close()


def make_answer(book: Book, wire: bytes) -> dns.message.Message | None:
    """The whole answer to a query, None if there is to be none."""
    query = dns.message.from_wire(wire)
    [question] = query.question
    kind = "AAAA" if question.rdtype == dns.rdatatype.AAAA else "A"
    addresses = book(question.name.to_text(omit_final_dot=True))
    if addresses is None:
        return None
    answer = dns.message.make_response(query)
    answer.flags |= dns.flags.RA
    if not addresses:
        answer.set_rcode(dns.rcode.NXDOMAIN)
    fit = [address for address in addresses if (":" in address) == (kind == "AAAA")]
    if fit:
        answer.answer.append(dns.rrset.from_text(question.name, 0, "IN", kind, *fit))
    return answer


class _Server(asyncio.DatagramProtocol):
    def __init__(self, book: Book) -> None:
        self._book = book

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = make_answer(self._book, data)
        if answer is None:
            return
        wire = answer.to_wire(max_size=65_535)
        if len(wire) > DATAGRAM_BYTES:
            answer.answer.clear()
            answer.flags |= dns.flags.TC
            wire = answer.to_wire()
        self._transport.sendto(wire, addr)
