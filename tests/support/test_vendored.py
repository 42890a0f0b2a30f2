"""What others wrote is here unchanged, and its licence with it."""

import hashlib
import tomllib
from pathlib import Path

FOLDER = Path(__file__).parent
VENDORED = tomllib.loads((FOLDER / "vendored.toml").read_text())


def test_every_vendored_file_is_listed():
    assert {path.name for path in FOLDER.glob("*.js")} == set(VENDORED)


def test_every_vendored_file_is_as_published():
    digests = {name: hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() for name in VENDORED}
    assert digests == {name: facts["sha256"] for name, facts in VENDORED.items()}


def test_every_vendored_file_says_its_version_and_has_its_licence():
    for name, facts in VENDORED.items():
        assert facts["version"] in (FOLDER / name).read_text()[:200]
        assert "Mozilla Public License" in (FOLDER / facts["license_file"]).read_text()
