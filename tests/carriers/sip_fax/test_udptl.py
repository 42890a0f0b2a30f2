"""Packets of T.38: what is lost is made up for, what is repeated comes once, garbage is nothing."""

import random

import pytest

from turnout.carriers.sip_fax.udptl import Receiver, Sender


def test_up_to_three_lost_packets_in_a_row_are_made_up_for() -> None:
    sender, receiver = Sender(400), Receiver()
    sent = [bytes([number]) * (number % 40 + 1) for number in range(200)]
    came = list[tuple[int, bytes]]()
    for number, packet in enumerate(sent):
        datagram = sender.pack(packet)
        if number % 4 == 3:  # three of four are lost
            came += receiver.take(datagram) + receiver.take(datagram)
    assert came == list(enumerate(sent))


def test_numbers_begin_again_and_what_is_late_is_left_out() -> None:
    sender, receiver = Sender(400), Receiver()
    datagrams = [sender.pack(number.to_bytes(3, "big")) for number in range(0x10010)]
    came = [packet for datagram in datagrams for _, packet in receiver.take(datagram)]
    assert came == [number.to_bytes(3, "big") for number in range(0x10010)]
    assert receiver.take(datagrams[-2]) == []


def test_a_datagram_is_as_large_as_the_other_end_takes() -> None:
    sender = Sender(300)
    assert max(len(sender.pack(bytes(120))) for _ in range(10)) <= 300
    assert len(sender.pack(bytes(280))) > 280


@pytest.mark.parametrize("seed", range(20))
def test_garbage_is_nothing_or_packets_and_never_an_error(seed: int) -> None:
    chance, receiver = random.Random(seed), Receiver()
    for _ in range(200):
        for _number, packet in receiver.take(chance.randbytes(chance.randrange(60))):
            assert len(packet) < 60
