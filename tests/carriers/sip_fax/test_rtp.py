"""Sound in G.711: every sample once and in order; what was lost is made up for."""

from array import array

import pytest

from turnout.carriers.sip_fax.rtp import FRAME, LATE, REPEATS, Receiver, Sender


def ramp(number: int) -> bytes:
    return array("h", [number * 100 + at for at in range(FRAME)]).tobytes()


@pytest.mark.parametrize("payload", [8, 0])
def test_samples_come_as_they_were_within_the_steps_of_g711(payload: int) -> None:
    sender, receiver = Sender(payload), Receiver(payload)
    said = array("h", range(-32_000, 32_000, 400))
    heard = array("h", receiver.take(sender.pack(said.tobytes())))
    assert all(
        abs(one - other) <= abs(one) / 16 + 16 for one, other in zip(said, heard, strict=True)
    )


def test_packets_in_another_order_are_heard_in_theirs_and_once() -> None:
    sender, receiver = Sender(8), Receiver(8)
    packets = [sender.pack(ramp(number)) for number in range(4)]
    straight = Receiver(8)
    expected = b"".join(straight.take(packet) for packet in packets)
    order = (0, 2, 2, 1, 3, 0)
    assert b"".join(receiver.take(packets[at]) for at in order) == expected


def test_what_is_lost_is_what_was_before_it_once_enough_has_come_behind() -> None:
    sender, receiver = Sender(8), Receiver(8)
    packets = [sender.pack(ramp(number + 1)) for number in range(LATE + 2)]
    first = receiver.take(packets[0])
    heard = [receiver.take(packet) for packet in packets[2:]]
    assert heard[:-1] == [b""] * (LATE - 1)
    assert heard[-1][: 2 * FRAME] == first
    assert len(heard[-1]) == 2 * FRAME * (LATE + 1)


def test_a_long_gap_ends_in_silence() -> None:
    sender, receiver = Sender(0), Receiver(0)
    packets = [sender.pack(ramp(number + 1)) for number in range(LATE + REPEATS + 2)]
    first = receiver.take(packets[0])
    heard = b"".join(receiver.take(packet) for packet in packets[REPEATS + 2 :])
    assert heard[: len(first) * REPEATS] == first * REPEATS
    assert not any(heard[len(first) * REPEATS : len(first) * (REPEATS + 1)])
    assert len(heard) == len(first) * (REPEATS + 1 + LATE)


def test_another_source_is_heard_from_its_beginning() -> None:
    receiver = Receiver(8)
    for _ in range(5):
        sender = Sender(8)
        assert all(receiver.take(sender.pack(ramp(number))) for number in range(3))


@pytest.mark.parametrize("packet", [b"", b"\x80\x08" + bytes(10), b"\x80\x00" + bytes(172)])
def test_what_is_no_sound_of_the_payload_is_not_heard(packet: bytes) -> None:
    assert Receiver(8).take(packet) == b""
