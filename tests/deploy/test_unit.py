"""The systemd unit that `deploy/` ships."""

import configparser
import shlex
import subprocess
import sys
from pathlib import Path

from tests.support.debian import install_packages
from tests.support.proxies import ROOT, find_program
from turnout.http.connections import RESERVED_FILES
from turnout.settings import Settings

UNIT = ROOT / "deploy" / "turnout.service"


def read_unit() -> configparser.ConfigParser:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(UNIT)
    return unit


def test_systemd_finds_no_fault_in_it(tmp_path: Path) -> None:
    if not find_program("systemd-analyze"):
        install_packages(["systemd"], lambda: find_program("systemd-analyze"))
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace("/opt/turnout/bin/turnout", sys.executable))
    run = subprocess.run(
        [find_program("systemd-analyze") or "systemd-analyze", "verify", "--man=no", str(copy)],
        capture_output=True,
        text=True,
    )
    # systemd also tells of faults in the machine's own units.
    assert [line for line in run.stderr.splitlines() if UNIT.name in line] == []
    assert run.returncode == 0


def test_it_serves_and_gives_a_stop_enough_time() -> None:
    service = read_unit()["Service"]
    assert shlex.split(service["ExecStart"]) == ["/opt/turnout/bin/turnout", "serve"]
    assert int(service["TimeoutStopSec"]) > 2 * Settings().shutdown_seconds
    assert int(service["LimitNOFILE"]) - RESERVED_FILES >= Settings().connection_limit


def test_it_is_what_the_page_for_operators_says() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    for file in ("turnout.service", "nginx.conf", "Caddyfile", "haproxy.cfg"):
        assert f"(../deploy/{file})" in page
