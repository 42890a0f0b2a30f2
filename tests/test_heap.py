"""Threads share one heap, as far as the C library says how many heaps it has."""

import platform
import subprocess
import sys

import pytest

# Eight threads that each hold memory at the same time; then the C library describes its heaps.
COUNTS = """
import ctypes, threading
from turnout.heap import share_heap
share_heap()
everyone = threading.Barrier(8)
def hold():
    held = [bytearray(2000) for _ in range(100)]
    everyone.wait(20)
threads = [threading.Thread(target=hold) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc = ctypes.CDLL(None)
libc.malloc_info(0, ctypes.c_void_p.in_dll(libc, "stdout"))
libc.fflush(None)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries share anyway")
def test_threads_share_one_heap() -> None:
    done = subprocess.run(
        [sys.executable, "-c", COUNTS], capture_output=True, check=True, timeout=60, text=True
    )
    assert done.stdout.count("<heap nr=") == 1
    done = subprocess.run(
        [sys.executable, "-c", COUNTS.replace("\nshare_heap()", "")],
        capture_output=True,
        check=True,
        timeout=60,
        text=True,
    )
    assert done.stdout.count("<heap nr=") > 1
