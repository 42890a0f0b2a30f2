"""A fax machine that receives, and the lines to it: spandsp as the other end, in the time of the
test, which passes as fast as it is turned."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from turnout.carriers.sip_fax import rtp, udptl
from turnout.carriers.sip_fax.spandsp import AudioTerminal, PacketTerminal, Terminal

LOSS = 0.14
_LONGEST_S = 600
# A longer packet has dots of a page.
_LARGEST_WORD = 25


def _receive(terminal: Terminal, path: Path) -> None:
    """Make a terminal one that keeps what it gets."""
    terminal._prepare(has_ecm=True)
    terminal._library.t30_set_rx_file(terminal._t30, str(path).encode(), -1)
    terminal._library.t30_set_tx_ident(terminal._t30, b"+61412000001")
    vars(terminal)["_count"] = lambda found: found.pages_rx


class PacketMachine:
    """A machine behind T.38: `turn` gives the datagrams that it sends; `dots` counts the packets
    that have come with dots of a page."""

    def __init__(self, path: Path) -> None:
        self._out: list[bytes] = []
        self.dots = 0
        self._sender, self._receiver = udptl.Sender(400), udptl.Receiver()
        self.terminal = PacketTerminal(self._send, rate=14_400, is_calling=False)
        _receive(self.terminal, path)

    def _send(self, packet: bytes, times: int) -> None:
        self._out += [self._sender.pack(packet)] * times

    def take(self, datagram: bytes) -> None:
        for number, packet in self._receiver.take(datagram):
            self.terminal.take(number, packet)
            self.dots += len(packet) > _LARGEST_WORD

    def turn(self) -> list[bytes]:
        self.terminal.turn()
        out, self._out = self._out, []
        return out


class AudioMachine:
    """A machine on a line of sound."""

    def __init__(self, path: Path, payload: int = 8) -> None:
        self.terminal = AudioTerminal(is_calling=False)
        _receive(self.terminal, path)
        self._sender, self._receiver = rtp.Sender(payload), rtp.Receiver(payload)

    def take(self, datagram: bytes) -> None:
        self.terminal.take(self._receiver.take(datagram))

    def turn(self) -> list[bytes]:
        return [self._sender.pack(self.terminal.turn())]


def lose(datagrams: list[bytes], chance: random.Random, loss: float) -> Iterator[bytes]:
    """Those that arrive."""
    return (datagram for datagram in datagrams if chance.random() >= loss)


def meet(one: Any, other: Any, chance: random.Random, loss: float) -> float:
    """Let two ends talk until both have ended; the seconds of line. Raises AssertionError when they
    never do."""
    for turn in range(50 * _LONGEST_S):
        for end, far in ((one, other), (other, one)):
            for datagram in lose(end.turn(), chance, loss):
                far.take(datagram)
        if one.terminal.is_over and other.terminal.is_over:
            return turn / 50
    raise AssertionError("they talk on")


def read_pages(path: Path) -> list[bytes]:
    """The dots of each page of a TIFF, black or white."""
    with Image.open(path) as opened:
        return [_dots(opened, number) for number in range(getattr(opened, "n_frames", 1))]


def _dots(opened: Image.Image, number: int) -> bytes:
    opened.seek(number)
    return opened.convert("1").tobytes()


def is_below_header(received: bytes, sent: bytes) -> bool:
    """Whether a page came as it was sent, with nothing but a header above it."""
    above = len(received) - len(sent)
    return above > 0 and above % (1728 // 8) == 0 and received.endswith(sent)
