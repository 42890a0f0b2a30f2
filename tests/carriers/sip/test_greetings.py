"""Who answered, told from 60 staged greetings: Debian's voices, through A-law and a line's
noise, to the conversation itself, in a time of its own.

People say little, or nothing, or begin late, or ask back while they are spoken to. Machines have a
greeting, in one breath or with pauses, and beep in many ways or not at all.
"""

import random
import subprocess
from array import array
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pytest
import soxr

from tests.carriers.sip.peers import tone
from tests.support import proof
from turnout.carriers.sip.conversation import Conversation, Script, State
from turnout.demo.phone.sounds import decode, encode

TOLD_APART = "greetings are told apart"
STEP_S, STEP = 0.02, 320
MESSAGE_S, LONGEST_S = 8.0, 75.0
MESSAGE, LEFT = b"\1\0" * round(8000 * MESSAGE_S), b"\2\0" * 8000 * 3
VOICES = ("slt", "rms", "awb", "kal16", "en-gb", "en-us+f3", "en-gb+m4", "en-us")


class Staged(NamedTuple):
    """What is heard from the answer on, in parts: texts, seconds of silence, and beeps as
    (hertz, seconds). `beeps` counts those."""

    is_machine: bool
    parts: tuple[str | float | tuple[float, float], ...]


PEOPLE: tuple[tuple[str | float, ...], ...] = (
    ("Hello?",),
    (0.4, "Hello, this is Jane."),
    (1.2, "Yes?"),
    (),
    ("Hello?", 1.6, "Hello?"),
    (0.2, "Good morning, Peter Miller speaking."),
    (2.0, "Hi."),
    ("Yes, hello, who is this?",),
    ("Hello.", 3.0, "Who is calling?"),
    (0.6, "Acme Engineering, Sarah speaking, how can I help?"),
)
_HOME = "Hi, you have reached Tom and Anna. We cannot come to the phone right now."
_LEAVE = "Please leave a message after the tone, and we will call you back."
_COMPANY = (
    "Thank you for calling Acme Engineering. Our office is closed at the moment. We are open from "
    "Monday to Friday, from nine to five. "
)
_CARRIER = "The person you are calling is not available. Please leave a message after the tone."
MACHINES: tuple[tuple[str | float | tuple[float, float], ...], ...] = (
    (0.5, f"{_HOME} {_LEAVE}", 0.6, (1000, 0.4)),
    (1.0, _CARRIER, 0.4, (1400, 0.25)),
    (0.3, _HOME, 0.7, _LEAVE, 1.0, (440, 0.6)),
    (0.2, f"{_COMPANY} {_LEAVE}", 0.8, (850, 0.3)),
    (0.4, f"{_HOME} {_LEAVE}"),
    (1.5, "You have reached the voicemail of", 0.3, "Peter Miller", 0.4, _LEAVE, 0.5, (960, 0.5)),
    ("Hi, this is Sarah.", 1.0, "I am not here. Leave a message, please.", 0.8, (1200, 0.35)),
    (0.5, _CARRIER, 1.0, (620, 0.2), 0.1, (620, 0.2)),
)


def stage(number: int) -> Staged:
    """The greeting of that number: a person, or a machine."""
    half, is_machine = divmod(number, 2)
    if is_machine:
        return Staged(True, MACHINES[half % len(MACHINES)])
    return Staged(False, PEOPLE[half % len(PEOPLE)])


@lru_cache(maxsize=200)
def speak(voice: str, text: str) -> bytes:
    """A text by flite or espeak-ng: 8 kHz."""
    if "-" in voice:
        command = ["espeak-ng", "-v", voice, "--stdout", text]
    else:
        command = ["flite", "-voice", voice, "-t", text, "-o", "/dev/stdout"]
    made = subprocess.run(command, capture_output=True, check=True).stdout
    rate = int.from_bytes(made[24:28], "little")
    sound = np.frombuffer(made[44 : 44 + (len(made) - 44) // 2 * 2], "<i2")
    sound = np.trim_zeros(sound)
    loud = 9000 / max(1, int(np.abs(sound.astype(int)).max()))
    at_8k = soxr.resample(sound.astype(np.float32) * loud, rate, 8000)
    return at_8k.astype("<i2").tobytes()


def render(staged: Staged, voice: str, chance: random.Random) -> bytes:
    """The sound of a greeting, through A-law, with a line's noise."""
    sound = b""
    for part in staged.parts:
        if isinstance(part, str):
            sound += speak(voice, part)
        elif isinstance(part, tuple):
            sound += tone(*part)
        else:
            sound += bytes(round(8000 * part) * 2)
    samples = array("h")
    samples.frombytes(sound)
    hiss = chance.randrange(20, 120)
    noisy = array(
        "h", (max(-32768, min(32767, s + chance.randrange(-hiss, hiss))) for s in samples)
    )
    return decode(encode(noisy.tobytes()))


class Outcome(NamedTuple):
    """What a conversation took somebody for, and when it began to speak, and to leave a message."""

    is_machine: bool
    spoke_at: float
    left_at: float


def converse(greeting: bytes) -> Outcome:
    talk = Conversation(Script((MESSAGE,), (LEFT,)), 0.0)
    now, spoke_at, left_at = 0.0, -1.0, -1.0
    silence = decode(encode(bytes(STEP)))
    while talk.state is not State.OVER and now < LONGEST_S:
        at = round(now / STEP_S) * STEP
        heard = greeting[at : at + STEP]
        now += STEP_S
        said = talk.turn(now, heard if len(heard) == STEP else silence, STEP)
        if said[:1] == b"\1" and spoke_at < 0:
            spoke_at = now
        if said[:1] == b"\2" and left_at < 0:
            left_at = now
    return Outcome(talk.is_machine, spoke_at, left_at)


@pytest.mark.proof
def test_people_get_the_message_and_machines_are_left_one() -> None:
    chance = proof.random_for(TOLD_APART)
    wrong = []
    numbers = range(60) if proof.scale(0, 1) else (0, 4, 6, 15, 41)
    for number in numbers:
        staged, voice = stage(number), VOICES[(number * 7 + number // 8) % len(VOICES)]
        greeting = render(staged, voice, chance)
        found = converse(greeting)
        ends_at = len(greeting) / 16_000
        if staged.is_machine:
            # What is left begins when the greeting and its beep are over, not long after.
            is_right = found.is_machine and ends_at - 0.1 <= found.left_at <= ends_at + 6
        else:
            is_right = not found.is_machine and 0 < found.spoke_at <= 6
        if not is_right:
            wrong.append((number, voice, staged, found, round(ends_at, 1)))
    assert wrong == []
    proof.report(TOLD_APART, greetings=len(numbers))
