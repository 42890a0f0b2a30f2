"""Engines behind one interface; only the worker process makes them.

hibari is a package of the extra `turnout[speech]`; piper is a process of its own (piper.py); flite
and espeak-ng are programs of the system, run once for each piece of text.
"""

import io
import subprocess
import wave
from array import array
from collections.abc import Callable
from typing import Any, Protocol

from turnout.speech import RATE
from turnout.speech.piper import PiperError, PiperProcess, find_voice
from turnout.speech.resampling import to_telephone
from turnout.speech.voices import (
    ESPEAK,
    FLITE,
    HIBARI,
    PIPER,
    EngineVoice,
    find_model,
    is_installed,
    knows_model,
)

WALL_S = 20
_WORDS_PER_MINUTE = 160
# hibari speaks more softly than telephones are used to: about -20 dBFS with it.
_GAIN = 2.2


class EngineFailed(Exception):
    """An engine did not speak; the next one may."""


class Engine(Protocol):
    """A voice of an engine."""

    def speak(self, text: str, speed: float) -> bytes:
        """The text, of up to 400 characters, at 1.0 in the voice's own pace. The same text gives
        the same bytes. Raises EngineFailed."""


def make_engine(voice: EngineVoice, models: str) -> Engine:
    """The engine that speaks with a voice. Raises EngineFailed where it is not installed."""
    return _MAKERS[voice.engine](voice.name, models)


def find_fault(voice: EngineVoice, models: str) -> str:
    """Why a voice does not speak here; empty = it does. Programs are asked to say a word."""
    if voice.engine == HIBARI and not knows_model(voice.name):
        return "hibari is not installed, or knows no such voice"
    if not is_installed(voice, models):
        return "not installed"
    if voice.engine == HIBARI:
        return ""
    try:
        make_engine(voice, models).speak("Yes", 1.0)
    except EngineFailed:
        return f"{voice.engine} does not speak with it"
    # It speaks with another voice where it does not know one.
    is_known = voice.engine != FLITE or voice.name in _list_flite()
    return "" if is_known else "flite speaks with another voice in its place"


def _list_flite() -> list[str]:
    try:
        done = subprocess.run(["flite", "-lv"], capture_output=True, timeout=WALL_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return done.stdout.decode(errors="replace").partition(":")[2].split()


class Hibari:
    """The natural voice; about a sixtieth of the time that it speaks, on one core."""

    def __init__(self, name: str, models: str) -> None:
        # The file is named, so that the engine downloads nothing.
        model = find_model(name, models)
        if model is None:
            raise EngineFailed(f"hibari has no voice {name} here")
        import hibari
        import soxr

        self._soxr: Any = soxr
        self._voice: Any = hibari.Hibari(name, model=str(model))

    def speak(self, text: str, speed: float) -> bytes:
        """As Engine has it."""
        sound = self._voice(text, speed=speed, seed=0)
        if not len(sound):
            raise EngineFailed("hibari said nothing")
        small = self._soxr.resample(sound, self._voice.sample_rate, RATE)
        return bytes(((small * _GAIN).clip(-1, 1) * 32767).astype("<i2").tobytes())


class Flite:
    """A small engine of the system's packages."""

    def __init__(self, name: str, _models: str) -> None:
        self._name = name

    def speak(self, text: str, speed: float) -> bytes:
        """As Engine has it."""
        stretch = f"duration_stretch={1 / speed:.3f}"
        # Of a text that begins with a dash it would make an option.
        command = ["flite", "-voice", self._name, "--setf", stretch, "-t", f" {text}"]
        return _run([*command, "-o", "/dev/stdout"], b"")


class Espeak:
    """A small engine of the system's packages with many languages."""

    def __init__(self, name: str, _models: str) -> None:
        self._name = name

    def speak(self, text: str, speed: float) -> bytes:
        """As Engine has it."""
        pace = str(round(_WORDS_PER_MINUTE * speed))
        return _run(
            ["espeak-ng", "-v", self._name, "-s", pace, "--stdin", "--stdout"], text.encode()
        )


class Piper:
    """A natural voice with a file of its own, in a process of its own."""

    def __init__(self, name: str, models: str) -> None:
        voice = find_voice(name, models)
        if voice is None:
            raise EngineFailed(f"piper has no voice {name} here")
        self._process = PiperProcess(voice)

    def speak(self, text: str, speed: float) -> bytes:
        """As Engine has it."""
        try:
            return read_wav(self._process.speak(text, speed))
        except (PiperError, OSError, wave.Error, EOFError, ValueError) as error:
            raise EngineFailed(f"piper: {type(error).__name__}") from error


_MAKERS: dict[str, Callable[[str, str], Engine]] = {
    HIBARI: Hibari,
    FLITE: Flite,
    ESPEAK: Espeak,
    PIPER: Piper,
}


def _run(command: list[str], text: bytes) -> bytes:
    """What a program writes as a WAV file, for the telephone. Raises EngineFailed."""
    try:
        done = subprocess.run(command, input=text, capture_output=True, timeout=WALL_S, check=False)
        return read_wav(done.stdout)
    except (OSError, subprocess.TimeoutExpired, wave.Error, EOFError, ValueError) as error:
        raise EngineFailed(f"{command[0]}: {type(error).__name__}") from error


def read_wav(content: bytes) -> bytes:
    """The sound of a file that a program wrote to a pipe, for the telephone: the length in its
    header is not known then. Raises wave.Error, EOFError and ValueError."""
    with wave.open(io.BytesIO(content)) as file:
        if file.getsampwidth() != 2 or file.getnchannels() != 1:
            raise ValueError(file.getparams())
        rate = file.getframerate()
    at = content.index(b"data") + 8
    sound = content[at : len(content) - (len(content) - at) % 2]
    if not sound:
        raise EOFError
    samples = array("h")
    samples.frombytes(sound)
    return to_telephone(samples, rate)
