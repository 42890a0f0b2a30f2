"""A line to PostgreSQL that fails when it is told to: a small TCP proxy, in threads.

It reads no protocol; that a client commits is seen by the word in what it sends, and that it has
committed by the word in what comes back.
"""

import enum
import selectors
import socket
import threading
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit, urlunsplit

COMMIT = b"COMMIT\x00"
PIECE = 65_536


class Cut(enum.Enum):
    """Where a COMMIT is cut off: on its way to the server, or the answer on its way back."""

    BEFORE = "before"
    AFTER = "after"


class FaultyLine:
    """Stands before the server of `url`; `self.url` leads through it. While `is_silent` nothing
    passes, in neither direction, and nothing is closed; while `is_down` nobody is let in."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._server = (parts.hostname or "", parts.port or 5432)
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        user, _, _ = parts.netloc.rpartition("@")
        self.url = urlunsplit(parts._replace(netloc=f"{user}@127.0.0.1:{port}"))
        self.is_silent = False
        self.is_down = False
        self._turn = threading.Lock()
        self._cut: Cut | None = None
        self._skipped = 0
        self._then_down = False
        self._stopping = threading.Event()
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()

    def cut_commit(self, cut: Cut, skipped: int = 0, *, then_down: bool = False) -> None:
        """Cut the next commit off, after so many that pass, and then let nobody in."""
        with self._turn:
            self._cut, self._skipped, self._then_down = cut, skipped, then_down

    def pass_all(self) -> bool:
        """Cut nothing; whether something was to be cut and was not."""
        with self._turn:
            was_armed, self._cut = self._cut is not None, None
            return was_armed

    def cut_all(self) -> None:
        """Cut every connection that there is."""
        with self._turn:
            pairs = tuple(self._pairs)
        for pair in pairs:
            _hang_up(pair)

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._listener.close()
        self.cut_all()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            with suppress(OSError):
                client, _ = self._listener.accept()
                if self.is_down:
                    client.close()
                    continue
                pair = (client, socket.create_connection(self._server))
                with self._turn:
                    self._pairs.add(pair)
                threading.Thread(target=self._carry, args=(pair,), daemon=True).start()

    def _carry(self, pair: tuple[socket.socket, socket.socket]) -> None:
        client, server = pair
        with selectors.DefaultSelector() as selector, suppress(OSError):
            selector.register(client, selectors.EVENT_READ, server)
            selector.register(server, selectors.EVENT_READ, client)
            is_cut = False
            while not is_cut and not self._stopping.is_set():
                for key, _ in selector.select(0.02):
                    if self.is_silent:
                        self._stopping.wait(0.02)
                    elif not (is_cut := not self._pass(key.fileobj, key.data, client)):  # type: ignore[arg-type]
                        continue
                    break
        _hang_up(pair)
        for end in pair:
            end.close()
        with self._turn:
            self._pairs.discard(pair)

    def _pass(self, source: socket.socket, target: socket.socket, client: socket.socket) -> bool:
        """Carry one piece; False where the connection ends with it."""
        piece = source.recv(PIECE)
        if not piece:
            return False
        cut = Cut.BEFORE if source is client else Cut.AFTER
        if COMMIT in piece and self._is_due(cut):
            return False
        target.sendall(piece)
        return True

    def _is_due(self, cut: Cut) -> bool:
        with self._turn:
            if self._cut is not cut:
                return False
            self._skipped -= 1
            if self._skipped >= 0:
                return False
            self._cut = None
            self.is_down = self.is_down or self._then_down
            return True


def _hang_up(pair: tuple[socket.socket, socket.socket]) -> None:
    for end in pair:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
