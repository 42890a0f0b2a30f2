"""What a session and the pool do in the orders of events that matter."""

import asyncio
import email
import email.policy
from typing import Any

import msgspec
import pytest

from tests.carriers.smtp.samples import (
    carrying,
    make_message,
    make_parcel,
    make_settings,
    run,
    send,
)
from tests.carriers.smtp.scripted import ENVELOPE_TAKEN, HELLO, Peer, Script, scripted
from turnout.carriers import (
    Accepted,
    Attachment,
    Lapsed,
    Misconfigured,
    Outcome,
    Parcel,
    Rejected,
    Retry,
    Unknown,
)
from turnout.carriers.smtp import SmtpCarrier
from turnout.carriers.smtp.outcomes import RECONNECT_S, RETRY_S
from turnout.carriers.smtp.settings import Tls
from turnout.core.messaging.model import Status

NOBODY = Rejected(Status.BOUNCED, "RCPT: 550 5.1.1 nobody", is_gone=True)
ACCEPTED = Accepted(is_final=True)
LOST = "connection lost: the relay hung up"
LARGE = make_message(attachments=(Attachment("a", "image/png", bytes(8_000_000)),))

both_loops = pytest.mark.parametrize("on_uvloop", [True, False])


def guests(count: int) -> list[Parcel]:
    return [make_parcel(n, destination=f"g{n}@example.com") for n in range(1, count + 1)]


def test_a_dot_and_the_next_envelope_are_one_write():
    async def script(peer: Peer) -> None:
        await peer.greet()
        assert await peer.envelope() == "g1@example.com"
        peer.say(*ENVELOPE_TAKEN)
        dot, mail, *rest = (await peer.heard())[-4:]
        assert (dot, mail[:11]) == (".", "MAIL FROM:<")
        assert rest == ["RCPT TO:<g2@example.com>", "DATA"]
        peer.say("250 taken", *ENVELOPE_TAKEN)
        assert (await peer.heard())[-1] == "."
        peer.say("250 2.0.0 Ok: queued as ABC123")
        await peer.goodbye()

    async def main() -> list[Outcome]:
        async with scripted(script) as port:
            return await send(port, *guests(2), connections=1)

    assert run(main()) == [ACCEPTED, Accepted(("ABC123",), is_final=True)]


def test_without_pipelining_every_command_waits_for_its_answer():
    async def script(peer: Peer) -> None:
        await peer.greet("250 peer")
        for n in (1, 2):
            for verb, answer in (("MAIL", "250 ok"), ("RCPT", "250 ok"), ("DATA", "354 go")):
                (line,) = await peer.heard()
                assert line.startswith(verb)
                assert f"g{n}@" in line or verb != "RCPT"
                peer.say(answer)
            assert (await peer.heard())[-1] == "."
            peer.say("250 taken")
        await peer.goodbye()

    async def main() -> list[Outcome]:
        async with scripted(script) as port:
            return await send(port, *guests(2), connections=1)

    assert run(main()) == [ACCEPTED] * 2


def test_a_refused_envelope_is_reset_before_the_next():
    async def script(peer: Peer) -> None:
        await peer.greet()
        assert await peer.envelope() == "g1@example.com"
        peer.say("250 ok", "550 5.1.1 nobody", "503 no recipient")
        reset, *_ = lines = await peer.heard()
        assert (reset, len(lines)) == ("RSET", 4)
        peer.say("250 reset", *ENVELOPE_TAKEN)
        await peer.body()
        peer.say("250 taken")
        await peer.goodbye()

    async def main() -> list[Outcome]:
        async with scripted(script) as port:
            return await send(port, *guests(2), connections=1)

    assert run(main()) == [NOBODY, ACCEPTED]


def test_a_body_asked_for_after_a_refusal_is_empty():
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.envelope()
        peer.say("250 ok", "550 5.1.1 nobody", "354 go")
        assert await peer.heard() == ["."]
        peer.say("554 no recipients")
        await peer.take()
        await peer.goodbye()

    async def main() -> list[Outcome]:
        async with scripted(script) as port:
            return await send(port, *guests(2), connections=1)

    assert run(main()) == [NOBODY, ACCEPTED]


def test_a_refusal_that_the_connection_did_not_survive_is_still_one():
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.envelope()
        peer.say("250 ok", "550 5.1.1 nobody")

    async def main() -> list[Outcome]:
        async with scripted(script) as port:
            return await send(port)

    assert run(main()) == [NOBODY]


