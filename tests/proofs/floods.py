"""Counterparts on loopback that never stop saying the same."""

import socket
import threading
import time
from contextlib import suppress
from itertools import cycle
from typing import Self

FOR_S = 1.0
PIECE = 64 * 1024


class Flood:
    """A server whose each connection says the next of `texts`: a beginning, and what it repeats
    for FOR_S seconds or until the other side hangs up. `met` counts connections."""

    def __init__(self, *texts: tuple[bytes, bytes], waits: bool = False) -> None:
        self._texts = cycle(texts)
        self._waits = waits
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.met = threading.Semaphore(0)
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def wait(self) -> None:
        """Wait until one more connection has been flooded."""
        assert self.met.acquire(timeout=90), "nobody connected"

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(
                    target=self._say, args=(connection, *next(self._texts)), daemon=True
                ).start()

    def _say(self, connection: socket.socket, beginning: bytes, more: bytes) -> None:
        piece = more * (PIECE // len(more) + 1)
        until = time.monotonic() + FOR_S
        with connection, suppress(OSError):
            connection.settimeout(FOR_S)
            if self._waits:
                connection.recv(PIECE)
            connection.sendall(beginning)
            while time.monotonic() < until:
                connection.sendall(piece)
        self.met.release()
