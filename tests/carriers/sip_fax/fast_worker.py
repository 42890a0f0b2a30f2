"""The worker of faxes on a line whose time is the phone's: `… fast_worker FILE`.

Both ends of a line are processes of a busy machine, and modems wait for one another by the clock.
So the time of the line passes as fast as both keep up: the phone counts its frames in a file, and
the worker those that it has taken in; neither gets ahead of the other by more than LEAD.
"""

import asyncio
import mmap
import struct
import sys
from pathlib import Path

from turnout.carriers.sip_fax import calls
from turnout.carriers.sip_fax.worker import work
from turnout.carriers.trunks import working
from turnout.carriers.trunks.pipe import take_stdout

LEAD = 16
_TURN_S = 0.004


class SharedTime:
    """Frames that the phone has counted, and those that the worker has taken in."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(8))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 8)

    def counted(self) -> int:
        return int(struct.unpack_from("<I", self._map, 0)[0])

    def taken(self) -> int:
        return int(struct.unpack_from("<I", self._map, 4)[0])

    def count(self) -> None:
        struct.pack_into("<I", self._map, 0, self.counted() + 1)

    def take(self, frames: int) -> None:
        struct.pack_into("<I", self._map, 4, frames)


def command(clock: Path) -> list[str]:
    """How it is started."""
    return [sys.executable, "-m", "tests.carriers.sip_fax.fast_worker", str(clock)]


async def _work(shared: SharedTime) -> None:
    async def take() -> None:
        while True:
            frames = shared.counted()
            await asyncio.sleep(3 * _TURN_S)  # each call has had its turn
            shared.take(frames)

    taking = asyncio.create_task(take())
    await work(take_stdout())
    taking.cancel()


def main() -> None:
    shared = SharedTime(Path(sys.argv[1]))

    class LineTime:
        def __init__(self, _now: float) -> None:
            self._at = shared.counted()

        def count(self, _now: float) -> int:
            before, self._at = self._at, shared.counted()
            return self._at - before

    vars(calls)["LineTime"] = LineTime
    vars(working)["TURN_S"] = _TURN_S
    asyncio.run(_work(shared))


if __name__ == "__main__":
    main()