@pytest.mark.parametrize("hello", [HELLO, "250 peer"])
def test_a_mail_whose_fate_is_open_is_unknown_and_the_next_one_goes_elsewhere(hello):
    async def first(peer: Peer) -> None:
        await peer.greet(hello)
        if hello == HELLO:
            assert await peer.take() == "g1@example.com"
            assert await peer.envelope() == "g2@example.com"
            peer.say(*ENVELOPE_TAKEN)
        else:
            for answer in (*ENVELOPE_TAKEN, "250 taken", *ENVELOPE_TAKEN):
                await peer.heard()
                peer.say(answer)
        await peer.body()

    async def second(peer: Peer) -> None:
        await peer.greet()
        assert await peer.take() == "g3@example.com"
        await peer.goodbye()

    async def main() -> list[Outcome]:
        async with scripted(first, second) as port:
            return await send(port, *guests(3), connections=1)

    assert run(main()) == [ACCEPTED, Unknown(LOST), ACCEPTED]


@pytest.mark.parametrize("last_words", [["421 4.7.0 enough"], []])
def test_a_server_that_takes_only_so_many_gets_the_rest_over_another_connection(last_words):
    async def first(peer: Peer) -> None:
        await peer.greet()
        assert await peer.take("250 taken", *last_words) == "g1@example.com"
        assert await peer.envelope() == "g2@example.com"

    async def second(peer: Peer) -> None:
        await peer.greet()
        assert await peer.take() == "g2@example.com"
        assert await peer.take() == "g3@example.com"
        await peer.goodbye()

    async def main() -> list[Outcome]:
        async with scripted(first, second) as port:
            return await send(port, *guests(3), connections=1)

    assert run(main()) == [ACCEPTED] * 3


def test_a_server_that_refuses_only_so_many_gets_the_rest_over_another_connection():
    async def first(peer: Peer) -> None:
        await peer.greet()
        await peer.envelope()
        peer.say("250 ok", "550 5.1.1 nobody", "503 no recipient")
        assert await peer.envelope() == "g2@example.com"
        peer.say("421 4.7.0 too many errors")

    async def second(peer: Peer) -> None:
        await peer.greet()
        assert await peer.take() == "g2@example.com"
        await peer.goodbye()

    async def main() -> list[Outcome]:
        async with scripted(first, second) as port:
            return await send(port, *guests(2), connections=1)

    assert run(main()) == [NOBODY, ACCEPTED]


def test_421_to_a_dot_is_that_mails_answer():
    async def first(peer: Peer) -> None:
        await peer.greet()
        await peer.take()
        await peer.take("421 4.3.2 shutting down")

    async def second(peer: Peer) -> None:
        await peer.greet()
        assert await peer.take() == "g3@example.com"
        await peer.goodbye()

    async def main() -> list[Outcome]:
        async with scripted(first, second) as port:
            return await send(port, *guests(3), connections=1)

    refused = Retry(RETRY_S, "the message: 421 4.3.2 shutting down")
    assert run(main()) == [ACCEPTED, refused, ACCEPTED]


def test_a_connection_is_replaced_after_so_many_mails():
    recipients: list[str] = []

    async def script(peer: Peer) -> None:
        await peer.greet()
        recipients.extend([await peer.take() for _ in range(2)])
        await peer.goodbye()

    async def main() -> list[Outcome]:
        async with scripted(script, script, script) as port:
            return await send(port, *guests(6), connections=1, messages_per_connection=2)

    assert run(main()) == [ACCEPTED] * 6
    assert recipients == [parcel.destination for parcel in guests(6)]


SILENT = "connection lost: no answer in time"


async def say_nothing(peer: Peer) -> None:
    await peer.heard()


async def greet_only(peer: Peer) -> None:
    peer.say("220 peer")
    await peer.heard()
    await peer.heard()


async def ignore_the_envelope(peer: Peer) -> None:
    await peer.greet()
    await peer.envelope()
    await peer.heard()


async def ignore_data(peer: Peer) -> None:
    await peer.greet()
    await peer.envelope()
    peer.say("250 ok", "250 ok")
    await peer.heard()


async def ignore_the_dot(peer: Peer) -> None:
    await peer.greet()
    await peer.envelope()
    peer.say(*ENVELOPE_TAKEN)
    await peer.body()
    await peer.heard()


