"""Audits what Turnout stands on: the lock files, the installed environment, known advisories.

Advisories come from a public service that cannot be reached from everywhere. When it cannot,
the report says so; `TURNOUT_AUDIT=strict` makes that a failure.
"""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
NAMES = ("run", "dev", "uv", "postgresql", "clients", "recogniser")
LOCKS = [ROOT / f"requirements/{name}.txt" for name in NAMES]
ENVIRONMENT = ROOT / "requirements/dev.txt"
# Part of every new environment, or of this tree; no lock names them.
UNLOCKED = {canonicalize_name(name) for name in ("setuptools", "turnout")}


def main() -> None:
    problems = [problem for lock in LOCKS for problem in check_lock(lock)]
    if not problems:
        for check in (check_declared, check_installed, check_advisories):
            problems += check()
    for problem in problems:
        print(problem, file=sys.stderr)
    sys.exit(bool(problems))


def check_lock(lock: Path) -> Iterator[str]:
    """Every line is an exact version with hashes, and none says where to get it."""
    pins = read_lock(lock)
    for requirement, hashes in pins:
        if not requirement.startswith("-") and not hashes:
            yield f"{lock.name}: {requirement} has no hash"
        if requirement.startswith("-") or "@" in requirement or "://" in requirement:
            yield f"{lock.name}: {requirement} names a place"
        elif "==" not in requirement:
            yield f"{lock.name}: {requirement} is not an exact version"
    print(f"lock {lock.name}: {len(pins)} pins read")


def read_lock(lock: Path) -> list[tuple[str, list[str]]]:
    """The requirements of a lock file, each with its hashes."""
    text = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    parts = [line.split(" --hash=") for line in lines]
    return [(requirement.strip(), hashes) for requirement, *hashes in parts]


def check_declared() -> Iterator[str]:
    """Whatever `pyproject.toml` asks for is in the lock, in a version that it accepts."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = declared["dependency-groups"]
    asked = [*declared["project"]["dependencies"], *groups["build"], *groups["dev"]]
    locked = locked_versions()
    for requirement in (Requirement(text) for text in asked if isinstance(text, str)):
        if requirement.marker and not requirement.marker.evaluate():
            continue
        version = locked.get(canonicalize_name(requirement.name))
        if version is None or not requirement.specifier.contains(version):
            yield f"pyproject.toml asks for {requirement}, the lock has {version}: run `make lock`"


def check_installed() -> Iterator[str]:
    """What is installed is what is locked: the same names and versions, and they fit together."""
    locked = locked_versions()
    installed = {canonicalize_name(found.name): found.version for found in distributions()}
    for name in sorted((locked.keys() | installed.keys()) - UNLOCKED):
        # As versions: 2.012 is 2.12.
        if Version(locked.get(name, "0")) != Version(installed.get(name, "0")):
            yield f"{name}: locked {locked.get(name)}, installed {installed.get(name)}"
    fit = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "check"],
        capture_output=True,
        text=True,
    )
    if fit.returncode:
        yield fit.stdout + fit.stderr
    print(f"environment: {len(installed)} packages held against the lock")


def locked_versions() -> dict[NormalizedName, str]:
    """Name and version of each package locked for this machine."""
    requirements = [Requirement(text) for text, _ in read_lock(ENVIRONMENT)]
    return {
        canonicalize_name(requirement.name): next(iter(requirement.specifier)).version
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate()
    }


def check_advisories() -> Iterator[str]:
    """Known vulnerabilities of the locked versions, where the advisory service answers."""
    files = [option for lock in LOCKS for option in ("-r", lock)]
    options = ["--require-hashes", "--disable-pip", "-s", "osv", "-f", "json"]
    audit = [sys.executable, "-m", "pip_audit", *options, "--progress-spinner", "off", *files]
    done = subprocess.run(audit, capture_output=True, text=True)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except ValueError:
        reason = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        print("advisories: NOT CHECKED, the advisory service could not be reached")
        print(f"  {reason[:300]}")
        if os.environ.get("TURNOUT_AUDIT") == "strict":
            yield "TURNOUT_AUDIT=strict: advisories were not checked"
        return
    for package in packages:
        for advisory in package.get("vulns", []):
            fixed = ", ".join(advisory["fix_versions"]) or "none yet"
            yield f"{package['name']} {package.get('version')}: {advisory['id']}, fixed in: {fixed}"
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    print(f"advisories: {len(packages) - len(skipped)} packages checked, skipped: {skipped}")


if __name__ == "__main__":
    main()
