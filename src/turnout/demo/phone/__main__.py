"""The phone's process: `python -m turnout.demo.phone FOLDER [KEY_S PATIENCE_S]`.

Its first line of output is the port at which it listens, on this machine alone. It ends with its
stdin, and so with its parent.
"""

import asyncio
import sys
from pathlib import Path

from turnout.demo.phone.agent import Agent
from turnout.demo.phone.calls import Pace


async def run(folder: Path, pace: Pace) -> None:
    """Take calls until stdin ends."""
    agent = Agent(folder, pace)
    port = await agent.start()
    print(port, flush=True)  # noqa: T201
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    await reader.read()
    await agent.stop()


def main() -> None:
    """Take calls."""
    folder = Path(sys.argv[1])
    asyncio.run(run(folder, Pace(*map(float, sys.argv[2:4]))))


if __name__ == "__main__":
    main()