@pytest.mark.parametrize(
    ("script", "setting", "outcome"),
    [
        (say_nothing, "command_timeout_s", Retry(RECONNECT_S, SILENT)),
        (greet_only, "command_timeout_s", Retry(RECONNECT_S, SILENT)),
        (ignore_the_envelope, "command_timeout_s", Retry(RECONNECT_S, SILENT)),
        (ignore_data, "command_timeout_s", Retry(RECONNECT_S, SILENT)),
        (ignore_the_dot, "end_timeout_s", Unknown(SILENT)),
    ],
)
def test_every_phase_has_a_time_limit(script, setting, outcome):
    settings: dict[str, Any] = {setting: 0.3}

    async def main() -> list[Outcome]:
        async with scripted(script) as port:
            return [tell(outcome, port) for outcome in await send(port, **settings)]

    assert run(main()) == [outcome]


def tell(outcome: Outcome, port: int) -> Outcome:
    """The same without the address of the server, whose port is another each time."""
    if isinstance(outcome, Accepted | Lapsed):
        return outcome
    return msgspec.structs.replace(
        outcome, reason=outcome.reason.removeprefix(f"127.0.0.1:{port}: ")
    )


def test_a_body_that_is_not_taken_was_not_sent():
    async def main() -> list[Outcome]:
        done = asyncio.Event()

        async def script(peer: Peer) -> None:
            await peer.greet()
            await peer.envelope()
            peer.say(*ENVELOPE_TAKEN)
            await done.wait()

        async with scripted(script) as port:
            outcomes = await send(port, message=LARGE, data_timeout_s=0.1)
            done.set()
            return outcomes

    assert run(main()) == [Retry(RECONNECT_S, SILENT)]


@both_loops
def test_a_large_body_is_written_as_it_is_taken(on_uvloop):
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.envelope()
        peer.say(*ENVELOPE_TAKEN)
        taken = b""
        while not taken.endswith(b"\r\n.\r\n"):
            taken += await peer.reader.readexactly(1)
            taken += await peer.reader.read(300_000)
        parsed = email.message_from_bytes(taken[:-3], policy=email.policy.default)
        (attachment,) = parsed.iter_attachments()
        assert attachment.get_content() == bytes(8_000_000)
        peer.say("250 taken")
        await peer.goodbye()

    async def main() -> list[Outcome]:
        async with scripted(script) as port:
            return await send(port, message=LARGE)

    assert run(main(), on_uvloop=on_uvloop) == [ACCEPTED]


async def talk_nonsense(peer: Peer) -> None:
    peer.say("hello there")
    await peer.heard()


async def never_end(peer: Peer) -> None:
    peer.say(*[f"220-{'x' * 500}"] * 200)
    await peer.heard()


async def say_nothing_in_many_lines(peer: Peer) -> None:
    await peer.greet("\r\n".join(["250-"] * 501))
    await peer.heard()


async def take_many_extensions(peer: Peer) -> None:
    await peer.greet("\r\n".join(["250-X"] * 499 + ["250 PIPELINING"]))
    await peer.take()
    await peer.goodbye()


async def take_anything(peer: Peer) -> None:
    await peer.greet(f"250-peer\r\n250-\r\n250-SIZE {'9' * 9000}\r\n250 PIPELINING")
    await peer.take()
    await peer.goodbye()


async def talk_out_of_turn(peer: Peer) -> None:
    await peer.greet()
    await peer.envelope()
    peer.say(*ENVELOPE_TAKEN[:2], "250 ok", "250 one too many")
    await peer.heard()


async def answer_too_soon(peer: Peer) -> None:
    await peer.greet()
    await peer.envelope()
    peer.say(*ENVELOPE_TAKEN, "250 taken", "250 taken", "250 taken")
    await peer.heard()


async def hang_up_after_ehlo(peer: Peer) -> None:
    await peer.greet("250 peer\r\n421 4.3.2 going")
    assert await peer.heard() == []


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        (hang_up_after_ehlo, Retry(RECONNECT_S, "connection lost: 421 4.3.2 going")),
        (talk_nonsense, Retry(RECONNECT_S, "connection lost: b'hello there\\r' is no answer")),
        (never_end, Retry(RECONNECT_S, "connection lost: its answer has no end")),
        (say_nothing_in_many_lines, Retry(RECONNECT_S, "connection lost: its answer has no end")),
        (take_many_extensions, ACCEPTED),
        (take_anything, ACCEPTED),
        (talk_out_of_turn, Retry(RETRY_S, "DATA: 250 ok")),
        (answer_too_soon, ACCEPTED),
    ],
)
def test_servers_that_break_the_rules(script, outcome):
    async def main() -> list[Outcome]:
        async with scripted(script) as port:
            return [tell(outcome, port) for outcome in await send(port)]

    assert run(main()) == [outcome]


