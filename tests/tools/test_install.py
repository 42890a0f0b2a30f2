"""What installs the locks: uv where it can, else pip, which says so in one line."""

import base64
import hashlib
import os
import re
import shutil
import stat
import subprocess
import sys
import venv
import zipfile
from pathlib import Path
from typing import NamedTuple

import pip
import pytest

ROOT = Path(__file__).parents[2]
# Two that are called uv: one can only fail, and one cannot even be run.
FAILING = {"uv-1.data/scripts/uv": "#!/bin/sh\necho no index >&2\nexit 2\n"}
BROKEN = {"uv-1.data/scripts/uv": "#!/no/such/program\n"}


class Project(NamedTuple):
    """A project with an environment of its own, and packages on a shelf beside it."""

    folder: Path
    shelf: Path

    @property
    def python(self) -> Path:
        return self.folder / ".venv/bin/python"

    def install(self) -> subprocess.CompletedProcess[str]:
        """Install the lock `dev` by `tools.install`, from the shelf alone."""
        return subprocess.run(
            [self.python, "-m", "tools.install", "dev"],
            cwd=self.folder,
            env=os.environ | {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.shelf)},
            capture_output=True,
            text=True,
            timeout=120,
        )

    def shelve(self, name: str, files: dict[str, str]) -> str:
        """Put version 1 of a package on the shelf; the line that locks it."""
        wheel = self.shelf / f"{name}-1-py3-none-any.whl"
        info = f"{name}-1.dist-info"
        files = files | {
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        record = "".join(f"{file},sha256={_digest(text)},\n" for file, text in files.items())
        with zipfile.ZipFile(wheel, "w") as archive:
            for file, text in (files | {f"{info}/RECORD": record}).items():
                entry = zipfile.ZipInfo(file)
                entry.external_attr = (stat.S_IFREG | 0o755) << 16
                archive.writestr(entry, text)
        return f"{name}==1 \\\n    --hash=sha256:{_sha256(wheel.read_bytes()).hexdigest()}\n"

    def lock(self, name: str, text: str) -> None:
        (self.folder / f"requirements/{name}.txt").write_text(text)

    def can_import(self, name: str) -> bool:
        return not subprocess.run([self.python, "-c", f"import {name}"], stderr=-3).returncode


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path / "project", tmp_path / "shelf")
    for folder in (made.folder / "tools", made.folder / "requirements", made.shelf):
        folder.mkdir(parents=True)
    shutil.copy(ROOT / "tools/install.py", made.folder / "tools")
    venv.create(made.folder / ".venv", with_pip=False)
    packages = made.folder / f".venv/lib/python3.{sys.version_info.minor}/site-packages"
    shutil.copytree(Path(pip.__file__).parent, packages / "pip")
    made.lock("dev", made.shelve("hello", {"hello.py": ""}))
    return made


def test_pip_installs_where_uv_cannot_be_had(project: Project) -> None:
    project.lock("uv", "uv==1 \\\n    --hash=sha256:" + 64 * "0" + "\n")
    assert said(project.install()) == (
        0,
        "Installing what tests and checks need (1 packages) …\n"
        "uv cannot be had here: pip installs, which takes a minute or more.\n",
    )
    assert project.can_import("hello")


@pytest.mark.parametrize(
    ("uv", "reason"), [(FAILING, "no index"), (BROKEN, "No such file or directory: ")]
)
def test_pip_goes_on_where_uv_fails(project: Project, uv: dict[str, str], reason: str) -> None:
    project.lock("uv", project.shelve("uv", uv))
    path = project.python.with_name("uv") if uv is BROKEN else ""
    assert said(project.install()) == (
        0,
        "Installing what tests and checks need (1 packages) …\n"
        f"  {reason}{path}\n"
        "uv could not: pip installs, which takes a minute or more.\n",
    )
    assert project.can_import("hello")


def test_what_is_not_what_was_locked_is_not_installed(project: Project) -> None:
    project.lock("uv", project.shelve("uv", FAILING))
    project.lock("dev", "hello==1 \\\n    --hash=sha256:" + 64 * "0" + "\n")
    done = project.install()
    assert done.returncode == 1
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in done.stderr
    assert not project.can_import("hello")


def test_the_uv_that_installs_is_the_one_that_locks() -> None:
    pins = {re.findall("^uv==.*", text, re.MULTILINE)[0] for text in map(read_lock, ("uv", "dev"))}
    assert len(pins) == 1


def read_lock(name: str) -> str:
    return (ROOT / f"requirements/{name}.txt").read_text()


def said(done: subprocess.CompletedProcess[str]) -> tuple[int, str]:
    return done.returncode, done.stdout


def _sha256(data: bytes) -> "hashlib._Hash":
    return hashlib.sha256(data)


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(_sha256(text.encode()).digest()).rstrip(b"=").decode()
