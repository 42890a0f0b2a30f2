"""Environments of their own for programs whose packages would get into the way of ours."""

import hashlib
import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).parents[2] / "requirements"
TIMEOUT_S = 600


class UnmadeEnvironmentError(Exception):
    """An environment could not be made; the message is what uv said."""


def make_environment(name: str) -> Path:
    """The `bin` folder of the environment of that lock file, `requirements/NAME.txt`. Made if the
    file has changed since. Idempotent. Raises UnmadeEnvironmentError."""
    lock = REQUIREMENTS / f"{name}.txt"
    folder = Path(sys.prefix) / name
    stamp = folder / "installed"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != digest:
        _uv("venv", "--quiet", "--clear", "--python", sys.executable, folder)
        options = ("--quiet", "--python", folder / "bin/python", "--require-hashes")
        _uv("pip", "install", *options, "-r", lock)
        stamp.write_text(digest)
    return folder / "bin"


def _uv(*arguments: str | Path) -> None:
    command = [Path(sys.prefix) / "bin/uv", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if done.returncode:
        raise UnmadeEnvironmentError(done.stdout + done.stderr)
