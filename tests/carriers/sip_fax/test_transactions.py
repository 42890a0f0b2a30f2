"""INVITEs of faxes that a trunk never answers, and those that do not arrive."""

import asyncio
from typing import Any

import pytest

from tests.carriers.sip_fax.strange_trunk import TOLD, StrangeTrunk, run
from turnout.carriers import Retry
from turnout.carriers.sip_fax.calls import OneFax
from turnout.carriers.sip_fax.connection import connect
from turnout.carriers.sip_fax.messages import Message
from turnout.carriers.sip_fax.spandsp import Sheets
from turnout.carriers.sip_fax.statuses import End, judge, judge_unrung
from turnout.core.messaging.model import Status

ASKED = {"id": "turnout-1", "to": "+61412345678", "from": "", "ring_s": 45, "max_s": 60}
SHEETS = Sheets(path="", first=0, ident="", header=b"", zone="", has_ecm=True)
UNKNOWN = "nobody knows how the call ended: the trunk does not answer"


def fax(trunk: StrangeTrunk, ring_s: int = 45, cancelled_after_s: float = 0.0) -> End:
    """How it ends."""
    ends = list[dict[str, Any]]()

    async def main() -> None:
        one = OneFax(ASKED | {"ring_s": ring_s}, trunk.agent(), TOLD, SHEETS, ends.append)
        one.begin()
        if cancelled_after_s:
            asyncio.get_running_loop().call_later(
                cancelled_after_s, lambda: one.cancel("cancelled", is_answered_too=True)
            )
        while not one.is_over:
            await asyncio.sleep(1.0)
            one.turn(asyncio.get_running_loop().time())

    run(main())
    [end] = [
        End(event["id"], event["how"], event["sip"], reason=event["reason"])
        for event in ends
        if event["event"] == "end"
    ]
    return end


def ignore(_trunk: StrangeTrunk, _request: Message) -> None: ...


@pytest.mark.parametrize("ring_s", [10, 45])
@pytest.mark.parametrize("is_reliable", [False, True])
def test_nobody_knows_whether_it_rang(
    monkeypatch: pytest.MonkeyPatch, ring_s: int, is_reliable: bool
) -> None:
    end = fax(StrangeTrunk(monkeypatch, ignore, is_reliable=is_reliable), ring_s)
    assert end.how == "lost"
    assert judge([end], 1, "") == (Status.PATHWAY_ERROR, UNKNOWN)


def test_one_that_is_cancelled_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fax(StrangeTrunk(monkeypatch, ignore), 45, 5.0).how == "cancelled"


def test_one_that_was_called_in_vain_rang(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(trunk: StrangeTrunk, request: Message) -> None:
        trunk.reply(request, 100)

    assert fax(StrangeTrunk(monkeypatch, answer)).how == "ring"


def refuse(trunk: StrangeTrunk, _request: Message) -> None:
    trunk.on_refused("Connection refused")


def test_one_that_did_not_arrive_is_called_again(monkeypatch: pytest.MonkeyPatch) -> None:
    trunk = StrangeTrunk(monkeypatch, refuse)
    outcome = judge_unrung(fax(trunk))
    assert outcome == Retry(30, "The trunk cannot take the call: Connection refused")
    assert trunk.methods() == ["INVITE"]


def test_one_that_may_have_arrived_before_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(trunk: StrangeTrunk, request: Message) -> None:
        if len(trunk.asked) > 1:
            refuse(trunk, request)

    assert fax(StrangeTrunk(monkeypatch, answer)).how == "lost"


def test_a_udp_port_that_nobody_has_refuses() -> None:
    async def main() -> None:
        refused = asyncio.get_running_loop().create_future()
        told = TOLD | {"port": 1}
        line = await connect(told, print, print, refused.set_result)
        line.send(b"x")
        async with asyncio.timeout(20):
            assert "refused" in await refused
        line.close()

    asyncio.run(main())