def test_a_refusal_in_mid_body_is_the_bodys_answer_and_a_yes_is_not():
    async def main(answer: str) -> list[Outcome]:
        done = asyncio.Event()

        async def script(peer: Peer) -> None:
            await peer.greet()
            await peer.envelope()
            peer.say(*ENVELOPE_TAKEN)
            await peer.reader.readexactly(1)
            peer.say(answer)
            await done.wait()

        async with scripted(script) as port:
            outcomes = await send(port, message=LARGE)
            done.set()
            return outcomes

    assert run(main("552 5.3.4 too large")) == [
        Rejected(Status.PATHWAY_ERROR, "the message: 552 5.3.4 too large")
    ]
    assert run(main("421 4.3.2 going")) == [Retry(RETRY_S, "the message: 421 4.3.2 going")]
    assert run(main("250 yes")) == [Retry(RECONNECT_S, "connection lost: 250 yes")]


def test_a_connection_that_rests_is_closed_after_a_while():
    async def main() -> None:
        gone = asyncio.Event()

        async def script(peer: Peer) -> None:
            await peer.greet()
            await peer.take()
            await peer.goodbye()
            gone.set()

        async with scripted(script) as port, carrying(port, idle_timeout_s=0.1) as carrier:
            assert await carrier.send(make_message(), guests(1)) == [ACCEPTED]
            await gone.wait()

    run(main())


def test_stopping_finishes_what_was_begun_and_puts_off_the_rest():
    async def main() -> None:
        begun, finish = asyncio.Event(), asyncio.Event()

        async def script(peer: Peer) -> None:
            await peer.greet()
            await peer.envelope()
            peer.say(*ENVELOPE_TAKEN)
            await peer.body()
            assert await peer.envelope() == "g2@example.com"
            begun.set()
            await finish.wait()
            peer.say("250 taken", *ENVELOPE_TAKEN)
            await peer.body()
            peer.say("250 taken")
            await peer.goodbye()

        async with scripted(script) as port:
            carrier = SmtpCarrier(make_settings(port, connections=1))
            sending = asyncio.create_task(carrier.send(make_message(), guests(20)))
            await begun.wait()
            stopping = asyncio.create_task(carrier.stop())
            await asyncio.sleep(0)
            assert not stopping.done()
            finish.set()
            await stopping
            stopped = Retry(1.0, "Turnout is stopping")
            assert await sending == [ACCEPTED] * 2 + [stopped] * 18
            assert await carrier.send(make_message(), guests(1)) == [stopped]

    run(main())


def test_stopping_puts_off_what_a_server_gives_back():
    async def main() -> None:
        begun, finish = asyncio.Event(), asyncio.Event()

        async def script(peer: Peer) -> None:
            await peer.greet()
            await peer.take()
            assert await peer.envelope() == "g2@example.com"
            begun.set()
            await finish.wait()

        async with scripted(script) as port:
            carrier = SmtpCarrier(make_settings(port, connections=1))
            sending = asyncio.create_task(carrier.send(make_message(), guests(2)))
            await begun.wait()
            stopping = asyncio.create_task(carrier.stop())
            await asyncio.sleep(0)
            finish.set()
            await stopping
            assert await sending == [ACCEPTED, Retry(1.0, "Turnout is stopping")]

    run(main())


@both_loops
@pytest.mark.parametrize("tls", ["off", "implicit"])
def test_stopping_gives_up_a_connection_that_is_being_opened(tls: Tls, on_uvloop):
    async def main() -> None:
        heard = asyncio.Event()

        async def script(peer: Peer) -> None:
            if tls == "off":
                peer.say("220 peer")
            await peer.reader.read(1)
            heard.set()
            await peer.reader.read(-1)

        async with scripted(script) as port:
            carrier = SmtpCarrier(make_settings(port, tls=tls))
            sending = asyncio.create_task(carrier.send(make_message(), guests(1)))
            await heard.wait()
            await carrier.stop()
            assert await sending == [Retry(1.0, "Turnout is stopping")]

    run(main(), on_uvloop=on_uvloop)


