"""Finding the browser: the lightest on PATH is used; without one the error says what to do."""

import os

import pytest

from tests.support.chromium import NAMES, ChromiumError, find_chromium, get_chromium


@pytest.mark.parametrize("name", NAMES)
def test_a_browser_on_path_is_used(monkeypatch, tmp_path, name):
    program = make_program(tmp_path, name)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert get_chromium() == program


def test_a_headless_shell_is_taken_before_a_whole_browser(monkeypatch, tmp_path):
    lighter, *_ = (make_program(tmp_path, name) for name in NAMES)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (get_chromium(), lighter.name) == (lighter, "chromium-headless-shell")


def test_without_a_browser_and_without_rights_the_error_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert find_chromium() is None
    with pytest.raises(ChromiumError, match="apt-get install chromium"):
        get_chromium()


def make_program(folder, name):
    program = folder / name
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program
