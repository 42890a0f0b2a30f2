"""What others wrote and we serve is unchanged, and its licence with it."""

import hashlib
import tomllib

from turnout.web.assets import FOLDER, list_assets

VENDORED = tomllib.loads(FOLDER.with_name("vendored.toml").read_text())
OWN = {"favicon.svg", "turnout.css", "watch.js", "demo.mp4"}


def test_every_vendored_file_is_listed():
    assert set(list_assets()) - OWN == set(VENDORED)


def test_every_vendored_file_is_as_published():
    digests = {name: hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() for name in VENDORED}
    assert digests == {name: facts["sha256"] for name, facts in VENDORED.items()}


def test_every_vendored_file_says_its_version_and_has_its_licence():
    for name, facts in VENDORED.items():
        assert f'"{facts["version"]}"' in (FOLDER / name).read_text()
        assert "Apache License" in FOLDER.with_name(facts["license_file"]).read_text()