def test_a_stop_that_is_cut_short_hangs_up():
    async def main() -> None:
        async def script(peer: Peer) -> None:
            await peer.greet()
            await peer.envelope()
            peer.say(*ENVELOPE_TAKEN)
            await peer.body()
            begun.set()
            assert await peer.heard() == []

        begun = asyncio.Event()
        async with scripted(script) as port:
            carrier = SmtpCarrier(make_settings(port))
            sending = asyncio.create_task(carrier.send(make_message(), guests(1)))
            await begun.wait()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(carrier.stop(), 0.05)
            assert await sending == [Unknown("connection lost: Turnout stopped")]

    run(main())


def test_mails_of_a_sender_that_gave_up_are_dropped():
    async def main() -> None:
        begun, finish = asyncio.Event(), asyncio.Event()

        async def script(peer: Peer) -> None:
            await peer.greet("250 peer")
            await peer.heard()
            begun.set()
            await finish.wait()
            for answer in (*ENVELOPE_TAKEN, "250 taken"):
                peer.say(answer)
                heard = await peer.heard()
            assert heard[0].startswith("MAIL FROM:<bounces+99.")
            for answer in (*ENVELOPE_TAKEN, "250 taken"):
                peer.say(answer)
                await peer.heard()

        async with scripted(script) as port, carrying(port, connections=1) as carrier:
            sending = asyncio.create_task(carrier.send(make_message(), guests(20)))
            await begun.wait()
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending
            finish.set()
            assert await carrier.send(make_message(), [make_parcel(99)]) == [ACCEPTED]

    run(main())


def test_no_more_than_so_many_go_to_one_domain_at_once_and_others_pass():
    async def main() -> list[Outcome]:
        events: list[str] = []
        other_done = asyncio.Event()

        async def script(peer: Peer) -> None:
            await peer.greet()
            while lines := await peer.heard():
                if lines == ["QUIT"]:
                    return peer.say("221 bye")
                recipient = lines[-2][9:-1]
                events.append(f"begin {recipient}")
                peer.say(*ENVELOPE_TAKEN)
                await peer.body()
                if recipient == "a1@one.example":
                    await other_done.wait()
                events.append(f"end {recipient}")
                peer.say("250 taken")
                if recipient == "b2@two.example":
                    other_done.set()
            return None

        names = ["a1@one.example", "a2@one.example", "a3@One.Example"]
        names += ["b1@two.example", "b2@two.example"]
        async with scripted(script, script) as port:
            outcomes = await send(
                port,
                *(make_parcel(n, destination=name) for n, name in enumerate(names, start=1)),
                connections=2,
                domain_connections=1,
            )
        order = [event for event in events if "two" not in event]
        assert order == [f"{verb} {name}" for name in names[:3] for verb in ("begin", "end")]
        assert events.index("end b2@two.example") < events.index("end a1@one.example")
        return outcomes

    assert run(main()) == [ACCEPTED] * 5


def test_while_one_connection_works_another_that_fails_harms_nobody():
    async def main() -> list[Outcome]:
        refused = asyncio.Event()

        async def working(peer: Peer) -> None:
            await peer.greet()
            await peer.envelope()
            await refused.wait()
            peer.say(*ENVELOPE_TAKEN)
            await peer.body()
            peer.say("250 taken")
            for _ in range(19):
                await peer.take()
            await peer.goodbye()

        async def full(peer: Peer) -> None:
            peer.say("421 4.7.0 too many connections")
            assert await peer.heard() == []
            refused.set()

        async with scripted(working, full) as port:
            return await send(port, *guests(20), connections=2)

    assert run(main()) == [ACCEPTED] * 20


async def inject_behind_starttls(peer: Peer) -> None:
    await peer.greet("250-peer\r\n250 STARTTLS")
    assert await peer.heard() == ["STARTTLS"]
    peer.say("220 go", "250-peer", "250 AUTH PLAIN")
    assert await peer.heard() == []


async def fail_at_tls(peer: Peer) -> None:
    await peer.greet("250-peer\r\n250 STARTTLS")
    assert await peer.heard() == ["STARTTLS"]
    peer.say("220 go")
    await peer.reader.read(1)
    peer.say("what?")
    await peer.reader.read(-1)


