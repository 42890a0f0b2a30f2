"""What others wrote and we serve is unchanged, and its licence with it."""

import hashlib
import tomllib

from turnout.web.assets import FOLDER, list_assets

VENDORED = tomllib.loads(FOLDER.with_name("vendored.toml").read_text())
OWN = {
    *(
        "favicon.svg",
        "embed.js",
        "embedded.js",
        "lobby.js",
        "favicon.ico",
        "apple-touch-icon.png",
        "icon-192.png",
        "icon-512.png",
        "turnout.css",
        "public.css",
        "door.css",
        "reference.css",
        "demo.mp4",
    ),
    *(
        "app.js",
        "door-search.js",
        "editing.js",
        "event.js",
        "keys.js",
        "my.js",
        "my-worker.js",
        "passkeys.js",
        "progress.js",
        "watch.js",
    ),
    *("door.js", "door-judge.js", "door-keys.js", "door-store.js"),
}
LICENCES = {
    "Apache-2.0": "Apache License",
    "0BSD": "Zero-Clause BSD",
    "ISC": "ISC License",
    "MIT": "MIT License",
}
# Files that do not say their own version.
SILENT = {"zxing.wasm", "barcode-detector.min.js", "idb.js", "noble-ed25519.js"}


def test_every_vendored_file_is_listed():
    assert set(list_assets()) - OWN == set(VENDORED)


def test_every_vendored_file_is_as_published():
    digests = {name: hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() for name in VENDORED}
    assert digests == {name: facts["sha256"] for name, facts in VENDORED.items()}


def test_every_vendored_file_says_its_version_and_has_its_licence():
    for name, facts in VENDORED.items():
        if name not in SILENT:
            assert f'"{facts["version"]}"' in (FOLDER / name).read_text()
        licence = FOLDER.with_name(facts["license_file"]).read_text()
        assert LICENCES[facts["license"]] in licence


def test_the_reader_of_codes_fits_its_wasm():
    reader = (FOLDER / "barcode-detector.min.js").read_text()
    assert VENDORED["zxing.wasm"]["sha256"] in reader
    assert f"`{VENDORED['zxing.wasm']['version']}`" in reader
