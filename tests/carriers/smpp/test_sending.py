"""Sending through a network that is not written by us: what it understands, and what it answers."""

import asyncio
import random

import pytest

from tests.carriers.smpp.carrying import NOW, TIMEOUT_S, carrying, connected, numbers, run, send
from tests.carriers.smpp.chance import Chance
from tests.carriers.smpp.peer import Event
from turnout.carriers import Accepted, Message, Misconfigured, Parcel, Rejected, Retry, Unknown
from turnout.core.ids import JobId, OrgId
from turnout.core.messaging.model import Channel, Status


def parts_of(submits: list[Event]) -> tuple[set[str], list[str], str]:
    """Of the parts of one message: all before their numbers in the headers, these, and the text."""
    headers = [submit["udh"] for submit in submits]
    return (
        {header[:-2] for header in headers},
        [header[-2:] for header in headers],
        "".join(submit["text"] for submit in submits),
    )


@pytest.mark.parametrize("uv", [True, False])
def test_each_recipient_gets_the_text_with_its_own_fields(uv: bool):
    async def scenario() -> None:
        async with connected(system_type="EVENT") as (peer, carrier, _):
            outcomes = await send(carrier, "Hello %%Name%%!", to=["61400000001", "+61400000002"])
            outcomes += await send(carrier, "Bye", to=["61400000003"])
            assert outcomes == [
                Accepted(("m1",), 1),
                Accepted(("m2",), 1),
                Accepted(("m3",), 1),
            ]
            assert await peer.look("bind") == [
                {
                    "event": "bind",
                    "bind": 1,
                    "systemId": "turnout",
                    "password": "secret",
                    "systemType": "EVENT",
                    "version": 0x34,
                }
            ]
            same = {
                "event": "submit",
                "bind": 1,
                "from": "61400000000",
                "fromTon": 1,
                "fromNpi": 1,
                "toTon": 1,
                "toNpi": 1,
                "coding": 0,
                "registered": 1,
                "esmClass": 0,
                "udh": "",
            }
            assert await peer.look("submit") == [
                {**same, "to": "61400000001", "text": "Hello No. 1!"},
                {**same, "to": "61400000002", "text": "Hello No. 2!"},
                {**same, "to": "61400000003", "text": "Bye"},
            ]

    run(scenario(), uv=uv)


def test_the_kinds_of_senders_and_of_texts():
    gsm = "@£$¥ èéùìò ÄÖÑÜ§ [~] {€} \\ ^ | _"
    unicode = "Café, жизнь 🎟️ 你好"

    async def scenario() -> None:
        async with connected() as (peer, carrier, _):
            for sender in ("Turnout", "12345", ""):
                assert await send(carrier, gsm, sender=sender)
            assert await send(carrier, unicode)
            told = await peer.look("submit")
            assert [(submit["from"], submit["fromTon"], submit["fromNpi"]) for submit in told] == [
                ("Turnout", 5, 0),
                ("12345", 3, 0),
                ("", 0, 0),
                ("61400000000", 1, 1),
            ]
            assert [(submit["coding"], submit["text"]) for submit in told] == [
                (0, gsm),
                (0, gsm),
                (0, gsm),
                (8, unicode),
            ]

    run(scenario())


def test_long_texts_come_in_parts_that_the_network_reads_each_alone():
    gsm = "x" * 152 + "€" * 100
    unicode = "ж" * 66 + "🎟" * 40

    async def scenario() -> None:
        async with connected() as (peer, carrier, _):
            outcomes = await send(carrier, gsm) + await send(carrier, unicode)
            assert outcomes == [
                Accepted(("m1", "m2", "m3"), 3),
                Accepted(("m4", "m5", "m6"), 3),
            ]
            told = await peer.look("submit")
            assert [(submit["esmClass"], submit["coding"]) for submit in told] == (
                [(0x40, 0)] * 3 + [(0x40, 8)] * 3
            )
            (first_header,), first_places, first_text = parts_of(told[:3])
            (second_header,), second_places, second_text = parts_of(told[3:])
            assert (first_text, second_text) == (gsm, unicode)
            assert first_places == second_places == ["01", "02", "03"]
            # node-smpp leaves the header's own length out.
            assert first_header[:4] == second_header[:4] == "0003"
            assert first_header[6:] == second_header[6:] == "03"
            assert (int(first_header[4:6], 16) + 1) % 256 == int(second_header[4:6], 16)

    run(scenario())


def test_what_the_network_refuses():
    statuses = {"61400000001": 0x0B, "61400000002": 0x0A, "61400000003": 0x08, "61400000004": 0x0F}

    async def scenario() -> None:
        async with connected(statuses=statuses) as (_, carrier, _):
            answer = "the network answered ESME_"
            assert await send(carrier, to=[*statuses, "61400000005"]) == [
                Rejected(Status.INVALID_DESTINATION, answer + "RINVDSTADR (0xb)"),
                Rejected(Status.BAD_SENDER, answer + "RINVSRCADR (0xa)"),
                Retry(60, answer + "RSYSERR (0x8)"),
                Misconfigured(answer + "RINVSYSID (0xf)"),
                Accepted(("m5",), 1),
            ]

    run(scenario())


def test_what_cannot_be_submitted_is_not():
    async def scenario() -> None:
        async with connected() as (peer, carrier, _):
            assert await send(carrier, to=["phone", "61400000001"]) == [
                Rejected(Status.INVALID_NUMBER, "'phone' is not a phone number"),
                Accepted(("m1",), 1),
            ]
            assert await send(carrier, sender="Twelve chars") == [
                Rejected(Status.BAD_SENDER, "'Twelve chars' cannot send text messages")
            ]
            assert await send(carrier, "x" * (255 * 153 + 1)) == [
                Rejected(Status.FAILED, "the text would take 256 messages")
            ]
            assert await send(carrier, to=[]) == []
            assert len(await peer.look("submit")) == 1

    run(scenario())