async def stall_at_tls(peer: Peer) -> None:
    await peer.greet("250-peer\r\n250 STARTTLS")
    await peer.heard()
    peer.say("220 go")
    await peer.reader.read(-1)


async def refuse_starttls(peer: Peer) -> None:
    await peer.greet("250-peer\r\n250 STARTTLS")
    await peer.heard()
    peer.say("454 4.7.0 not now")
    await peer.heard()


async def deliver_in_the_clear(peer: Peer) -> None:
    await peer.greet("250-peer\r\n250 STARTTLS")
    for answer in (*ENVELOPE_TAKEN, "250 taken", "221 bye"):
        await peer.heard()
        peer.say(answer)


@both_loops
@pytest.mark.parametrize("script", [fail_at_tls, stall_at_tls, refuse_starttls])
def test_where_encryption_fails_it_is_done_without_unless_it_is_required(script, on_uvloop):
    async def main(tls: Tls, *scripts: Script) -> list[Outcome]:
        async with scripted(*scripts) as port:
            return await send(port, tls=tls, connect_timeout_s=0.5)

    outcomes = run(main("opportunistic", script, deliver_in_the_clear), on_uvloop=on_uvloop)
    assert outcomes == [ACCEPTED]
    (outcome,) = run(main("required", script), on_uvloop=on_uvloop)
    assert isinstance(outcome, Retry)


@both_loops
@pytest.mark.parametrize("tls", ["opportunistic", "required"])
def test_what_is_said_before_encryption_begins_is_not_believed(tls: Tls, on_uvloop):
    async def main() -> list[Outcome]:
        async with scripted(inject_behind_starttls) as port:
            return [tell(outcome, port) for outcome in await send(port, tls=tls)]

    outcomes = run(main(), on_uvloop=on_uvloop)
    assert outcomes == [Misconfigured("it sent something before encryption began")]


@both_loops
def test_connecting_has_a_time_limit(on_uvloop):
    async def script(peer: Peer) -> None:
        await peer.reader.read(-1)

    async def main() -> list[Outcome]:
        async with scripted(script) as port:
            outcomes = await send(port, tls="implicit", connect_timeout_s=0.1)
            return [tell(outcome, port) for outcome in outcomes]

    outcomes = run(main(), on_uvloop=on_uvloop)
    assert outcomes == [Retry(RECONNECT_S, "cannot connect: no answer in time")]


def test_a_refused_login_gets_no_password():
    async def script(peer: Peer) -> None:
        await peer.greet("250-peer\r\n250 AUTH LOGIN")
        assert await peer.heard() == ["AUTH LOGIN"]
        peer.say("534 5.7.9 not like this")
        assert await peer.heard() == []

    async def main() -> list[Outcome]:
        async with scripted(script) as port:
            outcomes = await send(port, username="ada", password="p")
            return [tell(outcome, port) for outcome in outcomes]

    assert run(main()) == [Misconfigured("login: 534 5.7.9 not like this")]


class FarLoop(asyncio.SelectorEventLoop):
    """A loop on which every connection seems to lead to another machine."""

    def _make_socket_transport(self, sock, protocol, waiter=None, *, extra=None, server=None):
        make = super()._make_socket_transport  # type: ignore[misc]
        return make(sock, protocol, waiter, extra={"peername": ("192.0.2.1", 25)}, server=server)


@pytest.mark.parametrize(
    ("is_allowed", "outcome"),
    [(False, Misconfigured("the password would travel unencrypted")), (True, ACCEPTED)],
)
def test_a_password_does_not_travel_unencrypted_unless_that_is_allowed(is_allowed, outcome):
    async def script(peer: Peer) -> None:
        await peer.greet("250-peer\r\n250 AUTH PLAIN")
        if is_allowed:
            assert await peer.heard() == ["AUTH PLAIN AGFkYQBw"]
            for answer in ("235 welcome", *ENVELOPE_TAKEN, "250 taken", "221 bye"):
                peer.say(answer)
                await peer.heard()
        assert await peer.heard() == []

    async def main() -> list[Outcome]:
        login: dict[str, Any] = {"username": "ada", "password": "p"}
        async with scripted(script) as port:
            outcomes = await send(port, plaintext_login=is_allowed, **login)
            return [tell(outcome, port) for outcome in outcomes]

    with asyncio.Runner(loop_factory=FarLoop) as runner:
        assert runner.run(main()) == [outcome]
