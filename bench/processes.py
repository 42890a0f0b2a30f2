"""What the system tells of a process: its processor time and memory."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """Processor time of all threads of a process so far, in seconds (10 ms steps)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def machine_cpu_seconds() -> float:
    """Processor time that the whole machine spent on anything so far, in seconds."""
    user, nice, system, _idle, _waiting, *others = _machine_ticks()
    return (user + nice + system + sum(others[:3])) / _TICKS


def _machine_ticks() -> list[int]:
    return [int(text) for text in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]


def memory_mb(pid: int) -> float:
    """Resident memory of a process and everything that it started, in MB."""
    return sum(_resident_kb(descendant) for descendant in (pid, *_descendants(pid))) / 1000


def count_processes(pid: int) -> int:
    """How many processes that is."""
    return 1 + len(_descendants(pid))


def _resident_kb(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def _descendants(pid: int) -> list[int]:
    children = [
        int(child)
        for listed in Path(f"/proc/{pid}/task").glob("*/children")
        for child in listed.read_text().split()
    ]
    return children + [descendant for child in children for descendant in _descendants(child)]
