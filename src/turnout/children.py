"""Ending processes that an event loop has started."""

import asyncio
import contextlib
import os
import signal


def kill_child(process: asyncio.subprocess.Process) -> None:
    """End a process at once; its `wait()` tells how it ended. Idempotent.

    `process.kill()` looks first whether it has ended, and so takes the status of one that just did
    from the loop's watcher, which then says `Unknown child process pid` and makes up a 255.
    """
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
