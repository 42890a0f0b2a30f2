"""Where media may go that a trunk names."""

import asyncio

import pytest

from tests.carriers.sip_fax.trunk_peer import Peer, sound
from turnout.carriers.sip_fax.addresses import AstrayError, judge_media
from turnout.carriers.sip_fax.sdp import read_media
from turnout.carriers.sip_fax.statuses import End, judge
from turnout.core.messaging.model import Status
from turnout.http.addresses import read_networks

PUBLIC, PUBLIC6 = "93.184.216.34", "2606:4700:4700::1111"


def go(address: str, trunk: str, allow: str = "") -> str:
    media = read_media(sound(address))[0]
    return judge_media(media, trunk, read_networks(allow)).address


@pytest.mark.parametrize(
    ("address", "trunk", "expected"),
    [
        ("1.1.1.1", PUBLIC, "1.1.1.1"),
        ("1.1.1.1/127", PUBLIC, "1.1.1.1"),
        ("::ffff:1.1.1.1", PUBLIC, "1.1.1.1"),
        ("2A00:0:0::0:1", PUBLIC6, "2a00::1"),
        ("64:ff9b::808:808", "64:ff9b::101:101", "64:ff9b::808:808"),
        ("10.1.2.3", "192.168.0.1", "10.1.2.3"),
        ("10.1.2.3", "127.0.0.1", "10.1.2.3"),
        ("127.0.0.2", "127.0.0.1", "127.0.0.2"),
        ("0:0:0:0:0:0:0:1", "::1", "::1"),
        ("fd00::1", "fd00::2", "fd00::1"),
        ("0.0.0.0", PUBLIC, ""),
        ("::", PUBLIC6, ""),
    ],
)
def test_media_go_to_an_address_that_is_as_near_as_the_trunk(
    address: str, trunk: str, expected: str
) -> None:
    assert go(address, trunk) == expected


@pytest.mark.parametrize(
    ("address", "trunk"),
    [
        *((address, PUBLIC) for address in ("127.0.0.1", "10.0.0.1", "192.168.1.1", "100.64.0.1")),
        *((address, PUBLIC) for address in ("127.1", "2130706433", "dead.beef.cafe", "localhost")),
        *((address, "127.0.0.1") for address in ("224.0.0.251", "255.255.255.255", "", "0x7f.1")),
        *((address, "10.0.0.1") for address in ("127.0.0.1", "169.254.169.254", "168.63.129.16")),
        *(
            (address, PUBLIC6)
            for address in ("::1", "0:0:0:0:0:0:0:1", "fd00::1", "64:ff9b::a00:1")
        ),
        *((address, "fd00::1") for address in ("ff02::1", "fe80::1", "::ffff:127.0.0.1")),
        ("1.1.1.1", PUBLIC6),
        (PUBLIC6, PUBLIC),
    ],
)
def test_media_go_nowhere_else(address: str, trunk: str) -> None:
    with pytest.raises(AstrayError):
        go(address, trunk)


def test_the_operator_lets_private_networks_be_reached_and_no_loopback() -> None:
    assert go("10.1.2.3", PUBLIC, "10.0.0.0/8") == "10.1.2.3"
    with pytest.raises(AstrayError):
        go("127.0.0.1", PUBLIC, "0.0.0.0/0")


def test_a_fax_whose_media_go_astray_has_failed_and_says_why() -> None:
    end = End("one", "astray", reason="It names no address.", heard=True, pages=1)
    assert judge([end], 2, "") == (Status.FAILED, "1 of 2 pages. Page 1. It names no address.")


@pytest.mark.parametrize("address", ["224.0.0.251", "dead.beef", ""])
def test_an_answer_that_names_another_address_ends_the_call(address: str) -> None:
    async def work() -> None:
        async with Peer() as peer:
            peer.answer(await peer.until("INVITE"), 200, sound(address))
            peer.answer(await peer.until("BYE"), 200)
            end = await peer.end()
            assert (end["how"], address in end["reason"]) == ("astray", True)

    asyncio.run(work())


def test_an_offer_that_names_another_address_is_refused_and_ends_the_call() -> None:
    async def work() -> None:
        async with Peer() as peer:
            invite = await peer.until("INVITE")
            peer.answer(invite, 200, sound("0.0.0.0"))
            await peer.until("ACK")
            assert vars(vars(peer.fax)["_audio_port"])["_far"] is None
            peer.ask(invite, "INVITE", 5, sound("127.0.0.1"))
            while vars(vars(peer.fax)["_audio_port"])["_far"] is None:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
            peer.ask(invite, "INVITE", 6, sound("169.254.169.254"))
            peer.answer(await peer.until("BYE"), 200)
            end = await peer.end()
            assert end["how"] == "astray"
            assert {one.code for one in peer.came if one.cseq[0] == 6 and one.code} == {488}

    asyncio.run(work())
