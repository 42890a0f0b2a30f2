"""Finding the browser: the one on PATH is used; without one the error says what to do."""

import os

import pytest

from tests.support.chromium import NAMES, ChromiumError, find_chromium, get_chromium


@pytest.mark.parametrize("name", NAMES)
def test_a_browser_on_path_is_used(monkeypatch, tmp_path, name):
    program = tmp_path / name
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert get_chromium() == program


def test_without_a_browser_and_without_rights_the_error_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert find_chromium() is None
    with pytest.raises(ChromiumError, match="apt-get install chromium"):
        get_chromium()
