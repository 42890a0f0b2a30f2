import time

import pytest

from turnout.core.messaging.merging import Template


@pytest.mark.parametrize(
    ("text", "merged"),
    [
        ("%%Name%%, hello", "Ada, hello"),
        ("100%% sure %%name%%", "100%% sure Ada"),
        ("100%%sure %%name%%", "100%%sure Ada"),
        ("%% name%% %%name %%", "%% name%% %%name %%"),
        ("%%two words%%", "2"),
        ("%%%name%%%", "%Ada%"),
        ("%%%%name%%", "%%Ada"),
        ("%%nobody%%", ""),
        ("%%\tname%%", "%%\tname%%"),
        (f"%%{'n' * 100}%%", ""),
        (f"%%{'n' * 101}%%", f"%%{'n' * 101}%%"),
        ("%%", "%%"),
    ],
)
def test_a_field_is_a_name_without_blanks_at_its_ends(text: str, merged: str) -> None:
    assert Template(text).merge({"name": "Ada", "two words": "2"}) == merged


@pytest.mark.parametrize("text", ["%%" + " " * 500_000 + "x", "%% " * 200_000, "%%a " * 200_000])
def test_what_is_no_field_is_read_in_no_time(text: str) -> None:
    started = time.thread_time()
    assert Template(text).merge({}) == text
    assert time.thread_time() - started < 1
