"""Pages speak the visitor's language, where the catalogue has it. APIs and commands use English."""

import re
from pathlib import Path

import pytest

from tests.support.client import AppClient
from tests.support.node import new_database, open_node
from tests.web.reading import Page
from turnout.catalogue import translations
from turnout.cli.failing import find_ending
from turnout.errors import Missing

BROWSER = {"Accept": "text/html"}
GERMAN = """
msgctxt "path.missing"
msgid "Nothing is at {path}."
msgstr "Unter {path} ist nichts."

msgctxt "login.wrong"
msgid "The user code or the password is wrong."
msgstr "Der Benutzer oder das Passwort ist falsch."
"""
ENGLISH_TEXT, GERMAN_TEXT = "Nothing is at /no/such/page.", "Unter /no/such/page ist nichts."
WEB = Path(__file__).parents[2] / "src/turnout/web"


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalogue that has German, too."""
    folder = tmp_path / "locales"
    folder.mkdir()
    (folder / "de.po").write_text(GERMAN)
    monkeypatch.setattr(translations, "FOLDER", folder)


@pytest.mark.parametrize(
    ("accepted", "text"),
    [
        ("de", GERMAN_TEXT),
        ("de-AT,de;q=0.9,en;q=0.8", GERMAN_TEXT),
        ("fr, de;q=0.5", GERMAN_TEXT),
        ("en-GB,en;q=0.9,de;q=0.8", ENGLISH_TEXT),
        ("fr", ENGLISH_TEXT),
        ("../de", ENGLISH_TEXT),
        ("*", ENGLISH_TEXT),
        ("", ENGLISH_TEXT),
    ],
)
def test_a_failure_is_said_in_the_visitors_language(
    german: None, site: AppClient, accepted: str, text: str
) -> None:
    headers = {"Accept-Language": accepted}
    page = site.request("GET", "/no/such/page", headers=BROWSER | headers)
    plain = site.request("GET", "/no/such/page", headers=headers)
    assert text in Page(page.body).text
    assert plain.body.decode() == f"{text}\n"
    assert page.headers["vary"] == "Accept, Accept-Language"


def test_the_next_visitor_has_a_language_of_their_own(german: None, site: AppClient) -> None:
    for accepted, text in (("de", GERMAN_TEXT), ("en", ENGLISH_TEXT)):
        headers = {"Accept-Language": accepted}
        assert site.request("GET", "/no/such/page", headers=headers).body.decode() == f"{text}\n"
    assert site.request("GET", "/no/such/page").body.decode() == f"{ENGLISH_TEXT}\n"


def test_apis_and_commands_use_english(german: None, tmp_path: Path) -> None:
    paths = ("/v1.0/nothing", "/v1/nothing", "/api/nothing", "/api/v1/nothing")
    with open_node(new_database("sqlite", tmp_path)) as node:
        for path in paths:
            answer = node.client.request("GET", path, headers={"Accept-Language": "de"})
            assert f"Nothing is at {path}." in answer.body.decode()
    ending = find_ending(Missing("path.missing", path="/x"))
    assert ending is not None
    assert ending.line == "error: Nothing is at /x."


def test_pages_say_failures_through_one_function() -> None:
    """A page that took the message itself would be English for ever."""
    said = [
        f"{path.name}: {line.strip()}"
        for path in sorted(WEB.rglob("*.py"))
        for line in path.read_text().splitlines()
        if re.search(r"\b(?:failure|refusal|refused|error)\.message\b", line)
    ]
    # The heartbeat's answer is read by a script.
    assert said == [
        'heartbeats.py: body = msgspec.json.encode({"error": failure.message, "next": LONGEST_S})'
    ]
