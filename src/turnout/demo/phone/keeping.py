"""What the phone heard, on disk: a file with the timeline of a call, and one with its sound.

    0007.json   {"number", "caller", "begun_at" (epoch ms), "keys", "events": [[s, what, detail]]}
    0007.wav    8 kHz, one channel, 16 bits; there when the call has ended, if it was answered

The oldest go when there are more than MOST.
"""

import wave
from collections.abc import Sequence
from pathlib import Path

import msgspec

MOST = 200


class HeardCall(msgspec.Struct):
    """A call as the phone had it; `events` are seconds from its beginning, what happened (ringing,
    answered, refused, said, heard, quiet, pressed, hung_up, left), and a word more about it."""

    name: str
    number: str
    caller: str
    begun_at: int
    keys: str = ""
    has_sound: bool = False
    events: list[tuple[float, str, str]] = []


def keep(folder: Path, call: HeardCall, sound: bytes = b"") -> None:
    """Write what is known of a call, and its sound once it has ended."""
    if sound:
        _write_wav(folder / f"{call.name}.wav", sound)
    draft = folder / f"{call.name}.new"
    draft.write_bytes(msgspec.json.encode(call))
    draft.replace(folder / f"{call.name}.json")


def forget_old(folder: Path, most: int = MOST) -> None:
    """Remove all but the newest calls."""
    for path in _list_files(folder)[most:]:
        path.unlink(missing_ok=True)
        path.with_suffix(".wav").unlink(missing_ok=True)


def list_calls(folder: Path) -> Sequence[HeardCall]:
    """What is kept, the newest call first."""
    return [msgspec.json.decode(path.read_bytes(), type=HeardCall) for path in _list_files(folder)]


def find_sound(folder: Path, name: str) -> bytes | None:
    """The sound of a call as a WAV file, None where there is none."""
    path = folder / f"{name}.wav"
    return path.read_bytes() if name.isdecimal() and path.is_file() else None


def next_number(folder: Path) -> int:
    """The number of the next call."""
    files = _list_files(folder)
    return int(files[0].stem) + 1 if files else 1


def _list_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("[0-9]*.json"), key=lambda path: int(path.stem), reverse=True)


def _write_wav(path: Path, sound: bytes) -> None:
    draft = path.with_suffix(".part")
    with wave.open(str(draft), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(sound)
    draft.replace(path)
