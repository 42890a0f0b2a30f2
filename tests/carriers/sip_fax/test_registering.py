"""Registrars that grant little, and those that would be asked without a pause."""

import asyncio

import pytest

from tests.carriers.sip_fax.strange_trunk import Header, StrangeTrunk, run
from turnout.carriers.sip_fax.messages import Message

HOUR_S = 3_600.0
OWN = "<sip:turnout@127.0.0.1:5070;transport=udp>"


def register(
    monkeypatch: pytest.MonkeyPatch, *answers: tuple[int, Header | None]
) -> tuple[StrangeTrunk, list[float]]:
    """The times at which an hour's REGISTERs are sent; the last answer is that of all others."""
    left = list(answers)

    def answer(trunk: StrangeTrunk, request: Message) -> None:
        code, header = left.pop(0) if len(left) > 1 else left[0]
        trunk.reply(request, code, *filter(None, [header]))

    async def main() -> None:
        agent = trunk.agent(register=True)
        await agent.start()
        await asyncio.sleep(HOUR_S)
        sent.extend(at for at, _ in trunk.asked)
        await agent.stop()

    trunk, sent = StrangeTrunk(monkeypatch, answer), list[float]()
    run(main())
    return trunk, sent


@pytest.mark.parametrize(
    ("header", "pause"),
    [
        (None, 150.0),
        (("Expires", "30"), 15.0),
        (("Contact", "<sip:a@127.0.0.1>;expires=100"), 50.0),
        (("Contact", f"<sip:a@b>;expires=9, {OWN};expires=80"), 40.0),
        (("Expires", "0"), 15.0),
        (("Expires", "9" * 5_000), 150.0),
        (("Expires", "999999999"), 150.0),
    ],
)
def test_it_is_renewed_at_half_of_what_was_granted(
    monkeypatch: pytest.MonkeyPatch, header: Header | None, pause: float
) -> None:
    trunk, sent = register(monkeypatch, (200, header))
    assert sent[1] - sent[0] == pytest.approx(pause, abs=0.5)
    assert len(sent) == pytest.approx(HOUR_S / pause, rel=0.1)
    assert {name for name, _, _ in trunk.said} == {"registered"}


@pytest.mark.parametrize(
    ("least", "expected"),
    [("600", ["300", "600"]), ("99999999", ["300", "86400"])],
)
def test_a_longer_time_is_asked_for_at_once(
    monkeypatch: pytest.MonkeyPatch, least: str, expected: list[str]
) -> None:
    trunk, sent = register(monkeypatch, (423, ("Min-Expires", least)), (200, None))
    assert [request.get("expires") for request in trunk.requests[:2]] == expected
    assert sent[1] - sent[0] == pytest.approx(1.0, abs=0.1)
    assert {name for name, _, _ in trunk.said} == {"registered"}


@pytest.mark.parametrize("least", ["0", "", "-5", "9" * 5_000, "600"])
def test_a_registrar_that_always_wants_longer_is_asked_ever_more_seldom(
    monkeypatch: pytest.MonkeyPatch, least: str
) -> None:
    trunk, sent = register(monkeypatch, (423, ("Min-Expires", least)))
    assert 8 <= len(sent) <= 12
    assert trunk.said[-1] == ("refused", 423, "Said")


def test_other_realms_each_time_are_no_reason_to_ask_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(trunk: StrangeTrunk, request: Message) -> None:
        realm = f"r{len(trunk.asked)}"
        trunk.reply(request, 401, ("WWW-Authenticate", f'Digest realm="{realm}", nonce="n"'))

    async def main() -> None:
        agent = trunk.agent(register=True)
        await agent.start()
        await asyncio.sleep(20.0)
        assert trunk.methods() == ["REGISTER"] * 3
        await agent.stop()

    trunk = StrangeTrunk(monkeypatch, answer)
    run(main())
    assert trunk.said == [("refused", 401, "Said")]
