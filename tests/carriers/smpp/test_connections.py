"""Connections that fail, break, are refused or lie, with a network that is not written by us."""

import asyncio
import datetime
import ipaddress
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from structlog.testing import capture_logs

from tests.carriers.smpp import peer as peer_module
from tests.carriers.smpp.carrying import (
    KeptInbox,
    carrying,
    connected,
    numbers,
    run,
    send,
    wait_until,
)
from tests.carriers.smpp.peer import Peer, PeerError, find_program
from tests.support.ports import free_port
from turnout.carriers import Accepted, Misconfigured, Retry, Unknown
from turnout.carriers.smpp import SmppCarrier

LOST = Unknown("the connection was lost before the answer")


async def send_until_accepted(carrier: SmppCarrier) -> None:
    """Send again while an operator would have to act."""
    for _ in range(500):
        (outcome,) = await send(carrier)
        if isinstance(outcome, Accepted):
            return
        assert isinstance(outcome, Misconfigured)
        await asyncio.sleep(0.02)
    raise TimeoutError


def test_a_bind_that_is_refused_is_for_the_operator_until_it_works():
    async def scenario() -> None:
        async with Peer.start(password="changed") as peer, carrying(peer.port) as carrier:
            reason = "the bind was answered with ESME_RINVPASWD (0xe)"
            assert await send(carrier, to=numbers(2)) == [Misconfigured(reason)] * 2
            await peer.set(password="secret")
            await send_until_accepted(carrier)

    run(scenario())


def test_nobody_waits_for_the_next_try_of_a_bind_that_is_refused():
    async def scenario() -> None:
        async with (
            Peer.start(password="changed") as peer,
            carrying(peer.port, reconnect_s=60) as carrier,
        ):
            reason = "the bind was answered with ESME_RINVPASWD (0xe)"
            for _ in range(2):
                assert await send(carrier, to=numbers(2)) == [Misconfigured(reason)] * 2
            assert len(await peer.look("bind")) == 1

    run(scenario())


def test_a_bind_that_is_refused_for_now_is_tried_again():
    async def scenario() -> None:
        async with Peer.start(bindStatus=0x05) as peer, carrying(peer.port) as carrier:
            sending = asyncio.create_task(send(carrier))
            await peer.wait_for("bind", 2)
            assert not sending.done()
            await peer.set(bindStatus=0)
            assert await sending == [Accepted(("m1",), 1)]

    run(scenario())


def test_one_bind_that_works_is_enough():
    async def scenario() -> None:
        async with connected(binds=2, maxBinds=1, window=1, delayMs=50) as (peer, carrier, _):
            assert await send(carrier) == [Accepted(("m1",), 1)]
            await peer.set(bindStatus=0x0F)
            sending = asyncio.create_task(send(carrier, to=numbers(8)))
            binds = len(await peer.look("bind"))
            await peer.wait_for("bind", binds + 2)
            assert [type(outcome) for outcome in await sending] == [Accepted] * 8

    run(scenario())


def test_a_network_that_has_not_noticed_yet_that_the_last_bind_is_gone():
    async def scenario() -> None:
        async with connected() as (peer, carrier, _):
            assert await send(carrier) == [Accepted(("m1",), 1)]
            await peer.set(bindStatus=0x0D)
            peer.order("drop")
            await peer.wait_for("bind", 3)
            sending = asyncio.create_task(send(carrier))
            await peer.wait_for("bind", 4)
            assert not sending.done()
            await peer.set(bindStatus=0)
            assert await sending == [Accepted(("m2",), 1)]

    run(scenario())


@pytest.mark.parametrize("uv", [True, False])
def test_an_address_that_cannot_be(uv: bool):
    async def scenario() -> None:
        async with carrying(1, host=f"{'x' * 64}.example.org") as carrier:
            (outcome,) = await send(carrier)
            assert isinstance(outcome, Misconfigured)
            assert "cannot be trusted or does not exist" in outcome.reason

    run(scenario(), uv=uv)


def test_a_network_that_is_not_there():
    async def scenario() -> None:
        async with carrying(free_port(), patience_s=0.2) as carrier:
            (outcome,) = await send(carrier)
            assert isinstance(outcome, Retry)
            assert outcome.reason.startswith("no connection to the network: ")
            assert "refused" in outcome.reason.lower()

    run(scenario())


def test_a_network_that_does_not_answer_the_bind():
    async def scenario() -> None:
        async with (
            Peer.start(silentBind=True) as peer,
            carrying(peer.port, connect_timeout_s=0.2, patience_s=0.5) as carrier,
        ):
            reason = "no connection to the network: no answer within 0.2 s"
            assert await send(carrier) == [Retry(15, reason)]
            assert await peer.wait_for("closed", 2)

    run(scenario())


