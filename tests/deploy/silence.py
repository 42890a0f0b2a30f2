"""TCP relays that can fall silent, as a network does between machines that both go on.

A silent relay takes connections and passes nothing on; nobody is told. When it speaks again, what
was held back goes on where it stood.
"""

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Self

_CHUNK = 65_536


class Relay:
    """From a port to another port of this machine."""

    def __init__(self, listens: int, leads_to: int) -> None:
        self.listens, self.leads_to = listens, leads_to
        self.passes = asyncio.Event()
        self.passes.set()
        # The loop itself holds tasks only weakly.
        self._tasks: set[asyncio.Task[Any] | None] = set()

    async def serve(self) -> asyncio.Server:
        return await asyncio.start_server(self._relay, "127.0.0.1", self.listens)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends, task = [writer], asyncio.current_task()
        self._tasks.add(task)
        try:
            await self.passes.wait()
            there = await asyncio.open_connection("127.0.0.1", self.leads_to)
            ends.append(there[1])
            await asyncio.gather(self._pass_on(reader, there[1]), self._pass_on(there[0], writer))
        except OSError:
            pass  # nobody listens there now: both ends see it
        finally:
            self._tasks.discard(task)
            for end in ends:
                end.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(_CHUNK):
                await self.passes.wait()
                writer.write(chunk)
                await writer.drain()
        with suppress(OSError, RuntimeError):
            await self.passes.wait()
            writer.write_eof()


class Network:
    """Relays by the machine that they lead from or to, in a thread of their own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._relays: dict[str, list[Relay]] = {}
        self._servers: list[asyncio.Server] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def add(self, machine: str, listens: int, leads_to: int) -> None:
        """Lead a port to another, for a machine."""

        async def add() -> None:
            relay = Relay(listens, leads_to)
            self._servers.append(await relay.serve())
            self._relays.setdefault(machine, []).append(relay)

        self._run(add())

    def silence(self, machine: str) -> None:
        """Let nothing pass from or to a machine."""
        self._run(self._set(machine, passes=False))

    def restore(self, machine: str) -> None:
        """Let everything pass again."""
        self._run(self._set(machine, passes=True))

    async def _end(self) -> None:
        for server in self._servers:
            server.close()
        own = asyncio.current_task()
        tasks = [task for task in asyncio.all_tasks() if task is not own]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.1)  # what was aborted closes in the next turns

    async def _set(self, machine: str, *, passes: bool) -> None:
        for relay in self._relays[machine]:
            if passes:
                relay.passes.set()
            else:
                relay.passes.clear()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)
