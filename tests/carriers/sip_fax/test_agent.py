"""Calls of our agent, as a trunk that is quick, or slow, has them."""

import asyncio

from tests.carriers.sip_fax.trunk_peer import Peer, sound


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