def test_a_broken_connection_repeats_nothing_that_may_have_arrived():
    async def scenario() -> None:
        async with connected(window=5, dropAt=8) as (peer, carrier, _):
            everybody = numbers(20)
            outcomes = await send(carrier, to=everybody)
            told = [submit["to"] for submit in await peer.look("submit")]
            assert len(set(told)) == len(told)
            unknown = {n for n, o in zip(everybody, outcomes, strict=True) if o == LOST}
            accepted = {n for n, o in zip(everybody, outcomes, strict=True) if o != LOST}
            assert all(isinstance(outcome, Accepted | Unknown) for outcome in outcomes)
            assert 1 <= len(unknown) <= 5
            assert told[7] in unknown
            assert accepted <= set(told)
            assert len(await peer.look("bind")) == 2

    run(scenario())


def test_a_network_that_goes_away_leaves_the_rest_for_later():
    async def scenario() -> None:
        async with connected(window=2, silent=True, patience_s=1.0) as (peer, carrier, _):
            sending = asyncio.create_task(send(carrier, to=numbers(4)))
            await peer.wait_for("submit", 2)
            peer.order("close")
            peer.order("drop")
            first, second, third, fourth = await sending
            assert (first, second) == (LOST, LOST)
            assert isinstance(third, Retry)
            assert third == fourth
            assert third.reason.startswith("no connection to the network: ")

    run(scenario())


def test_an_idle_connection_that_is_lost_is_made_again():
    async def scenario() -> None:
        async with connected(binds=2) as (peer, carrier, _):
            for count in (4, 6):
                peer.order("drop")
                await peer.wait_for("bind", count)
            assert await send(carrier) == [Accepted(("m1",), 1)]

    run(scenario())


def read_pauses(logs: Sequence[Mapping[str, Any]]) -> list[float]:
    """The pauses between connections that were logged."""
    return [log["again_in_s"] for log in logs if "again_in_s" in log]


@pytest.mark.parametrize("is_there", [False, True])
def test_pauses_between_connections_grow(is_there: bool):
    async def scenario() -> list[float]:
        async with Peer.start(silentBind=True) as peer:
            port = peer.port if is_there else free_port()
            with capture_logs() as logs:
                async with carrying(port, reconnect_s=0.01, connect_timeout_s=0.1):
                    await wait_until(lambda: len(read_pauses(logs)) >= 4)
        return read_pauses(logs)

    for pause_s, longest in zip(run(scenario()), (0.01, 0.02, 0.04, 0.08), strict=False):
        assert longest / 2 <= pause_s <= longest


def test_pauses_start_over_after_a_bind_that_lasted():
    async def scenario() -> list[float]:
        async with Peer.start(bindStatus=0x05) as peer:
            with capture_logs() as logs:
                async with carrying(peer.port, reconnect_s=0.01) as carrier:
                    await wait_until(lambda: len(read_pauses(logs)) >= 3)
                    await peer.set(bindStatus=0)
                    assert await send(carrier) == [Accepted(("m1",), 1)]
                    then = len(read_pauses(logs))
                    await asyncio.sleep(0.02 * 2**then)
                    peer.order("drop")
                    await wait_until(lambda: len(read_pauses(logs)) > then)
                    return read_pauses(logs)[then:]

    assert 0.005 <= run(scenario())[0] <= 0.01


def test_a_network_that_unbinds():
    async def scenario() -> None:
        async with connected(delayMs=150) as (peer, carrier, _):
            sending = asyncio.create_task(send(carrier))
            await peer.wait_for("submit")
            peer.order("unbind")
            assert await peer.wait_for("unbound") == [{"event": "unbound", "status": 0}]
            assert await sending == [Accepted(("m1",), 1)]
            assert await send(carrier) == [Accepted(("m2",), 1)]
            assert [submit["bind"] for submit in await peer.look("submit")] == [1, 2]

    run(scenario())


def test_both_sides_ask_whether_the_other_lives():
    async def scenario() -> None:
        async with connected(enquire_link_s=0.05, response_timeout_s=0.5) as (peer, _, _):
            peer.order("enquire")
            assert await peer.wait_for("alive") == [{"event": "alive", "status": 0}]
            await peer.wait_for("enquired", 2)
            assert len(await peer.look("bind")) == 1
            await peer.set(deaf=True)
            await peer.wait_for("bind", 2)

    run(scenario())


