"""Faxes from our terminals to a machine, in the time of the test: over lossy packets, in sound,
broken off and gone on with."""

import random
from pathlib import Path
from typing import Any

import pytest

from tests.carriers.sip_fax.machine import (
    LOSS,
    AudioMachine,
    PacketMachine,
    is_below_header,
    lose,
    meet,
    read_pages,
)
from tests.carriers.sip_fax.sheets import make_documents, write_sheets
from tests.support import proof
from turnout.carriers.sip_fax import rtp, udptl
from turnout.carriers.sip_fax.spandsp import AudioTerminal, PacketTerminal, Sheets
from turnout.formats.fax import Document, make_fax

DOCUMENTS, COUNT = "fax documents", proof.scale(3, 10)
# With silence for what is lost, one in twenty gets through.
LOSSY = range(100, 106)
IDENT, HEADER = "+61398765432", b"Open Rail Summit"


class PacketEnd:
    """Our end of a fax over T.38."""

    def __init__(self, sheets: Sheets) -> None:
        self._out: list[bytes] = []
        self._sender, self._receiver = udptl.Sender(400), udptl.Receiver()
        self.terminal = PacketTerminal(self._send, rate=14_400)
        self.terminal.begin(sheets)

    def _send(self, packet: bytes, times: int) -> None:
        self._out += [self._sender.pack(packet)] * times

    def take(self, datagram: bytes) -> None:
        for number, packet in self._receiver.take(datagram):
            self.terminal.take(number, packet)

    def turn(self) -> list[bytes]:
        self.terminal.turn()
        out, self._out = self._out, []
        return out


class AudioEnd:
    """Our end of a fax in sound."""

    def __init__(self, sheets: Sheets, payload: int = 8) -> None:
        self.terminal = AudioTerminal()
        self.terminal.begin(sheets)
        self._sender, self._receiver = rtp.Sender(payload), rtp.Receiver(payload)

    def take(self, datagram: bytes) -> None:
        self.terminal.take(self._receiver.take(datagram))

    def turn(self) -> list[bytes]:
        return [self._sender.pack(self.terminal.turn())]


@pytest.mark.parametrize("way", ["packets", "sound"])
def test_pages_arrive_dot_for_dot(way: str, tmp_path: Path) -> None:
    sheets = Sheets(str(write_sheets(tmp_path / "in.tif", 2)), 0, IDENT, HEADER)
    out = tmp_path / "out.tif"
    end, machine, loss = (
        (PacketEnd(sheets), PacketMachine(out), LOSS)
        if way == "packets"
        else (AudioEnd(sheets), AudioMachine(out), 0.0)
    )
    meet(end, machine, proof.random_for(way), loss)
    facts = end.terminal.facts()
    assert (end.terminal.said, facts.pages, facts.has_ecm) == ("OK", 2, True)
    assert facts.ident == "+61412000001"
    assert machine.terminal.facts().ident == IDENT
    end.terminal.close()
    machine.terminal.close()
    assert end.terminal.facts() == facts
    came, sent = read_pages(out), read_pages(tmp_path / "in.tif")
    assert [is_below_header(*pair) for pair in zip(came, sent, strict=True)] == [True, True]


def test_sound_bears_a_lost_packet_of_a_hundred_more_often_than_not(tmp_path: Path) -> None:
    sheets = Sheets(str(write_sheets(tmp_path / "in.tif", 1, lines=300)), 0, IDENT, HEADER)
    whole = 0
    for seed in LOSSY:
        out = tmp_path / f"{seed}.tif"
        end, machine = AudioEnd(sheets), AudioMachine(out)
        chance = random.Random(seed)
        while not end.terminal.is_over:
            for one, far in ((end, machine), (machine, end)):
                for packet in lose(one.turn(), chance, 0.01):
                    far.take(packet)
        machine.terminal.close()
        if end.terminal.said == "OK":
            [came], [sent] = read_pages(out), read_pages(tmp_path / "in.tif")
            whole += is_below_header(came, sent)
        end.terminal.close()
    assert whole > len(LOSSY) / 2


@pytest.mark.proof
def test_documents_of_many_kinds(tmp_path: Path) -> None:
    chance, paths = proof.random_for(DOCUMENTS), (tmp_path / "in.tif", tmp_path / "out.tif")
    for file in make_documents()[:COUNT]:
        drawn = make_fax([Document(file.name, file.content)], is_fine=False)
        paths[0].write_bytes(drawn.content)
        sheets = Sheets(str(paths[0]), 0, IDENT, HEADER)
        ends: list[tuple[Any, Any, float]] = [
            (PacketEnd(sheets), PacketMachine(paths[1]), LOSS),
            (AudioEnd(sheets), AudioMachine(paths[1]), 0.0),
        ]
        for end, machine, loss in ends:
            meet(end, machine, chance, loss)
            assert (end.terminal.said, end.terminal.facts().pages) == ("OK", drawn.pages), file.name
            pairs = zip(*map(read_pages, paths[::-1]), strict=True)
            assert all(is_below_header(came, sent) for came, sent in pairs), file.name
    proof.report(DOCUMENTS, documents=2 * COUNT)
