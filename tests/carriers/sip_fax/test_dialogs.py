"""Calls on a trunk that answers late, or wants proof again and again."""

import asyncio

import pytest

from tests.carriers.sip_fax.strange_trunk import StrangeTrunk, run
from turnout.carriers.sip_fax.dialogs import Dialog
from turnout.carriers.sip_fax.messages import Message


async def new_dialog(trunk: StrangeTrunk) -> Dialog:
    return await trunk.agent().call("+61412345678", "", lambda _: None, lambda _: None)


@pytest.mark.parametrize("code", [200, 486])
def test_an_answer_after_a_long_time_is_acknowledged(
    monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def answer(trunk: StrangeTrunk, request: Message) -> None:
        if request.method == "INVITE":
            trunk.reply(request, 180)
            trunk.reply(request, code, after_s=200.0)
            trunk.reply(request, code, after_s=231.0)

    async def main() -> None:
        dialog = await new_dialog(trunk)
        assert (await dialog.invite(b"")).code == code
        await asyncio.sleep(40.0)
        assert trunk.methods() == ["INVITE", "ACK", "ACK"]

    trunk = StrangeTrunk(monkeypatch, answer)
    run(main())


def test_an_answer_behind_a_cancel_is_hung_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(trunk: StrangeTrunk, request: Message) -> None:
        if request.method == "INVITE":
            trunk.reply(request, 180)
            trunk.reply(request, 200, after_s=70.0)
        elif request.method != "ACK":
            trunk.reply(request, 200)

    async def main() -> None:
        dialog = await new_dialog(trunk)
        asyncio.get_running_loop().call_later(45.0, dialog.cancel)
        with pytest.raises(TimeoutError):
            await dialog.invite(b"")
        await asyncio.sleep(40.0)
        assert trunk.methods() == ["INVITE", "CANCEL", "ACK", "BYE"]

    trunk = StrangeTrunk(monkeypatch, answer)
    run(main())


def challenge(trunk: StrangeTrunk, request: Message) -> None:
    """Want proof for a realm that is another each time."""
    if request.method != "ACK":
        realm = f"r{len(trunk.asked)}"
        trunk.reply(request, 401, ("WWW-Authenticate", f'Digest realm="{realm}", nonce="n"'))


def test_a_request_is_proved_twice_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        dialog = await new_dialog(trunk)
        assert (await dialog.invite(b"")).code == 401
        assert trunk.methods() == ["INVITE", "ACK"] * 3
        del trunk.asked[:]
        assert (await dialog.reinvite(b"")).code == 401
        assert trunk.methods() == ["INVITE", "ACK"] * 3
        del trunk.asked[:]
        dialog.is_confirmed = True
        await dialog.bye()
        assert trunk.methods() == ["BYE"] * 3

    trunk = StrangeTrunk(monkeypatch, challenge)
    run(main())


def test_a_call_that_is_cancelled_is_not_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        dialog = await new_dialog(trunk)
        dialog.cancel()
        assert (await dialog.invite(b"")).code == 401
        assert trunk.methods() == ["INVITE", "ACK"]

    trunk = StrangeTrunk(monkeypatch, challenge)
    run(main())
