"""Installing what tests need from the distribution's packages, where that can be done."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

# What a package would ask, answered: no mail system of its own.
_ANSWERS = {"postfix": "postfix postfix/main_mailer_type select No configuration\n"}
POLICY = Path("/usr/sbin/policy-rc.d")
LOCK = Path(tempfile.gettempdir()) / "turnout-apt.lock"


def install_packages(packages: list[str], is_there: Callable[[], object]) -> str:
    """As root on Debian, install `packages` unless `is_there` says that it is done.

    Returns what went wrong, or "" (also where nothing can be installed at all).
    """
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return ""
    with LOCK.open("w") as lock:
        # One worker installs; the others wait here, and find it done.
        fcntl.flock(lock, fcntl.LOCK_EX)
        with no_services():
            return _install(apt, packages, is_there)


@contextmanager
def no_services(policy: Path = POLICY) -> Iterator[None]:
    """Let packages that are installed start no service of their own, as by `policy`,
    which Debian asks for each. One that is there already says so itself, or has its reasons."""
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink()


def _install(apt: str, packages: list[str], is_there: Callable[[], object]) -> str:
    environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--no-install-recommends", "--yes", *packages]):
        if is_there():
            break
        if answers := "".join(_ANSWERS.get(name, "") for name in packages):
            subprocess.run(["debconf-set-selections"], input=answers, text=True, check=True)
        print(f"Missing: {', '.join(packages)}. apt-get {command[0]} …", flush=True)
        done = subprocess.run(
            [apt, "-qq", *command],
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            return done.stderr
    return ""
