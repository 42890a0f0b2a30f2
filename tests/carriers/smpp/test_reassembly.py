"""Long replies: parts in any order and form, duplicates, gaps, bounds, and their answers."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.carriers.smpp.test_pdu import messages
from turnout.carriers.smpp import gsm
from turnout.carriers.smpp.pdu import Address, Sms
from turnout.carriers.smpp.reassembly import ANSWER_S, Part, Reassembly, Text, read_part


def make_sms(content: bytes, *, coding: int = 0, esm_class: int = 0, tlvs: Any = None) -> Sms:
    return Sms(
        source=Address(1, 1, "+61400000001"),
        destination=Address(1, 1, "61400000000"),
        esm_class=esm_class,
        data_coding=coding,
        content=content,
        tlvs=tlvs or {},
    )


def make_part(number: int, total: int = 3, octets: bytes = b"", **others: Any) -> Part:
    part = Part("61400000001", "61400000000", 0, octets or b"part %d " % number, "8", 7, total)
    return part._replace(number=number, **others)


class Answered:
    """Answers that remember for which part they were given, and in which order."""

    def __init__(self) -> None:
        self.given: list[tuple[Any, int]] = []

    def for_(self, name: Any):
        return lambda status: self.given.append((name, status))

    def give(self, texts: list[Text], status: int = 0) -> None:
        for text in texts:
            for answer in text.answers:
                answer(status)


def texts_of(ready: list[Text]) -> list[str]:
    return [text.text for text in ready]


@pytest.mark.parametrize(
    ("sms", "part"),
    [
        (make_sms(b"Hi"), Part("61400000001", "61400000000", 0, b"Hi")),
        (
            make_sms(b"\5\0\3\x2a\2\1Hi", esm_class=0x40),
            Part("61400000001", "61400000000", 0, b"Hi", "8", 0x2A, 2, 1),
        ),
        (
            make_sms(b"\6\x08\4\x01\x2a\2\2Hi", esm_class=0x40, coding=8),
            Part("61400000001", "61400000000", 8, b"Hi", "16", 0x12A, 2, 2),
        ),
        (
            make_sms(b"\x0b\5\4\x15\x81\0\0\0\3\x2a\2\1Hi", esm_class=0x40),
            Part("61400000001", "61400000000", 0, b"Hi", "8", 0x2A, 2, 1),
        ),
        (
            make_sms(b"Hi", tlvs={0x20C: b"\1\x2a", 0x20E: b"\2", 0x20F: b"\1"}),
            Part("61400000001", "61400000000", 0, b"Hi", "sar", 0x12A, 2, 1),
        ),
        (
            make_sms(b"", tlvs={0x424: b"long"}),
            Part("61400000001", "61400000000", 0, b"long"),
        ),
        # What makes no sense is a message in one piece.
        (
            make_sms(b"\5\0\3\x2a\2\0Hi", esm_class=0x40),
            Part("61400000001", "61400000000", 0, b"Hi"),
        ),
        (
            make_sms(b"\5\0\3\x2a\2\3Hi", esm_class=0x40),
            Part("61400000001", "61400000000", 0, b"Hi"),
        ),
        (
            make_sms(b"\5\0\3\x2a\1\1Hi", esm_class=0x40),
            Part("61400000001", "61400000000", 0, b"Hi"),
        ),
        (
            make_sms(b"\5\0\2\x2a\2\1Hi", esm_class=0x40),
            Part("61400000001", "61400000000", 0, b"Hi"),
        ),
        (make_sms(b"\x09\0", esm_class=0x40), Part("61400000001", "61400000000", 0, b"\x09\0")),
        (make_sms(b"", esm_class=0x40), Part("61400000001", "61400000000", 0, b"")),
        (
            make_sms(b"Hi", tlvs={0x20C: b"\1\x2a", 0x20E: b"\2"}),
            Part("61400000001", "61400000000", 0, b"Hi"),
        ),
    ],
)
def test_how_a_part_is_named(sms: Sms, part: Part):
    assert read_part(sms) == part


@given(messages)
def test_any_message_is_a_part(sms: Sms):
    part = read_part(sms)
    assert 1 <= part.number <= part.total <= 2**16 * 300


def test_a_message_in_one_piece_comes_out_at_once():
    answered = Answered()
    part = Part("61400000001", "61400000000", 0, b"Hi")
    ready = Reassembly(60).add(part, answered.for_("whole"), 0.0)
    assert [text[:3] for text in ready] == [("61400000001", "61400000000", "Hi")]
    answered.give(ready)
    assert answered.given == [("whole", 0)]


@given(st.permutations(range(1, 6)))
def test_parts_come_in_any_order(order: list[int]):
    reassembly = Reassembly(60)
    answered = Answered()
    ready: list[Text] = []
    for number in order:
        assert ready == []
        ready = reassembly.add(make_part(number, 5), answered.for_(number), 0.0)
    assert texts_of(ready) == ["part 1 part 2 part 3 part 4 part 5 "]
    answered.give(ready)
    assert sorted(answered.given) == [(number, 0) for number in range(1, 6)]


def test_messages_side_by_side_are_not_mixed():
    reassembly = Reassembly(60)
    others: list[dict[str, Any]] = [
        {},
        {"sender": "61400000002"},
        {"recipient": "61400000009"},
        {"reference": 8},
        {"kind": "16"},
        {"kind": "sar"},
    ]
    for number in (1, 2):
        for other in others:
            assert reassembly.add(make_part(number, **other), print, 0.0) == []
    for other in others:
        ready = reassembly.add(make_part(3, **other), print, 0.0)
        assert texts_of(ready) == ["part 1 part 2 part 3 "]


def test_a_part_that_comes_twice_is_there_once_and_answered_twice():
    reassembly = Reassembly(60)
    answered = Answered()
    assert reassembly.add(make_part(1, 2), answered.for_("first"), 0.0) == []
    assert reassembly.add(make_part(1, 2), answered.for_("again"), 0.0) == []
    ready = reassembly.add(make_part(2, 2), answered.for_("second"), 0.0)
    assert texts_of(ready) == ["part 1 part 2 "]
    answered.give(ready)
    assert answered.given == [("first", 0), ("again", 0), ("second", 0)]


def test_a_character_may_be_cut_in_two():
    octets = "Ticket 🎟!".encode("utf-16-be")
    reassembly = Reassembly(60)
    for place, cut in enumerate(range(0, len(octets), 3)):
        part = make_part(place + 1, 7, octets[cut : cut + 3], coding=gsm.UCS2)
        ready = reassembly.add(part, print, 0.0)
    assert texts_of(ready) == ["Ticket 🎟!"]


def test_parts_may_have_alphabets_of_their_own():
    reassembly = Reassembly(60)
    reassembly.add(make_part(1, 2, b"Gr\x7e\x1ee "), print, 0.0)
    part = make_part(2, 2, "из Москвы".encode("utf-16-be"), coding=gsm.UCS2)
    assert texts_of(reassembly.add(part, print, 0.0)) == ["Grüße из Москвы"]


def test_what_waits_too_long_comes_out_with_gaps():
    reassembly = Reassembly(60)
    answered = Answered()
    reassembly.add(make_part(2, 4, b"STOP"), answered.for_(2), 100.0)
    reassembly.add(make_part(1, 2, reference=9), answered.for_("younger"), 101.0)
    assert reassembly.expire(159.9) == []
    ready = reassembly.expire(160.0)
    assert texts_of(ready) == ["[…]STOP[…]"]
    answered.give(ready)
    assert answered.given == [(2, 0)]
    assert texts_of(reassembly.expire(161.0)) == ["part 1 […]"]
    assert reassembly.expire(1000.0) == []


def test_the_oldest_goes_when_there_is_no_room():
    reassembly = Reassembly(60, max_octets=2500)
    ready = [
        reassembly.add(make_part(1, 2, b"%d" % reference, reference=reference), print, 0.0)
        for reference in range(6)
    ]
    assert [texts_of(message) for message in ready] == [[], [], [], [], ["0[…]"], ["1[…]"]]


def test_memory_stays_bounded_under_a_flood_of_parts_that_never_match():
    reassembly = Reassembly(60, max_octets=100_000)
    chance = random.Random(1)
    inside = 0
    for number in range(5000):
        part = make_part(chance.randint(1, 255), 255, b"", reference=number, sender=f"6{number}")
        inside += 1 - len(reassembly.add(part, print, 0.0))
    assert inside <= 200
    assert len(reassembly.expire(1000.0)) == inside


def test_answers_are_due_after_a_second_though_the_message_is_not_whole():
    reassembly = Reassembly(60)
    answered = Answered()
    reassembly.add(make_part(1), answered.for_(1), 0.0)
    reassembly.add(make_part(2), answered.for_(2), 0.5)
    assert reassembly.take_due_answers(ANSWER_S - 0.1) == []
    for answer in reassembly.take_due_answers(ANSWER_S):
        answer(0)
    assert answered.given == [(1, 0)]
    assert reassembly.take_due_answers(ANSWER_S) == []
    ready = reassembly.add(make_part(3), answered.for_(3), ANSWER_S)
    assert texts_of(ready) == ["part 1 part 2 part 3 "]
    answered.give(ready)
    assert answered.given == [(1, 0), (2, 0), (3, 0)]


def test_a_text_that_could_not_be_stored_keeps_the_parts_that_nobody_else_has():
    reassembly = Reassembly(60)
    answered = Answered()
    reassembly.add(make_part(1), answered.for_(1), 0.0)
    for answer in reassembly.take_due_answers(2.0):
        answer(0)
    reassembly.add(make_part(2), answered.for_(2), 2.0)
    (lost,) = reassembly.add(make_part(3), answered.for_(3), 2.0)
    reassembly.restore(lost, 3.0)
    # The network sends the others again.
    assert reassembly.add(make_part(2), answered.for_("2 again"), 4.0) == []
    ready = reassembly.add(make_part(3), answered.for_("3 again"), 4.0)
    assert texts_of(ready) == ["part 1 part 2 part 3 "]


def test_a_graceful_stop_takes_out_only_what_nobody_else_has():
    reassembly = Reassembly(60)
    answered = Answered()
    reassembly.add(make_part(1), answered.for_("old"), 0.0)
    reassembly.add(make_part(2, reference=9), answered.for_("new"), 2.0)
    reassembly.take_due_answers(2.0)
    reassembly.add(make_part(2), answered.for_("newer"), 2.0)
    ready = reassembly.drain()
    assert texts_of(ready) == ["part 1 part 2 […]"]
    answered.give(ready)
    assert answered.given == [("newer", 0)]
