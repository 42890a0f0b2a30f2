"""A carrier that dials is told of a stop before its sends are waited for."""

import asyncio
from typing import Any

from tests.carriers.sip.fake_worker import new_house
from turnout.carriers.routing import Router
from turnout.carriers.sip_fax import SipFaxSettings
from turnout.carriers.sip_fax.carrier import SipFaxCarrier
from turnout.workers.running import Workers


class Call:
    """One that ends as soon as it is told to."""

    def __init__(self) -> None:
        self.ends: list[str] = []
        self.ended = asyncio.Event()

    def end(self, how: str, *, is_answered_too: bool = False) -> None:
        self.ends.append(f"{how} {is_answered_too}")
        self.ended.set()

    async def stop(self) -> None:
        """As a loop of workers does, which waits for what carriers have."""
        await asyncio.wait_for(self.ended.wait(), 5)


def test_what_is_not_answered_ends_before_sends_are_waited_for() -> None:
    async def work() -> None:
        nothing: Any = None
        call: Any = Call()
        carrier = SipFaxCarrier("fax", SipFaxSettings(host="127.0.0.1"), new_house(nothing))
        vars(carrier)["_trunk"].calls["one"] = call
        workers = Workers.__new__(Workers)
        vars(workers).update(_carriers={"fax": Stopping({"fax": carrier}, {})}, _loops=[call])
        await workers.stop()
        carrier.hurry()
        assert call.ends == ["stopped False"]
        assert not carrier.is_open()

    class Stopping(Router):
        async def stop(self) -> None:
            """Nothing was started."""

    asyncio.run(work())
