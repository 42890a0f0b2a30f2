"""One bind against a transport that records: what it writes, and that nothing can upset it."""

import asyncio
import socket
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from tests.carriers.smpp.carrying import KeptInbox, run, settings_for, wait_until
from tests.carriers.smpp.test_pdu import chunks_of, frames, messages
from turnout.carriers import Accepted, Misconfigured, Outcome, Rejected, Retry, Unknown
from turnout.carriers.smpp import pdu
from turnout.carriers.smpp.inbound import Inbound
from turnout.carriers.smpp.pdu import Framer, Pdu, Sms
from turnout.carriers.smpp.reassembly import Answer
from turnout.carriers.smpp.session import PDUS_A_TURN, BindRefused, Session
from turnout.carriers.smpp.submissions import Batch, Submissions
from turnout.carriers.smpp.writing import MAX_UNREAD_OCTETS
from turnout.core.messaging.model import Status

OK_BIND = pdu.encode(pdu.BIND_TRANSCEIVER | pdu.RESPONSE, 0, 1, b"smsc\0")


class Options:
    """The socket, of which a session sets options."""

    def __init__(self) -> None:
        self.chosen: list[tuple[int, int, int]] = []

    def setsockopt(self, level: int, option: int, value: int) -> None:
        self.chosen.append((level, option, value))


