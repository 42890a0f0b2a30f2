"""Processes that an event loop has started."""

import asyncio

from turnout.children import kill_child


def test_what_ends_by_itself_while_it_is_killed_is_told_as_it_was() -> None:
    async def all_of_them() -> list[int]:
        ends = []
        for _ in range(40):
            process = await asyncio.create_subprocess_exec(
                *("sh", "-c", "exit 3"), stdout=asyncio.subprocess.PIPE
            )
            assert process.stdout is not None
            assert await process.stdout.read() == b""
            kill_child(process)
            ends.append(await process.wait())
            kill_child(process)
        return ends

    # What was quicker than its end is killed by us; 255 is what the loop says that does not know.
    assert set(asyncio.run(all_of_them())) <= {3, -9}


def test_what_goes_on_is_ended() -> None:
    async def run() -> int:
        process = await asyncio.create_subprocess_exec("sleep", "60")
        kill_child(process)
        return await process.wait()

    assert asyncio.run(run()) == -9
