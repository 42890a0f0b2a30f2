"""How much memory some work needs, measured in a process of its own.

Tracing every allocation would take four times as long as the work.
"""

import multiprocessing
import re
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


def measure(work: Callable[[int], T], few: int, many: int) -> tuple[T, int]:
    """What `work(many)` returns, and by how many bytes a process grew at most while it did it, once
    it had done `work(few)`. `work` can be pickled, and so can what it returns."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context) as process:
        return process.submit(_measure, work, few, many).result()


def read_size() -> int:
    """How many bytes of memory this process has now."""
    return _read("VmRSS")


def _measure(work: Callable[[int], T], few: int, many: int) -> tuple[T, int]:
    work(few)
    before = read_size()
    result = work(many)
    return result, _read("VmHWM") - before


def _read(name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) * 1024
