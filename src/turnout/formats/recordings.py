"""Recordings of strangers, decoded by what they are, and made into what the telephone carries.

Decoders are native code on hostile input: they run in a child with little memory, CPU and time
(recording_child.py), and come with the extra `turnout[speech]`. Without it nothing is judged.
"""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable

import msgspec

from turnout.errors import Invalid
from turnout.formats.recording_child import LONGEST_S, SHORTEST_S

WALL_S = 90


class _Answer(msgspec.Struct):
    """What the child says before the sound."""

    refusal: str


_answer = msgspec.json.Decoder(_Answer)


def _broken() -> Invalid:
    return Invalid("recording.broken")


_REFUSALS: dict[str, Callable[[], Invalid]] = {
    "form": lambda: Invalid("recording.form"),
    "long": lambda: Invalid("recording.long", limit=LONGEST_S // 60),
    "short": lambda: Invalid("recording.short", least=SHORTEST_S),
    "silent": lambda: Invalid("recording.silent"),
}


def is_available() -> bool:
    """Whether the extra is installed; does not import it."""
    return all(importlib.util.find_spec(name) for name in ("numpy", "soundfile", "soxr"))


def decode(content: bytes) -> bytes:
    """The recording as 8 kHz, mono, 16 bits, little endian, in a telephone's loudness. Takes up to
    a minute and a half. Raises Invalid if it is no sound, lasts less than 0.3 seconds or more than
    ten minutes, is silent, or has more than 8 channels or an odd rate."""
    command = [sys.executable, "-I", "-m", "turnout.formats.recording_child"]
    env = {"PATH": os.environ.get("PATH", ""), "OPENBLAS_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            command,
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=env,
            timeout=WALL_S,
            check=False,
        )
        head, _, sound = done.stdout.partition(b"\n")
        refusal = _answer.decode(head).refusal
    except (subprocess.TimeoutExpired, msgspec.DecodeError) as error:
        raise _broken() from error
    if not refusal and not done.returncode and sound:
        return sound
    raise _REFUSALS.get(refusal, _broken)()
