"""Tests core, formats and dialects on the newest Python of this machine: `make proof` does.

It looks on PATH, in pyenv and among those that uv installed, and fetches none. Where none is newer
than the one of `.venv`, it says so and succeeds. The tests run in their short form, on SQLite, in
an environment of their own (`.venv/newer`).
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
UV = Path(sys.executable).with_name("uv")
FOLDER = Path(sys.prefix) / "newer"
LOCKS = [ROOT / f"requirements/{name}.txt" for name in ("run", "dev")]
TESTED = ("tests/core", "tests/formats", "tests/dialects")
PYTEST = ("-m", "pytest", "-q", "-n", "3", "--stage", "rest", "-k", "not postgresql")
# Pre-releases are not asked: few packages are built for them.
ASK = "import sys; v = sys.version_info; assert v[3] == 'final'; print(*v[:3])"
HERE = f"Python {sys.version_info.major}.{sys.version_info.minor}"
NEXT_MINORS = range(sys.version_info.minor + 1, sys.version_info.minor + 10)


class Interpreter(NamedTuple):
    """A Python, ordered by its version."""

    version: tuple[int, ...]
    path: str

    def __str__(self) -> str:
        return f"Python {'.'.join(map(str, self.version))}"


def main() -> None:
    newer = find_newer(tuple(sys.version_info[:2]), list_candidates())
    if not newer:
        print(f"No version newer than {HERE} is on this machine: {HERE} alone was tested.")
    for interpreter in newer:
        if install(interpreter):
            sys.exit(run_tests(interpreter))
        print(f"{interpreter} ({interpreter.path}) was not tested: its packages cannot be had.")


def find_newer(version: tuple[int, ...], paths: Iterable[str]) -> list[Interpreter]:
    """The released Pythons of a newer minor version, newest first, one a version."""
    found = {interpreter.version: interpreter for path in paths for interpreter in ask(path)}
    return sorted((i for i in found.values() if i.version[:2] > version[:2]), reverse=True)


def ask(path: str) -> Iterator[Interpreter]:
    """The interpreter at the path, unless it cannot be run or is no release."""
    try:
        said = subprocess.run([path, "-c", ASK], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return
    if said.returncode == 0:
        yield Interpreter(tuple(map(int, said.stdout.split())), path)


def list_candidates() -> list[str]:
    """Where newer Pythons may be."""
    on_path = filter(None, (shutil.which(f"python3.{minor}") for minor in NEXT_MINORS))
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    in_pyenv = map(str, pyenv.glob("versions/3.*/bin/python3"))
    listed = subprocess.run(
        [UV, "python", "list", "--only-installed", "--offline", "--output-format", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    by_uv = [entry["path"] for entry in json.loads(listed.stdout or "[]")]
    return [*on_path, *in_pyenv, *by_uv]


def install(interpreter: Interpreter) -> bool:
    """Whether the locked packages are there for the interpreter; installs them if need be."""
    state = hashlib.sha256(b"".join(lock.read_bytes() for lock in LOCKS)).hexdigest()
    stamp, state = FOLDER / "installed", f"{interpreter.path} {state}"
    if stamp.exists() and stamp.read_text() == state:
        return True
    print(f"Installing the locked packages for {interpreter} …", flush=True)
    options = ("pip", "install", "--quiet", "--python", FOLDER)
    commands: list[tuple[str | Path, ...]] = [
        ("venv", "--quiet", "--clear", "--python", interpreter.path, FOLDER),
        *((*options, "--require-hashes", "-r", lock) for lock in LOCKS),
        (*options, "--no-deps", "--no-build-isolation", "-e", ROOT),
    ]
    if any(subprocess.run([UV, *command], check=False).returncode for command in commands):
        return False
    stamp.write_text(state)
    return True


def run_tests(interpreter: Interpreter) -> int:
    """Run the tests there; returns pytest's exit status."""
    print(f"Testing core, formats and dialects on {interpreter} …", flush=True)
    begun = time.monotonic()
    environ = {name: text for name, text in os.environ.items() if name != "TURNOUT_PROOF"}
    done = subprocess.run(
        [FOLDER / "bin/python", *PYTEST, *TESTED], cwd=ROOT, env=environ, check=False
    )
    verdict = "FAILED" if done.returncode else "passed"
    print(f"{interpreter}: {verdict} in {time.monotonic() - begun:.0f} s")
    return done.returncode


if __name__ == "__main__":
    main()
