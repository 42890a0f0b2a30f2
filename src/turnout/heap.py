"""Where the threads of a server get their memory from: one heap for all.

glibc gives threads heaps of their own, up to eight a processor, and each keeps what was once used.
The event loop, the writer, the readers and streams hand their memory to each other, so a third of a
loaded server was memory that one thread had freed and others could not have. They seldom ask at the
same moment: most of them wait for the interpreter, and Python takes small objects from its own.
"""

import ctypes
from contextlib import suppress

_M_ARENA_MAX = -8


def share_heap() -> None:
    """From now on, for threads that begin later. Nothing happens with another C library."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
