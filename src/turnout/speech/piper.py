"""piper, an engine in a process of its own: a voice is a file that an operator puts into the folder
of voices, `NAME.onnx` with `NAME.onnx.json` beside it.

The program loads its voice once, writes a WAV file for each line that it is given, and says on
stderr which. It is started by the first text, again when it has died or another pace is asked for,
and ended when it takes too long.
"""

import contextlib
import shutil
import subprocess
import tempfile
import threading
import weakref
from pathlib import Path
from typing import IO

PROGRAM = "piper"
WALL_S = 60
_WROTE = b"Wrote "


class PiperError(Exception):
    """It did not speak."""


def find_voice(name: str, models: str) -> Path | None:
    """The file of a voice, None where it, what belongs to it, or the program is not there."""
    path = Path(models) / f"{name}.onnx"
    is_whole = bool(models) and path.is_file() and path.with_name(f"{name}.onnx.json").is_file()
    return path if is_whole and shutil.which(PROGRAM) else None


class PiperProcess:
    """One voice. For one thread."""

    def __init__(self, voice: Path) -> None:
        self._voice = voice
        self._folder = tempfile.mkdtemp(prefix="turnout-piper-")
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._speed = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    def speak(self, text: str, speed: float) -> bytes:
        """A WAV file of one text; the same bytes for the same text. Raises PiperError, OSError."""
        if self._process is None or self._process.poll() is not None or speed != self._speed:
            self._start(speed)
        process = self._process
        assert process  # noqa: S101
        assert process.stdin  # noqa: S101
        assert process.stderr  # noqa: S101
        late = threading.Timer(WALL_S, process.kill)
        late.start()
        try:
            process.stdin.write(" ".join(text.split()).encode() + b"\n")
            process.stdin.flush()
            return self._take(process.stderr)
        except BaseException:
            _end(process)
            self._process = None
            raise
        finally:
            late.cancel()

    def _take(self, stderr: IO[bytes]) -> bytes:
        for line in stderr:
            if _WROTE in line:
                path = Path(line.partition(_WROTE)[2].decode(errors="replace").strip())
                sound = path.read_bytes()
                path.unlink()
                return sound
        raise PiperError("piper ended")

    def _start(self, speed: float) -> None:
        if self._process is not None:
            _end(self._process)
        command = [PROGRAM, "-m", str(self._voice), "-d", self._folder]
        # Without noise the same text gives the same sound.
        command += ["--length-scale", f"{1 / speed:.3f}"]
        command += ["--noise-scale", "0", "--noise-w-scale", "0"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        self._speed = speed
        weakref.finalize(self, _end, self._process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stderr):
        if pipe:
            with contextlib.suppress(OSError):
                pipe.close()
