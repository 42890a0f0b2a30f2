"""The page that scans: the same for every phone, complete in each language, and whole offline."""

import io
import json
import re

import pytest
from PIL import Image

from tests.support.node import LocalNode
from turnout.catalogue.translations import label
from turnout.web.assets import asset_path, get_asset
from turnout.web.door.shell import ASSETS, FACTS, PAGE, SPOKEN
from turnout.web.policy import CONTENT_SECURITY_POLICY


def read(node: LocalNode, path: str, spoken: str = "en") -> tuple[str, dict[str, str]]:
    answer = node.client.request("GET", path, headers={"Accept-Language": spoken})
    assert answer.status == 200
    return answer.body.decode(), answer.headers


def test_it_alone_may_run_wasm(node: LocalNode) -> None:
    _, headers = read(node, PAGE)
    wasm = CONTENT_SECURITY_POLICY.replace(
        "script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'"
    )
    assert headers["content-security-policy"] == wasm
    assert read(node, "/door")[1]["content-security-policy"] == CONTENT_SECURITY_POLICY


@pytest.mark.parametrize("spoken", ["en", "de", "es"])
def test_its_words_are_of_the_visitors_language(node: LocalNode, spoken: str) -> None:
    page, _ = read(node, PAGE, spoken)
    (said,) = re.findall(r"data-words='([^']+)'", page)
    words = json.loads(said)
    assert len(words) == len(SPOKEN)
    assert words["verdict_admitted"] == label(spoken, "door_page.verdict_admitted")
    assert words["offline"] == label(spoken, "door_page.offline", **FACTS)
    script = get_asset("door.js").body.decode()
    used = set(re.findall(r'say\("(\w+)"', script))
    counted = re.findall(r'sayCount\("(\w+)"', script)
    used.update(name + ending for name in counted for ending in ("", "_one"))
    assert used - words.keys() == set()


def test_the_worker_keeps_the_page_and_its_files_as_one_version(node: LocalNode) -> None:
    worker, headers = read(node, "/door/sw.js")
    assert headers["content-type"].startswith("text/javascript")
    files = json.loads(re.findall(r"const FILES = (.+);", worker)[0])
    assert files == [asset_path(name) for name in ASSETS]
    page, _ = read(node, PAGE)
    assert set(re.findall(r"/static/[\w.-]+", page)) <= set(files)
    assert "skipWaiting" not in worker
    german, _ = read(node, "/door/sw.js", "de")
    assert german.splitlines()[0] != worker.splitlines()[0]


def test_it_can_be_installed(node: LocalNode) -> None:
    manifest, headers = read(node, "/door/manifest.webmanifest")
    assert headers["content-type"] == "application/manifest+json"
    facts = json.loads(manifest)
    assert (facts["name"], facts["lang"]) == ("Turnout: Door", "en")
    german = json.loads(read(node, "/door/manifest.webmanifest", "de")[0])
    assert (german["short_name"], german["lang"]) == (label("de", "door_page.title"), "de")
    assert facts["start_url"] == PAGE
    drawn, *icons = facts["icons"]
    assert drawn["type"] == "image/svg+xml"
    assert [icon["sizes"] for icon in icons] == ["192x192", "512x512"]
    for icon in icons:
        picture = Image.open(io.BytesIO(node.client.request("GET", icon["src"]).body))
        assert f"{picture.width}x{picture.height}" == icon["sizes"]


@pytest.mark.parametrize("spoken", ["en", "de", "es"])
def test_the_page_weighs_little_without_the_reader_of_codes(node: LocalNode, spoken: str) -> None:
    """As it is sent to a phone: also what one with a newer browser does not need."""
    paths = [PAGE, *(asset_path(name) for name in ASSETS if not name.endswith(".wasm"))]
    headers = {"Accept-Encoding": "br", "Accept-Language": spoken, "Cookie": "door=somebody's"}
    answers = [node.client.request("GET", path, headers=headers) for path in paths]
    assert {answer.headers["content-encoding"] for answer in answers} == {"br"}
    assert sum(len(answer.body) for answer in answers) < 60_000
