"""`python -m tests.support.install`: all programs that the tests need, at once.

A test by itself fetches what it needs, too; but that takes longer, and counts as the test's time.
"""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from tests.support.chromium import SHELLS, find_chromium, install_chromium
from tests.support.debian import install_packages
from tests.support.environments import UnmadeEnvironmentError, make_environment
from tests.support.faked_time import find_library
from tests.support.postfix import has_program
from tests.support.postgresql_binaries import PostgresqlError, get_binaries
from tests.support.proxies import find_program
from tests.support.spamassassin import has_spamd
from tools import node
from turnout.carriers.sip_fax.spandsp import is_available

# By the names of Debian's packages.
PROGRAMS: dict[str, Callable[[], object]] = {
    "baresip-core": lambda: shutil.which("baresip"),
    "caddy": lambda: find_program("caddy"),
    "chromium": find_chromium,
    "curl": lambda: find_program("curl"),
    "etcd-server": lambda: find_program("etcd"),
    "espeak-ng": lambda: shutil.which("espeak-ng"),
    "faketime": find_library,
    "ffmpeg": lambda: shutil.which("ffmpeg"),
    "flite": lambda: shutil.which("flite"),
    "haproxy": lambda: find_program("haproxy"),
    "kamailio": lambda: shutil.which("kamailio", path="/usr/sbin:/usr/bin"),
    "kamailio-tls-modules": lambda: list(Path("/usr/lib").glob("*/kamailio/modules/tls.so")),
    "kannel": lambda: shutil.which("bearerbox", path="/usr/sbin:/usr/bin:/usr/local/sbin"),
    "libspandsp2": is_available,
    "nginx": lambda: find_program("nginx"),
    "nodejs": lambda: shutil.which("node"),
    "npm": lambda: shutil.which("npm"),
    "openssl": lambda: find_program("openssl"),
    "patroni": lambda: find_program("patroni"),
    "pgbouncer": lambda: find_program("pgbouncer"),
    "php-cli": lambda: shutil.which("php"),
    "postfix": lambda: has_program("smtp-sink"),
    "sip-tester": lambda: shutil.which("sipp"),
    "spamd": has_spamd,
    "systemd": lambda: find_program("systemd-analyze"),
}


def list_missing() -> list[str]:
    """The packages whose programs are not there."""
    return [name for name, is_there in PROGRAMS.items() if not is_there()]


def main() -> None:
    """Install what is missing where that can be done; say what cannot be, and leave it to the
    tests that need it to fail."""
    try:
        get_binaries()
        node.install()
        for name in ("clients", "recogniser"):
            make_environment(name)
    except (PostgresqlError, node.NodeError, UnmadeEnvironmentError) as error:
        raise SystemExit(str(error)) from error
    if not find_chromium(SHELLS):
        install_chromium()
    missing = list_missing()
    complaint = install_packages(missing, lambda: not list_missing()) if missing else ""
    if missing := list_missing():
        print(f"Missing for the tests: {', '.join(missing)}. {complaint}".rstrip(), file=sys.stderr)


if __name__ == "__main__":
    main()
