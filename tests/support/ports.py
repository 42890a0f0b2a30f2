"""Ports for the servers of tests."""

import errno
import random
import socket

# Below the range that connections and `bind` to port 0 are served from.
_RANGE = (20_000, 32_000)
# The tests' own random numbers repeat, by hypothesis's will; two processes would draw the same.
_random = random.SystemRandom()
# Descriptors of the names that this process holds until it ends.
_held: list[int] = []


def free_port() -> int:
    """A port on which nobody listens, and which no other process gets from here while this one
    lives: a server may take a second to listen on it, and again after a restart."""
    while True:
        port = _random.randrange(*_RANGE)
        if _hold(port) and _is_free(port):
            return port


def _hold(port: int) -> bool:
    """Whether nobody else holds the port; an abstract name ends with its process."""
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(f"\0turnout-test-port-{port}")
    except OSError as error:
        name.close()
        if error.errno != errno.EADDRINUSE:
            raise
        return False
    _held.append(name.detach())
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
