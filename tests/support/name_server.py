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


@asynccontextmanager
async def name_server(book: Book) -> AsyncIterator[tuple[str, int]]:
    """Serve `book` by UDP; gives address and port. Answers may not be kept (TTL 0)."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: _Server(book), local_addr=("127.0.0.1", 0)
    )
    try:
        yield transport.get_extra_info("sockname")[:2]
    finally:
        transport.close()


class _Server(asyncio.DatagramProtocol):
    def __init__(self, book: Book) -> None:
        self._book = book

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        [question] = query.question
        kind = "AAAA" if question.rdtype == dns.rdatatype.AAAA else "A"
        addresses = self._book(question.name.to_text(omit_final_dot=True))
        if addresses is None:
            return
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if not addresses:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        fit = [each for each in addresses if (":" in each) == (kind == "AAAA")]
        if fit:
            answer.answer.append(dns.rrset.from_text(question.name, 0, "IN", kind, *fit))
        self._transport.sendto(answer.to_wire(), addr)
