import time

import pytest

from turnout.core.messaging.merging import Template, find_broken, spell_fields


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


@pytest.mark.parametrize(
    ("text", "fields", "merged"),
    [
        ("go <%%a%%>, then", {}, "go, then"),
        ("go <%%a%%>, then", {"a": "https://a.test"}, "go <https://a.test>, then"),
        ("<%%a%%> <%%b%%> <%%c%%>", {"b": "x"}, " <x>"),
        ("<%%a%%><%%b%%>", {}, ""),
        ("a <%%a%%%%b%%> <x%%a%%>", {}, "a <> <x>"),
        ("%%a%%<%%b%%>%%a%%", {"a": "1"}, "11"),
    ],
)
def test_brackets_of_an_empty_address_go_with_it(text: str, fields: dict[str, str], merged: str):
    assert Template(text, is_mail_text=True).merge(fields) == merged
    in_capitals = Template(text.upper(), str.upper, str.upper, is_mail_text=True)
    assert in_capitals.merge(fields) == merged.upper()
    assert Template("a <%%a%%>").merge({}) == "a <>"


@pytest.mark.parametrize("text", ["%%" + " " * 500_000 + "x", "%% " * 200_000, "%%a " * 200_000])
def test_what_is_no_field_is_read_in_no_time(text: str) -> None:
    started = time.thread_time()
    assert Template(text).merge({}) == text
    assert spell_fields(text, ["b"]) == text
    assert find_broken(text) == {}
    assert time.thread_time() - started < 1


def test_fields_are_spelt_as_they_are_known() -> None:
    known = ["FirstName", "TicketCode", "Dietary needs"]
    typed = "%%first_name%% %%FIRSTNAME%% %%ticket code%% %%dietary-needs%% %%Unknown%% 100%%"
    spelt = "%%FirstName%% %%FIRSTNAME%% %%TicketCode%% %%Dietary needs%% %%Unknown%% 100%%"
    assert spell_fields(typed, known) == spelt
    assert spell_fields("%%first_name%%", ["first_name", "FirstName"]) == "%%first_name%%"
    assert spell_fields("%% first name%% %%Unknown%%", known) == "%%FirstName%% %%Unknown%%"
    assert spell_fields("100%% sure %%first_name%%", known) == "100%% sure %%FirstName%%"
    assert spell_fields("%% nothing %%", known) == "%% nothing %%"


def test_what_lacks_a_sign_is_told_from_what_is_no_field() -> None:
    assert find_broken("%%a% %b%% %%c%% %%d") == {"%%a%": "a", "%b%%": "b"}
    assert find_broken("100%, 50% of 20%% and 5%") == {}