class Wire(asyncio.Transport):
    """Keeps what is written; `unsent` octets are said to be waiting."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.options = Options()
        self.written = b""
        self.unsent = 0
        self.is_over = False
        self._is_held = False
        session.connection_made(self)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return {"socket": self.options}.get(name, default)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        assert high == 0

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.is_over
        self.written += bytes(data)

    def pause_reading(self) -> None:
        self._is_held = True

    def resume_reading(self) -> None:
        assert self._is_held
        self._is_held = False

    def is_reading(self) -> bool:
        return not self._is_held

    def is_closing(self) -> bool:
        return self.is_over

    def close(self) -> None:
        self.abort()

    def abort(self) -> None:
        if not self.is_over:
            self.is_over = True
            asyncio.get_running_loop().call_soon(self.session.connection_lost, None)

    def hear(self, *pdus: Pdu) -> list[Pdu]:
        """Let the session hear this; what it writes at once."""
        self.take()
        self.session.data_received(b"".join(pdu.encode(*unit) for unit in pdus))
        return self.take()

    def take(self) -> list[Pdu]:
        """What was written since the last time."""
        written, self.written = self.written, b""
        return list(Framer().feed(written))


def begin(
    receive: Callable[[Sms, Answer], None] | None = None, **settings: Any
) -> tuple[Wire, Submissions]:
    """A session that is bound."""
    submissions = Submissions(expects_receipts=True)
    session = Session(settings_for(1, **settings), submissions, receive or refuse)
    wire = Wire(session)
    session.data_received(OK_BIND)
    wire.take()
    return wire, submissions


def refuse(sms: Sms, answer: Answer) -> None:
    raise AssertionError(f"{sms} was not expected")


def add(submissions: Submissions, count: int) -> Batch:
    """So many messages in line."""
    batch = Batch(count)
    for place in range(count):
        submissions.add(batch, place, [b"%d" % place], 1e9)
    return batch


def answer_to(submitted: Pdu, status: int = 0, body: bytes = b"m1\0") -> Pdu:
    return Pdu(pdu.SUBMIT_SM | pdu.RESPONSE, status, submitted.sequence, body)


async def settle() -> None:
    """Let the loop run what is due."""
    for _ in range(5):
        await asyncio.sleep(0)


@contextmanager
def no_errors():
    """Fail when the loop is told of an error in a callback."""
    errors: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))
    yield
    assert errors == []


def test_the_first_thing_said_is_the_bind():
    async def scenario() -> None:
        session = Session(settings_for(1), Submissions(expects_receipts=True), refuse)
        wire = Wire(session)
        body = b"turnout\0secret\0\0\x34\0\0\0"
        assert wire.take() == [Pdu(pdu.BIND_TRANSCEIVER, 0, 1, body)]
        assert wire.options.chosen == [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
        before = session.is_bound
        session.data_received(OK_BIND)
        assert (before, session.is_bound) == (False, True)
        await session.bound
        wire.abort()
        await session.lost

    run(scenario())


@pytest.mark.parametrize("answer", [0x80000009, 0x80000000])
def test_a_bind_that_is_refused(answer: int):
    async def scenario() -> None:
        session = Session(settings_for(1), Submissions(expects_receipts=True), refuse)
        wire = Wire(session)
        wire.hear(Pdu(answer, 0x0E, 1, b""))
        with pytest.raises(BindRefused, match=r"answered with ESME_RINVPASWD \(0xe\)"):
            await session.bound
        assert wire.is_over
        await session.lost

    run(scenario())


def test_a_connection_lost_during_the_bind():
    async def scenario() -> None:
        session = Session(settings_for(1), Submissions(expects_receipts=True), refuse)
        Wire(session).abort()
        with pytest.raises(ConnectionError, match="closed during the bind"):
            await session.bound
        await session.lost

    run(scenario())


def test_no_more_than_the_window_is_under_way():
    async def scenario() -> list[Outcome]:
        wire, submissions = begin(window=3)
        batch = add(submissions, 5)
        wire.session.pump()
        first = wire.take()
        assert [(unit.command, unit.body) for unit in first] == [
            (pdu.SUBMIT_SM, b"0"),
            (pdu.SUBMIT_SM, b"1"),
            (pdu.SUBMIT_SM, b"2"),
        ]
        second = wire.hear(answer_to(first[1], body=b"b\0"))
        assert [unit.body for unit in second] == [b"3"]
        third = wire.hear(answer_to(first[0], body=b"a\0"), answer_to(first[2], 0x0B, b""))
        assert [unit.body for unit in third] == [b"4"]
        assert wire.hear(answer_to(third[0], body=b"e\0"), answer_to(second[0], body=b"d")) == []
        await batch.done
        return batch.outcomes

    reason = "the network answered ESME_RINVDSTADR (0xb)"
    assert run(scenario()) == [
        Accepted(("a",), 1),
        Accepted(("b",), 1),
        Rejected(Status.INVALID_DESTINATION, reason),
        Accepted(("d",), 1),
        Accepted(("e",), 1),
    ]


def test_nothing_is_handed_to_a_socket_that_is_full_and_so_it_is_not_lost():
    async def scenario() -> list[Outcome]:
        wire, submissions = begin()
        batch = add(submissions, 2)
        wire.session.pause_writing()
        wire.session.pump()
        assert wire.take() == []
        wire.abort()
        await wire.session.lost
        submissions.give_up(Retry(1, "stopping"))
        await batch.done
        return batch.outcomes

    assert run(scenario()) == [Retry(1, "stopping")] * 2


def test_a_socket_that_has_room_again_is_used():
    async def scenario() -> None:
        wire, submissions = begin()
        add(submissions, 2)
        wire.session.pause_writing()
        wire.session.pump()
        wire.session.resume_writing()
        assert [unit.body for unit in wire.take()] == [b"0", b"1"]

    run(scenario())


def test_what_was_handed_over_and_not_answered_is_unknown_when_the_connection_is_lost():
    async def scenario() -> list[Outcome]:
        wire, submissions = begin(window=2)
        batch = add(submissions, 3)
        wire.session.pump()
        wire.session.data_received(pdu.encode(*answer_to(wire.take()[0])))
        wire.abort()
        await batch.done
        return batch.outcomes

    lost = Unknown("the connection was lost before the answer")
    assert run(scenario()) == [Accepted(("m1",), 1), lost, lost]


def test_an_answer_that_does_not_come_in_time():
    async def scenario() -> tuple[list[Outcome], list[bytes]]:
        wire, submissions = begin(window=3, response_timeout_s=0.05)
        batch = add(submissions, 2)
        wire.session.pump()
        first, second = wire.take()
        wire.hear(answer_to(first))
        await asyncio.wait_for(batch.done, 60)
        # It owes an answer, so one place of the window is taken, until it comes after all.
        add(submissions, 3)
        wire.session.pump()
        bodies = [unit.body for unit in wire.take()]
        bodies += [unit.body for unit in wire.hear(answer_to(second, body=b"late\0"))]
        assert not submissions.is_answered("late")
        return batch.outcomes, bodies

    outcomes, bodies = run(scenario())
    late = Unknown("the network did not answer in time")
    assert outcomes == [Accepted(("m1",), 1), late]
    assert bodies == [b"0", b"1", b"2"]


def test_a_network_that_says_nothing_after_a_submission_is_given_up():
    async def scenario() -> list[Outcome]:
        wire, submissions = begin(response_timeout_s=0.05)
        batch = add(submissions, 1)
        await asyncio.sleep(0.002)
        wire.session.pump()
        await asyncio.wait_for(wire.session.lost, 60)
        return batch.outcomes

    assert run(scenario()) == [Unknown("the network did not answer in time")]


def test_a_network_that_leaves_a_whole_window_unanswered_is_given_up():
    async def scenario() -> None:
        wire, submissions = begin(window=2, response_timeout_s=0.1)
        add(submissions, 2)
        wire.session.pump()

        def is_given_up_though_it_talks() -> bool:
            if not wire.is_over:
                wire.hear(Pdu(pdu.ENQUIRE_LINK, 0, 9, b""))
            return wire.is_over

        await wait_until(is_given_up_though_it_talks)
        await wire.session.lost

    run(scenario())


def test_a_silent_network_is_asked_whether_it_lives():
    async def scenario() -> None:
        wire, _ = begin(enquire_link_s=0.04)
        for _ in range(2):
            await wait_until(lambda: bool(wire.written))
            (enquiry,) = wire.take()
            assert enquiry.command == pdu.ENQUIRE_LINK
            wire.hear(Pdu(pdu.ENQUIRE_LINK | pdu.RESPONSE, 0, enquiry.sequence, b""))

    run(scenario())


def test_a_network_that_is_silent_even_when_asked_is_given_up():
    async def scenario() -> None:
        wire, _ = begin(enquire_link_s=0.04, response_timeout_s=0.04)
        await asyncio.wait_for(wire.session.lost, 60)
        assert [unit.command for unit in wire.take()] == [pdu.ENQUIRE_LINK]

    run(scenario())


@pytest.mark.parametrize("status", [0x58, 0x14])
def test_a_throttled_session_pauses_and_starts_again_one_by_one(status: int):
    async def scenario() -> None:
        wire, submissions = begin(window=4)
        batch = add(submissions, 6)
        wire.session.pump()
        sent = wire.take()
        loop = asyncio.get_running_loop()
        then = loop.time()
        assert wire.hear(*(answer_to(unit, status, b"") for unit in sent)) == []
        await wait_until(lambda: bool(wire.written))
        assert loop.time() - then >= 0.12
        seen = []
        sizes = []
        sent = wire.take()
        while sent:
            sizes.append(len(sent))
            seen += [unit.body for unit in sent]
            sent = wire.hear(*map(answer_to, sent))
        assert sizes == [1, 2, 3]
        assert sorted(seen) == [b"%d" % place for place in range(6)]
        assert batch.outcomes == [Accepted(("m1",), 1)] * 6

    run(scenario())


@pytest.mark.parametrize("window", [1, 2])
def test_the_pause_doubles_until_something_is_accepted(window: int):
    async def scenario() -> list[float]:
        wire, submissions = begin(window=window)
        add(submissions, 3)
        wire.session.pump()
        sent = wire.take()
        with capture_logs() as logs:
            for status in (0x58, 0x58, 0, 0x58):
                wire.session.data_received(
                    b"".join(pdu.encode(*answer_to(unit, status)) for unit in sent)
                )
                await wait_until(lambda: bool(wire.written))
                sent = wire.take()
        return [log["seconds"] for log in logs]

    for seconds, longest in zip(run(scenario()), (0.25, 0.5, 0.25), strict=True):
        assert longest / 2 <= seconds <= longest


def test_what_was_under_way_when_the_pause_began_does_not_end_it():
    async def scenario() -> None:
        wire, submissions = begin(window=3)
        add(submissions, 6)
        wire.session.pump()
        first, second, third = wire.take()
        assert wire.hear(answer_to(first, 0x58), answer_to(second), answer_to(third)) == []
        await wait_until(lambda: bool(wire.written))
        assert len(wire.take()) == 1

    run(scenario())


def test_the_rate_is_kept():
    async def scenario() -> float:
        wire, submissions = begin(rate=100)
        batch = add(submissions, 22)
        loop = asyncio.get_running_loop()
        then = loop.time()
        wire.session.pump()
        while not batch.done.done():
            await wait_until(lambda: bool(wire.written))
            for unit in wire.take():
                wire.session.data_received(pdu.encode(*answer_to(unit)))
        return loop.time() - then

    assert run(scenario()) >= 0.2


def test_what_the_network_asks_is_answered():
    async def scenario() -> None:
        wire, _ = begin()
        assert wire.hear(
            Pdu(pdu.ENQUIRE_LINK, 0, 5, b""),
            Pdu(0x00000103, 0, 6, b"data_sm"),
            Pdu(pdu.DELIVER_SM, 0, 7, b"not a message"),
            Pdu(0x80000103, 0, 8, b"an answer to nothing"),
            Pdu(pdu.SUBMIT_SM | pdu.RESPONSE, 0, 99, b"m1\0"),
            Pdu(pdu.GENERIC_NACK, 3, 98, b""),
            Pdu(pdu.BIND_TRANSCEIVER | pdu.RESPONSE, 0x0E, 1, b""),
        ) == [
            Pdu(pdu.ENQUIRE_LINK | pdu.RESPONSE, 0, 5, b""),
            Pdu(pdu.GENERIC_NACK, 3, 6, b""),
            Pdu(pdu.GENERIC_NACK, 2, 7, b""),
        ]
        assert wire.session.is_bound

    run(scenario())


def test_a_submission_may_be_answered_by_generic_nack():
    async def scenario() -> list[Outcome]:
        wire, submissions = begin()
        batch = add(submissions, 3)
        wire.session.pump()
        for unit, status in zip(wire.take(), (0x0D, 0, 0x01), strict=True):
            wire.hear(Pdu(pdu.GENERIC_NACK, status, unit.sequence, b""))
        await batch.done
        return batch.outcomes

    assert run(scenario()) == [
        Misconfigured("the network answered ESME_RBINDFAIL (0xd)"),
        Rejected(Status.PATHWAY_ERROR, "the network answered command_status 0x3"),
        Rejected(Status.FAILED, "the network answered ESME_RINVMSGLEN (0x1)"),
    ]


def test_a_flood_is_handled_in_turns_and_nothing_more_is_read_meanwhile():
    async def scenario() -> None:
        wire, _ = begin()
        asked = [Pdu(pdu.ENQUIRE_LINK, 0, number, b"") for number in range(3 * PDUS_A_TURN)]
        answered = wire.hear(*asked)
        assert 0 < len(answered) <= PDUS_A_TURN
        assert not wire.is_reading()
        answered += wire.hear(Pdu(pdu.ENQUIRE_LINK, 0, 9_999, b""))
        await settle()
        answered += wire.take()
        assert wire.is_reading()
        assert [unit.sequence for unit in answered] == [*range(3 * PDUS_A_TURN), 9_999]

    run(scenario())


def test_a_flood_is_dropped_when_the_connection_is_lost():
    async def scenario() -> None:
        wire, _ = begin()
        wire.hear(*[Pdu(pdu.ENQUIRE_LINK, 0, 1, b"")] * 3 * PDUS_A_TURN)
        wire.session.connection_lost(None)
        await settle()
        assert wire.take() == []

    run(scenario())


def test_an_impossible_length_ends_the_connection_after_what_came_before():
    async def scenario() -> None:
        wire, submissions = begin()
        batch = add(submissions, 2)
        wire.session.pump()
        first, _ = wire.take()
        wire.session.data_received(pdu.encode(*answer_to(first)) + b"HTTP/1.1 400 Bad Request")
        assert wire.take() == [Pdu(pdu.GENERIC_NACK, 2, 0, b"")]
        assert wire.is_over
        await batch.done
        lost = Unknown("the connection was lost before the answer")
        assert batch.outcomes == [Accepted(("m1",), 1), lost]

    run(scenario())


def test_a_network_that_unbinds_is_answered_once_it_has_answered():
    async def scenario() -> list[Outcome]:
        wire, submissions = begin()
        batch = add(submissions, 1)
        wire.session.pump()
        (sent,) = wire.take()
        assert wire.hear(Pdu(pdu.UNBIND, 0, 33, b"")) == []
        add(submissions, 1)
        wire.session.pump()
        assert wire.take() == []
        assert wire.hear(answer_to(sent)) == [Pdu(pdu.UNBIND | pdu.RESPONSE, 0, 33, b"")]
        assert wire.is_over
        await wire.session.lost
        return batch.outcomes

    assert run(scenario()) == [Accepted(("m1",), 1)]


def test_answers_to_messages_are_written_together():
    async def scenario() -> list[Pdu]:
        answers: list[Answer] = []
        wire, _ = begin(lambda _, answer: answers.append(answer))
        source = pdu.Address(1, 1, "61")
        body = pdu.encode_sms(Sms(source=source, destination=source))
        assert wire.hear(*(Pdu(pdu.DELIVER_SM, 0, number, body) for number in (7, 8, 9))) == []
        for answer, status in zip(answers, (0, 0x64, 0), strict=True):
            answer(status)
        assert wire.take() == []
        await settle()
        return wire.take()

    assert run(scenario()) == [
        Pdu(pdu.DELIVER_SM | pdu.RESPONSE, 0, 7, b"\0"),
        Pdu(pdu.DELIVER_SM | pdu.RESPONSE, 0x64, 8, b"\0"),
        Pdu(pdu.DELIVER_SM | pdu.RESPONSE, 0, 9, b"\0"),
    ]


def test_an_answer_after_the_connection_is_lost_goes_nowhere():
    async def scenario() -> None:
        answers: list[Answer] = []
        wire, _ = begin(lambda _, answer: answers.append(answer))
        source = pdu.Address(1, 1, "61")
        body = pdu.encode_sms(Sms(source=source, destination=source))
        wire.hear(Pdu(pdu.DELIVER_SM, 0, 7, body))
        wire.abort()
        await wire.session.lost
        with no_errors():
            answers[0](0)
            await settle()
        assert wire.written == b""

    run(scenario())


def test_a_network_that_does_not_read_is_given_up():
    async def scenario() -> None:
        wire, _ = begin()
        wire.unsent = MAX_UNREAD_OCTETS + 1
        wire.hear(Pdu(pdu.ENQUIRE_LINK, 0, 5, b""))
        assert wire.is_over
        await wire.session.lost

    run(scenario())


def test_good_bye():
    async def scenario() -> None:
        wire, _ = begin()
        leaving = asyncio.create_task(wire.session.unbind())
        await settle()
        (unbind,) = wire.take()
        assert unbind.command == pdu.UNBIND
        assert not wire.session.is_bound
        wire.hear(Pdu(pdu.UNBIND | pdu.RESPONSE, 0, unbind.sequence, b""))
        await asyncio.wait_for(leaving, 60)
        assert wire.is_over

    run(scenario())


@given(messages.filter(bool), st.lists(st.integers(0, 3000)), st.integers(1, 5))
def test_every_message_is_received_once_and_answered_once_wherever_the_stream_is_cut(
    sms: Sms, cuts: list[int], count: int
):
    async def scenario() -> None:
        received: list[Sms] = []

        def receive(sms: Sms, answer: Answer) -> None:
            received.append(sms)
            answer(0)

        wire, _ = begin(receive)
        body = pdu.encode_sms(sms)
        stream = b"".join(pdu.encode(pdu.DELIVER_SM, 0, number, body) for number in range(count))
        for chunk in chunks_of(stream, cuts):
            wire.session.data_received(chunk)
        await settle()
        assert received == [sms] * count
        assert [unit.sequence for unit in wire.take()] == list(range(count))

    run(scenario())


def with_noise(sent: list[Pdu], places: Iterable[int], octets: bytes) -> bytes:
    """A stream of frames in which some octets are not what they were."""
    stream = bytearray(b"".join(pdu.encode(*unit) for unit in sent))
    for place, octet in zip(places, octets, strict=False):
        if stream:
            stream[place % len(stream)] = octet
    return bytes(stream)


delivered = st.builds(
    lambda sms, number: Pdu(pdu.DELIVER_SM, 0, number, pdu.encode_sms(sms)),
    messages,
    st.integers(0, 9),
)
known = st.builds(
    lambda command, status, sequence, body: Pdu(command, status, sequence, body),
    st.sampled_from([0x80000004, 0x80000000, 5, 6, 0x80000006, 0x15, 0x80000015, 0x80000009]),
    st.sampled_from([0, 0x58, 0x0B, 0x14, 0xFFFFFFFF]),
    st.integers(0, 9),
    st.binary(max_size=80),
)
streams = st.one_of(
    st.binary(max_size=500),
    st.builds(
        with_noise,
        st.lists(st.one_of(delivered, known, frames), max_size=6),
        st.lists(st.integers(0, 5000), max_size=4),
        st.binary(max_size=4),
    ),
)


@given(streams, st.lists(st.integers(0, 1000), max_size=8), st.booleans())
def test_nothing_that_comes_in_raises_and_all_that_goes_out_is_whole(
    stream: bytes, cuts: list[int], is_bound: bool
):
    async def scenario() -> None:
        submissions = Submissions(expects_receipts=True)
        settings = settings_for(1, window=5)
        inbound = Inbound("smpp", settings, submissions, lambda: 0)
        inbound.start(KeptInbox())
        session = Session(settings, submissions, inbound.receive)
        wire = Wire(session)
        with no_errors():
            if is_bound:
                session.data_received(OK_BIND)
            batch = add(submissions, 8)
            session.pump()
            for chunk in chunks_of(stream, cuts):
                if not wire.is_over:
                    session.data_received(chunk)
            await inbound.stop()
            wire.abort()
            await session.lost
            session.bound.exception() if session.bound.done() else session.bound.cancel()
            submissions.give_up(Retry(1, "over"))
            submissions.expire(1e10)
            await batch.done
        framer = Framer()
        assert [unit.command for unit in framer.feed(wire.written)][:1] == [pdu.BIND_TRANSCEIVER]
        assert list(framer.feed(pdu.encode(0, 0, 0))) == [Pdu(0, 0, 0, b"")]

    run(scenario())
