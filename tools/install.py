"""Installs a lock file into the environment that runs this: `python -m tools.install run`.

uv does it in seconds, where pip takes a minute or more. It is itself pinned, in
`requirements/uv.txt`, and pip fetches it. Where it cannot be had, or does not get at packages that
pip gets at (it does not read pip's own settings), pip does everything. Needs only Python and pip.
"""

import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).parents[1]
REQUIREMENTS = ROOT / "requirements"
UV = Path(sys.executable).with_name("uv")
PIP = (sys.executable, "-m", "pip")
QUIETLY = ("-qq", "--disable-pip-version-check", "--no-input")
WHAT = {
    "run": "what Turnout runs on",
    "dev": "what tests and checks need",
    "calls": "what makes calls",
    "speech": "a natural voice",
}
# uv names each package at the end; what it downloads it says before.
PACKAGE = (" + ", " - ", " ~ ", "Using Python")


def main() -> None:
    if len(sys.argv) != 2 or sys.argv[1] not in WHAT:
        sys.exit(f"usage: python -m tools.install {'|'.join(WHAT)}")
    lock = sys.argv[1]
    print(f"Installing {WHAT[lock]} ({count(lock)} packages) …", flush=True)
    wanted: list[tuple[str, ...]] = [("--require-hashes", "-r", str(REQUIREMENTS / f"{lock}.txt"))]
    if lock == "run":
        wanted.append(("--no-deps", "--no-build-isolation", "-e", str(ROOT)))
    try:
        if not (has_uv() and all(uv_installs(options) for options in wanted)):
            for options in wanted:
                pip_installs(options)
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
    except KeyboardInterrupt:
        sys.exit(130)


def count(lock: str) -> int:
    """How many packages the lock file pins."""
    return read(lock).count("==")


def has_uv() -> bool:
    """Whether the pinned uv is there, fetched if need be; says so where it cannot be had."""
    if not is_installed():
        options = ("--only-binary", ":all:", "--require-hashes", "-r", REQUIREMENTS / "uv.txt")
        fetched = subprocess.run(
            [*PIP, "install", *QUIETLY, *options], capture_output=True, check=False
        )
        if fetched.returncode:
            print("uv cannot be had here: pip installs, which takes a minute or more.", flush=True)
            return False
    return True


def is_installed() -> bool:
    try:
        return UV.exists() and f"uv=={version('uv')} " in read("uv")
    except PackageNotFoundError:
        return False


def read(lock: str) -> str:
    return (REQUIREMENTS / f"{lock}.txt").read_text(encoding="utf-8")


def uv_installs(options: tuple[str, ...]) -> bool:
    """Whether uv installed it; shows what it downloads, and says where pip has to go on."""
    try:
        status = run_uv("pip", "install", "--python", sys.executable, *options)
    except OSError as error:
        print(f"  {error.strerror}: {error.filename}")
        status = 1
    if status:
        print("uv could not: pip installs, which takes a minute or more.", flush=True)
    return not status


def run_uv(*arguments: str) -> int:
    """Run uv and show what it says but for the packages' names; returns its exit status."""
    with subprocess.Popen(
        [UV, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as uv:
        for line in uv.stdout or ():
            if not line.startswith(PACKAGE):
                print(f"  {line.strip()}", flush=True)
    return uv.returncode


def pip_installs(options: tuple[str, ...]) -> None:
    subprocess.run([*PIP, "install", *QUIETLY, *options], check=True)


if __name__ == "__main__":
    main()