def test_the_longest_text_there_is():
    text = "".join(chr(97 + place % 26) for place in range(255 * 153))

    async def scenario() -> None:
        async with connected() as (peer, carrier, _):
            (outcome,) = await send(carrier, text)
            assert outcome == Accepted(tuple(f"m{number}" for number in range(1, 256)), 255)
            assert "".join(submit["text"] for submit in await peer.look("submit")) == text

    run(scenario())


def test_many_sends_at_once_over_several_binds():
    async def scenario() -> None:
        async with connected(binds=3, window=10, delayMs=5) as (peer, carrier, _):
            everybody = numbers(600)
            groups = [everybody[place : place + 60] for place in range(0, 600, 60)]
            batches = await asyncio.gather(*(send(carrier, to=group) for group in groups))
            outcomes = [outcome for batch in batches for outcome in batch]
            told = await peer.look("submit")
            assert sorted(submit["to"] for submit in told) == everybody
            assert {submit["bind"] for submit in told} == {1, 2, 3}
            by_id = {f"m{place}": submit["to"] for place, submit in enumerate(told, 1)}
            assert [by_id[outcome.network_ids[0]] for outcome in outcomes] == everybody  # type: ignore[union-attr]

    run(scenario())


@pytest.mark.parametrize("option", ["throttle", "full"])
def test_a_network_that_wants_a_pause_gets_it_and_everybody_is_reached_once(option: str):
    async def scenario() -> None:
        async with connected(window=5, **{option: 6}) as (peer, carrier, _):
            everybody = numbers(20)
            outcomes = await send(carrier, to=everybody)
            assert [type(outcome) for outcome in outcomes] == [Accepted] * 20
            ids = [outcome.network_ids[0] for outcome in outcomes if isinstance(outcome, Accepted)]
            told = await peer.look("submit")
            assert len(told) == 26
            assert [told[int(id_[1:]) - 1]["to"] for id_ in ids] == everybody

    run(scenario())


def test_patience_with_a_network_that_only_wants_pauses():
    async def scenario() -> None:
        async with connected(throttle=10**6, patience_s=0.4) as (_, carrier, _):
            slow = Retry(15, "the network takes messages too slowly")
            assert await send(carrier, to=numbers(3)) == [slow] * 3

    run(scenario())


def test_the_window_and_the_rate_are_kept():
    async def scenario() -> None:
        async with connected(window=4, silent=True, response_timeout_s=0.4, patience_s=0.2) as (
            peer,
            carrier,
            _,
        ):
            outcomes = await send(carrier, to=numbers(6))
            late = Unknown("the network did not answer in time")
            slow = Retry(15, "the network takes messages too slowly")
            assert outcomes == [late] * 4 + [slow] * 2
            assert [submit["to"] for submit in await peer.look("submit")] == numbers(4)
        async with connected(rate=100) as (peer, carrier, _):
            loop = asyncio.get_running_loop()
            began = loop.time()
            assert await send(carrier, to=numbers(32))
            assert loop.time() - began >= 0.3

    run(scenario())


def test_a_late_answer_changes_nothing():
    async def scenario() -> None:
        async with connected(delayMs=400, response_timeout_s=0.2, enquire_link_s=0.05) as (
            peer,
            carrier,
            _,
        ):
            assert await send(carrier, "one") == [Unknown("the network did not answer in time")]
            await peer.set(delayMs=0)
            assert await send(carrier, "two") == [Accepted(("m2",), 1)]
            assert [submit["text"] for submit in await peer.look("submit")] == ["one", "two"]

    run(scenario())


def test_what_is_not_begun_is_not_sent_when_the_caller_gives_up():
    async def scenario() -> None:
        async with connected(window=1, delayMs=400) as (peer, carrier, _):
            sending = asyncio.create_task(send(carrier, to=numbers(3)))
            await peer.wait_for("submit")
            sending.cancel()
            await asyncio.wait([sending], timeout=TIMEOUT_S)
            assert sending.cancelled()
            await peer.set(delayMs=0)
            assert await send(carrier, to=["61400000009"]) == [Accepted(("m2",), 1)]
            assert [submit["to"] for submit in await peer.look("submit")] == [
                "61400000000",
                "61400000009",
            ]

    run(scenario())


@pytest.mark.parametrize(
    ("until", "is_told", "expected"),
    [
        (NOW + 3_600_000, True, b"251124170000000+"),
        (NOW + 3_600_000, False, b""),
        (NOW - 1, True, b""),
        (None, True, b""),
    ],
)
def test_the_network_knows_until_when_a_message_may_be_delivered(
    until: int | None, is_told: bool, expected: bytes
):
    smsc = Chance(random.Random(1), {"taken": 1.0})

    async def scenario() -> None:
        async with smsc.listening(), carrying(smsc.port, validity=is_told) as carrier:
            message = Message(id=JobId(1), org_id=OrgId(1), channel=Channel.SMS, text="Hello")
            parcel = Parcel(attempt_id=1, destination="61400000001", sender="", valid_until=until)
            [outcome] = await carrier.send(message, [parcel])
            assert isinstance(outcome, Accepted)

    run(scenario())
    [body] = smsc.bodies
    assert (expected + b"\0\1") in body
    assert (b"251124" in body) == bool(expected)