@pytest.mark.parametrize(
    ("octets", "nack"),
    [
        ("00000010000001030000000000000021", {"status": 3, "sequence": 0x21}),
        ("000000120000000500000000000000220001", {"status": 2, "sequence": 0x22}),
    ],
)
def test_what_cannot_be_understood_is_refused(octets: str, nack: dict[str, int]):
    async def scenario() -> None:
        async with connected() as (peer, carrier, _):
            peer.order("raw", hex=octets)
            assert await peer.wait_for("nack") == [{"event": "nack", **nack}]
            assert await send(carrier) == [Accepted(("m1",), 1)]
            assert len(await peer.look("bind")) == 1

    run(scenario())


@pytest.mark.parametrize("octets", ["ffffffff", "0000000f", b"HTTP/1.1 400 ".hex()])
def test_a_stream_that_cannot_be_read_is_left(octets: str):
    async def scenario() -> None:
        async with connected() as (peer, carrier, _):
            peer.order("raw", hex=octets)
            assert await peer.wait_for("nack") == [{"event": "nack", "status": 2, "sequence": 0}]
            await peer.wait_for("bind", 2)
            assert await send(carrier) == [Accepted(("m1",), 1)]

    run(scenario())


def test_stopping_finishes_what_is_under_way():
    async def scenario() -> None:
        async with Peer.start(delayMs=400, receipts="tlv") as peer:
            inbox = KeptInbox()
            async with carrying(peer.port, inbox, window=2) as carrier:
                sending = asyncio.create_task(send(carrier, to=numbers(4)))
                await peer.wait_for("submit", 2)
            stopping = Retry(15, "Turnout is stopping")
            assert await sending == [
                Accepted(("m1",), 1),
                Accepted(("m2",), 1),
                stopping,
                stopping,
            ]
            assert await send(carrier) == [stopping]
            assert len(await peer.wait_for("unbind")) == 1
            assert len(await peer.look("submit")) == 2

    run(scenario())


def test_the_password_is_never_logged():
    async def scenario() -> None:
        with capture_logs() as logs:
            async with Peer.start(password="changed") as peer, carrying(peer.port) as carrier:
                outcomes = await send(carrier)
                await peer.set(password="secret")
                await send_until_accepted(carrier)
                peer.order("raw", hex="ffffffff")
                await peer.wait_for("nack")
        assert len(logs) >= 3
        assert "secret" not in f"{logs} {outcomes} {carrier}"

    run(scenario())


def make_certificate(folder: Path) -> tuple[dict[str, str], str]:
    """A key and certificate for 127.0.0.1, and the file in which it is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(
        encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = certificate.public_bytes(encoding)
    (folder / "ca.pem").write_bytes(public)
    return {"key": private.decode(), "cert": public.decode()}, str(folder / "ca.pem")


@pytest.mark.parametrize("uv", [True, False])
def test_over_tls(tmp_path: Path, uv: bool):
    tls, authority = make_certificate(tmp_path)

    async def scenario() -> None:
        inbox = KeptInbox()
        async with (
            Peer.start(tls, receipts="tlv") as peer,
            carrying(peer.port, inbox, tls=True, tls_ca_file=authority) as carrier,
        ):
            outcomes = await send(carrier, to=numbers(300))
            assert all(isinstance(outcome, Accepted) for outcome in outcomes)
            assert len(await inbox.wait_for_reports(300)) == 300

    run(scenario(), uv=uv)


def test_a_certificate_that_cannot_be_trusted(tmp_path: Path):
    tls, _ = make_certificate(tmp_path)

    async def scenario() -> None:
        async with Peer.start(tls) as peer, carrying(peer.port, tls=True) as carrier:
            (outcome,) = await send(carrier)
            assert isinstance(outcome, Misconfigured)
            assert outcome.reason.startswith("127.0.0.1 cannot be trusted or does not exist: ")
            assert await peer.look("bind") == []

    run(scenario())


def test_a_server_that_does_not_speak_tls():
    async def scenario() -> None:
        async with (
            Peer.start() as peer,
            carrying(peer.port, tls=True, connect_timeout_s=0.5, patience_s=0.8) as carrier,
        ):
            (outcome,) = await send(carrier)
            assert isinstance(outcome, Retry)
            assert await peer.look("bind") == []

    run(scenario())


def test_a_missing_program_is_named_where_it_cannot_be_installed(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(PeerError, match=r"need no-such-node\. Install Node\.js"):
        find_program("no-such-node")


def test_the_packages_of_the_peer_are_locked_by_hash_and_name_no_registry():
    lock = json.loads(peer_module.LOCK.read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert set(packages) == {
        f"node_modules/{name}" for name in ("iconv-lite", "safer-buffer", "smpp")
    }
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
    assert "resolved" not in peer_module.LOCK.read_text()
