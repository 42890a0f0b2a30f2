"""Tests mirror the tree, but for those that CONTRIBUTING.md lists; and files stay short."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
SECTION = CONTRIBUTING.partition("### Tests without a module")[2].partition("\n## ")[0]
LISTED = re.findall(r"`(tests/[^`]+)`", SECTION)
FILES = sorted(path.relative_to(ROOT) for path in ROOT.glob("tests/**/test_*.py"))

MAX_LINES = 400


def has_module(file: Path) -> bool:
    """Whether a module, package or other source file of that name is in the folder it mirrors."""
    folder = ROOT / "src/turnout" / file.relative_to("tests").parent
    name = file.stem.removeprefix("test_")
    return (folder / name).is_dir() or any(folder.glob(f"{name}.*"))


def is_listed(file: Path) -> bool:
    return any(file.match(pattern) for pattern in LISTED)


def test_each_test_file_has_a_module_or_is_listed():
    strays = [str(file) for file in FILES if not has_module(file) and not is_listed(file)]
    assert strays == [], (
        "name the file like the module that it tests, or list it in CONTRIBUTING.md"
    )


def test_what_is_listed_is_there():
    assert [pattern for pattern in LISTED if not any(file.match(pattern) for file in FILES)] == []


def test_the_top_folder_holds_what_a_reader_looks_for():
    """A script that writes to a file by mistake leaves it here first."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, check=True)
    names = {line.split("/")[0] for line in listed.stdout.decode().splitlines()}
    assert names == {
        *(".ci", ".editorconfig", ".gitignore", "LICENSE", "Makefile", "pyproject.toml"),
        *("ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "README.md"),
        *("bench", "deploy", "docs", "requirements", "src", "tests", "tools"),
    }


def test_a_source_file_is_short_enough_to_be_read_at_once():
    """Migrations stay as they were written; SQL and stubs are lists."""
    lengths = {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8").count("\n")
        for path in ROOT.glob("src/**/*.py")
        if "versions" not in path.parts
    }
    long = [file for file, lines in lengths.items() if lines > MAX_LINES]
    assert long == [], "split it by the nouns in it"
