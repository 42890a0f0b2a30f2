"""Calls of our agent, as a trunk that is quick, or slow, has them."""

import asyncio

import pytest

from tests.carriers.sip_fax.trunk_peer import Peer, sound
from turnout.carriers.sip_fax import dialogs


def test_a_call_that_is_hung_up_with_its_answer_is_over_at_once() -> None:
    async def work() -> None:
        async with Peer() as peer:
            invite = await peer.until("INVITE")
            with peer.together():
                peer.answer(invite, 200, sound("127.0.0.1"))
                peer.ask(invite, "BYE")
            end = await peer.end()
            assert (end["how"], end["rung"]) == ("faxed", True)
            await peer.until("ACK")
            assert "BYE" not in [one.method for one in peer.came if not one.code]

    asyncio.run(work())


def test_a_call_that_has_not_rung_is_cancelled() -> None:
    async def work() -> None:
        async with Peer() as peer:
            invite = await peer.until("INVITE")
            with peer.together():
                peer.answer(invite, 100)
            peer.fax.cancel("stopped", is_answered_too=False)
            peer.answer(await peer.until("CANCEL"), 200)
            peer.answer(invite, 487)
            end = await peer.end()
            assert (end["how"], end["sip"], end["rung"]) == ("stopped", 487, False)

    asyncio.run(work())


@pytest.mark.parametrize("code", [0, 100])
def test_a_trunk_that_answers_no_more_is_not_waited_for(
    code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialogs, "CANCEL_S", 0.01)

    async def work() -> None:
        async with Peer() as peer:
            invite = await peer.until("INVITE")
            with peer.together():
                if code:
                    peer.answer(invite, code)
            peer.fax.cancel("stopped", is_answered_too=False)
            assert (await peer.end())["how"] == "stopped"

    asyncio.run(work())
